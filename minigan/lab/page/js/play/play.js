// Play: train, and see the samples, D and the losses move.

import { element, setText } from "lab/ui/dom.js";
import { charts } from "lab/play/charts.js";
import { controls } from "lab/play/controls.js";
import { form } from "lab/play/form.js";
import { graph } from "lab/play/graph.js";
import { hint } from "lab/play/hint.js";
import { images } from "lab/play/images.js";
import { line } from "lab/play/line.js";
import { monitor } from "lab/play/monitor.js";
import { plane } from "lab/play/plane.js";
import { quality } from "lab/play/quality.js";

/** The picture for each kind of data, with its title. */
const PICTURES = { points: [plane, "The plane"], line: [line, "The line"], images: [images, "Generated images"] };

export const play = {
  id: "play",
  title: "Play",
  mount(root, lab) {
    const heading = element("h2", {}),
      picture = element("div", {});
    const parts = [controls, hint, graph, charts, quality, monitor].map((make) => make(lab)),
      [bar, first, networks, lines, good, words] = parts;
    // A recording has one set-up.
    const setup = lab.recorded ? null : form(lab);
    root.append(
      element(
        "div",
        { class: lab.recorded ? "play recorded" : "play" },
        bar.node,
        setup?.node,
        element(
          "div",
          { class: "middle" },
          first.node,
          element("section", { class: "card", "aria-label": "Samples" }, element("header", {}, heading), picture),
          words.node,
          good.node,
        ),
        element("div", { class: "side" }, networks.node, lines.node),
      ),
    );
    let kind = null,
      endPicture = () => {};
    const end = lab.onState((state) => {
      if (state.kind === kind) return;
      ({ kind } = state);
      endPicture();
      picture.replaceChildren();
      const [fill, title] = PICTURES[kind];
      setText(heading, title);
      endPicture = fill(picture, lab);
    });
    return () => {
      end();
      endPicture();
      setup?.end();
      for (const part of parts) part.end();
    };
  },
};
