// The overview of one update: noise, G, images, D and loss, with arrows where numbers flow at the current station.

import { drawn } from "lab/ui/dom.js";

/** The arrows: where they run, and whether they carry values (forward) or gradients (back). */
const ARROWS = {
  noise_g: { path: "M50 132 H70", kind: "forward" },
  g_images: { path: "M136 125 H156", kind: "forward" },
  images_d: { path: "M222 125 H244", kind: "forward" },
  real_d: { path: "M222 52 H244", kind: "real" },
  d_loss: { path: "M302 85 H336", kind: "plain" },
  loss_d: { path: "M340 103 H306", kind: "back" },
  d_images: { path: "M246 141 H226", kind: "back" },
  images_g: { path: "M158 141 H140", kind: "back" },
};

/** The boxes: place, size and label. */
const BOXES = {
  noise: { x: 2, y: 116, width: 46, height: 32, label: "noise" },
  G: { x: 74, y: 104, width: 60, height: 56, label: "G" },
  images: { x: 160, y: 108, width: 60, height: 48, label: "G(noise)" },
  real: { x: 160, y: 28, width: 60, height: 48, label: "real" },
  D: { x: 248, y: 28, width: 52, height: 128, label: "D" },
  loss: { x: 342, y: 72, width: 50, height: 44, label: "loss" },
};

/** What is at work at each station: boxes, arrows, the network whose weights change, and the same in words. */
const AT_WORK = {
  noise: { boxes: ["noise"], arrows: [], text: "Noise is drawn." },
  g_forward: {
    boxes: ["G", "images"],
    arrows: ["noise_g", "g_images"],
    text: "The noise flows through G; images come out.",
  },
  d_real: { boxes: ["real", "D"], arrows: ["real_d"], text: "Real samples flow through D." },
  d_fake: { boxes: ["images", "D"], arrows: ["images_d"], text: "Generated samples flow through D." },
  losses: { boxes: ["loss"], arrows: ["d_loss"], text: "D's outputs become D's loss." },
  dz: { boxes: ["loss"], arrows: ["loss_d"], text: "The gradient of the loss starts its way back." },
  d_backward: { boxes: ["D"], arrows: ["loss_d"], text: "Gradients flow back through D to its weights." },
  penalty: { boxes: ["D"], arrows: ["loss_d"], text: "The slope of D is measured; a wrong size costs something." },
  d_update: { boxes: ["D"], arrows: [], update: "D", text: "The optimizer changes D's weights." },
  d_again: {
    boxes: ["images", "D", "loss"],
    arrows: ["images_d", "d_loss"],
    text: "Generated samples flow through the new D.",
  },
  through_d: {
    boxes: ["D", "images"],
    arrows: ["loss_d", "d_images"],
    text: "The gradient flows back through D to the generated samples.",
  },
  into_g: { boxes: ["images", "G"], arrows: ["images_g"], text: "The gradient flows on into G, to its weights." },
  g_update: { boxes: ["G"], arrows: [], update: "G", text: "The optimizer changes G's weights." },
};

const MIDDLE = { "text-anchor": "middle", "dominant-baseline": "central" };

function box(name, { x, y, width, height, label }) {
  return drawn(
    "g",
    { class: `flow-box flow-${name}`, "data-box": name },
    drawn("rect", { x, y, width, height, rx: 7 }),
    drawn("text", { x: x + width / 2, y: y + height / 2, ...MIDDLE }, label),
  );
}

function arrow(name, { path, kind }) {
  return drawn("path", {
    class: `flow-arrow ${kind}`,
    "data-arrow": name,
    d: path,
    "marker-end": `url(#flow-end-${kind})`,
  });
}

function arrowEnd(kind) {
  return drawn(
    "marker",
    {
      id: `flow-end-${kind}`,
      class: `flow-end ${kind}`,
      viewBox: "0 0 8 8",
      refX: 5,
      refY: 4,
      markerWidth: 9,
      markerHeight: 9,
      markerUnits: "userSpaceOnUse",
      orient: "auto",
    },
    drawn("path", { d: "M0 0.5 L8 4 L0 7.5 Z" }),
  );
}

/** A sign under a network: its weights change now. */
function updateSign(name, { x, y, width, height }) {
  return drawn(
    "text",
    { class: "flow-update", "data-update": name, x: x + width / 2, y: y + height + 15, ...MIDDLE },
    "update",
  );
}

/** The drawing, with show(station id). */
export function flowGraph() {
  const picture = drawn(
    "svg",
    { class: "flow", viewBox: "0 20 396 166", role: "img" },
    drawn("defs", {}, ...["forward", "real", "plain", "back"].map(arrowEnd)),
    ...Object.entries(ARROWS).map(([name, form]) => arrow(name, form)),
    ...Object.entries(BOXES).map(([name, form]) => box(name, form)),
    ...["G", "D"].map((name) => updateSign(name, BOXES[name])),
  );
  const mark = (attribute, names) => {
    for (const part of picture.querySelectorAll(`[${attribute}]`)) {
      part.classList.toggle("active", names.includes(part.getAttribute(attribute)));
    }
  };
  return {
    picture,
    show(station) {
      const { boxes, arrows, update, text } = AT_WORK[station];
      mark("data-box", boxes);
      mark("data-arrow", arrows);
      mark("data-update", [update]);
      picture.setAttribute("aria-label", text);
    },
  };
}
