// Play: train, and see the samples, D and the losses move.

import { element, setText } from "lab/ui/dom.js";
import { charts } from "lab/play/charts.js";
import { controls } from "lab/play/controls.js";
import { plane } from "lab/play/plane.js";

/** The picture for each kind of data. */
const PICTURES = { points: plane };

const TITLES = { points: "The plane", line: "The line", images: "Generated images" };

export const play = {
  id: "play",
  title: "Play",
  mount(root, lab) {
    const heading = element("h2", {});
    const picture = element("div", {});
    const bar = controls(lab), lines = charts(lab);
    root.append(element("div", { class: "play" }, bar.node,
      element("section", { class: "card picture-card", "aria-label": "Samples" }, element("header", {}, heading), picture),
      lines.node));
    let kind = null, endPicture = () => {};
    const end = lab.onState((state) => {
      if (state.kind === kind) return;
      kind = state.kind;
      endPicture();
      picture.replaceChildren();
      setText(heading, TITLES[kind]);
      endPicture = PICTURES[kind](picture, lab);
    });
    return () => { end(); endPicture(); bar.end(); lines.end(); };
  },
};
