// A GAN of images: the fixed grid of samples; a chosen one with its nearest training image; a walk between two.

import { element, setText } from "lab/ui/dom.js";
import { button, slider } from "lab/ui/fields.js";
import { info } from "lab/ui/info.js";
import { format } from "lab/ui/numbers.js";
import { tell } from "lab/ui/notice.js";
import { ABOUT } from "lab/play/about.js";
import { histogram } from "lab/play/histogram.js";
import { paint } from "lab/play/pixels.js";

const COUNT = 25;

/** Fills `root`; returns a function that ends it. */
export function images(root, lab) {
  let chosen = [0, 1];
  const cells = Array.from({ length: COUNT }, (_, i) => {
    const canvas = element("canvas", { "aria-hidden": "true" }),
      value = element("small", { class: "numbers" });
    const node = element(
      "button",
      { type: "button", class: "sample", "data-control": `sample-${i}`, onclick: () => pick(i) },
      canvas,
      value,
    );
    return { node, canvas, value };
  });
  const walking = walk(lab, () => chosen);
  const near = nearest(lab);
  const bars = histogram(lab);
  root.append(
    element(
      "div",
      { class: "row tight" },
      element(
        "p",
        { class: "quiet" },
        "The same noise at every look. Choose one image, then another: the walk goes from one to the other.",
      ),
      info("the grid of samples", ABOUT.samples),
    ),
    element(
      "div",
      { class: "samples", role: "group", "aria-label": "Samples of G" },
      cells.map(({ node }) => node),
    ),
    element("div", { class: "image-tools" }, walking.node, near.node, bars.node),
  );

  /** The chosen image becomes the end of the walk, the end before it the start. */
  function pick(i) {
    if (i !== chosen[1]) chosen = [chosen[1], i];
    mark();
    walking.refresh();
    near.show(i);
  }

  function mark() {
    cells.forEach(({ node }, i) => {
      node.classList.toggle("from", i === chosen[0]);
      node.classList.toggle("to", i === chosen[1]);
      node.setAttribute("aria-pressed", String(chosen.includes(i)));
    });
  }

  const watching = lab.watchSeen(
    root,
    () => ({ samples: ["samples", { count: COUNT }] }),
    ({ samples }) => {
      cells.forEach(({ node, canvas, value }, i) => {
        paint(canvas, samples.images, i);
        const d = format(samples.d.data[i], 2);
        setText(value, d);
        node.setAttribute("aria-label", `Sample ${i + 1}, D ${d}`);
      });
    },
    60,
  );
  mark();
  return () => {
    watching.end();
    walking.end();
    bars.end();
  };
}

/** The walk between the noise of two samples. */
function walk(lab, ends) {
  let t = 0.5;
  const go = (place) => {
    t = Math.min(1, Math.max(0, place));
    watching.refresh();
  };
  const canvas = element("canvas", {
    class: "large-image walk",
    role: "img",
    "aria-label": "The image on the way",
    title: "Drag to the left and to the right",
    // The image is a wide slider for the mouse.
    onpointermove: ({ buttons, offsetX }) => {
      if (!buttons) return;
      go(offsetX / canvas.clientWidth);
      input.value = String(t);
    },
    onpointerdown: ({ pointerId }) => canvas.setPointerCapture(pointerId),
  });
  const reading = element("output", { class: "quiet numbers" });
  const input = slider("walk", { min: 0, max: 1, step: 0.01, value: t }, go, {
    "aria-label": "The place on the way from the first to the second image",
  });
  const watching = lab.watchSeen(
    canvas,
    () => ({ walk: ["walk", { first: ends()[0], second: ends()[1], t }] }),
    ({ walk: { image, d } }) => {
      paint(canvas, image);
      setText(reading, `from sample ${ends()[0] + 1} to ${ends()[1] + 1}: t = ${format(t, 2)}, D ${format(d, 2)}`);
    },
    30,
  );
  const node = element(
    "div",
    { class: "tool" },
    element("h3", {}, "Walk ", info("the walk", ABOUT.walk)),
    canvas,
    input,
    reading,
  );
  return { node, refresh: watching.refresh, end: watching.end };
}

/** The training image nearest to the chosen sample: asked for on a click, as it compares all images. */
function nearest(lab) {
  const sample = element("canvas", { class: "large-image", role: "img", "aria-label": "The sample" });
  const image = element("canvas", { class: "large-image", role: "img", "aria-label": "The nearest training image" });
  const reading = element("output", { class: "quiet numbers" }, "Choose a sample.");
  let index = 0;
  const show = async (i) => {
    index = i;
    try {
      const found = await lab.view("nearest", { index });
      paint(sample, found.sample);
      paint(image, found.image);
      setText(reading, `Sample ${index + 1}, training image ${found.place}: ${distanceText(found)}`);
    } catch (error) {
      tell(error);
    }
  };
  const node = element(
    "div",
    { class: "tool" },
    element("h3", {}, "Nearest training image ", info("the nearest image", ABOUT.nearest)),
    element("div", { class: "pair" }, sample, image),
    reading,
    button("Look again", "nearest", () => show(index), { title: "With the G of now" }),
  );
  return { node, show };
}

/** A sample that is this much closer than training images are to each other is a copy, as good as. */
const COPY = 0.5;

/** The distance, beside that of training images to their nearest ones: far or near says nothing by itself. */
function distanceText({ distance, usual }) {
  const text = `distance ${format(distance, 3)}.`;
  if (usual === null) return text;
  const share = distance / usual;
  const verdict =
    share < COPY
      ? "The sample is much closer: it is nearly a copy."
      : share > 1
        ? "The sample is further away: it is no copy."
        : "The sample is a little closer: it is like the training images, and no copy.";
  return `${text} From one training image to the nearest other one it is usually ${format(usual, 3)}. ${verdict}`;
}
