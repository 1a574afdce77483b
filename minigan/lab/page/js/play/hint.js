// The first words to a person who opens the lab: what the picture is, and how to go on.

import { element, setText } from "lab/ui/dom.js";
import { button } from "lab/ui/fields.js";
import { tell } from "lab/ui/notice.js";

const WORDS = {
  points: "G makes the vermilion points of random noise. The blue points are real: D learns to tell both apart.",
  line: "G makes the vermilion numbers of random noise. The blue ones are real: D learns to tell both apart.",
  images: "G makes these images of random noise. D learns to tell them from the real ones.",
};

const TRAINED = "These two networks have been trained, and Play trains them further. Or see it from the beginning:";

/** {node, end}: shown before the first round of a trained start. */
export function hint(lab) {
  const words = element("p", {});
  const anew = button("Train new networks", "train-new", () => trainNew(lab), {
    title: "Start with random weights, and play",
  });
  const tour = button("Take a tour", "first-tour", () =>
    document.dispatchEvent(new CustomEvent("open-part", { detail: "tours" })),
  );
  const node = element(
    "section",
    { class: "card hint", "aria-label": "How to begin", hidden: true },
    words,
    element("div", { class: "row" }, anew, tour),
  );
  const end = lab.onState(({ kind, setup, place, run }) => {
    node.hidden = Boolean(!setup.start || place || run || lab.recorded);
    setText(words, `${WORDS[kind]} ${TRAINED}`);
  });
  return { node, end };
}

/** The same data with untrained networks, and play. */
async function trainNew(lab) {
  try {
    const { data, seed } = lab.state.setup;
    await lab.do("choose", { setup: { data, seed } });
    await lab.do("play");
  } catch (error) {
    tell(error);
  }
}
