// The flow of a step on the graph: forward to the losses, then the gradient backward.

import { drawn, setText } from "lab/ui/dom.js";

/** How long one direction is shown, in milliseconds. */
const TIME = 750;

/** What is shown one after the other: the wires that are lit, their look, the networks that learn, and the words. */
const STEPS = {
  d: [
    {
      wires: ["noise", "g", "fake", "fake-d", "real-d", "d", "loss"],
      way: "forward",
      text: "D's step: D judges real and generated samples.",
    },
    {
      wires: ["loss", "d"],
      way: "backward",
      learns: "discriminator",
      text: "D's step: the gradient of D's loss goes back through D and changes D's weights.",
    },
  ],
  g: [
    {
      wires: ["noise", "g", "fake", "fake-d", "d", "loss"],
      way: "forward",
      text: "G's step: D judges the generated samples again.",
    },
    {
      wires: ["loss", "d", "fake-d", "fake", "g"],
      way: "backward",
      learns: "generator",
      text:
        "G's step: the gradient of G's loss goes back through D to the samples and into G, " +
        "and changes G's weights.",
    },
  ],
};

const RESTING = "Press Play, D's step or G's step to see how the data flow.";

export class Flow {
  constructor(caption) {
    this.caption = caption;
    this.queue = [];
    this.timer = 0;
    setText(caption, RESTING);
  }

  /** Wires over those of a new drawing, dark until a step runs. */
  take(svg, paths) {
    this.svg = svg;
    this.wires = new Map(paths.map(({ id, d }) => [id, drawn("path", { d, class: `pulse ${id}` })]));
    svg.append(...this.wires.values());
  }

  /** Shows what has happened between two states; steps that come too fast are left out. */
  follow(before, state) {
    if (state.place === 0) setText(this.caption, RESTING);
    if (!before || !this.svg || before.session !== state.session || state.place <= before.place) return;
    if (this.queue.length > 1) return;
    const rounds = state.step - before.step;
    if (!rounds) {
      if (state.d_done > before.d_done) this.queue.push(...STEPS.d);
    } else if (before.d_done && state.place - before.place === 1) this.queue.push(...STEPS.g);
    else this.queue.push(...STEPS.d, ...STEPS.g);
    this.timer ||= setTimeout(() => this.next(), 0);
  }

  next() {
    const step = this.queue.shift();
    for (const wire of this.wires.values()) wire.classList.remove("forward", "backward");
    for (const name of ["generator", "discriminator"]) {
      this.svg.querySelector(`.network.${name}`)?.classList.toggle("learns", step?.learns === name);
    }
    if (!step) {
      this.timer = 0;
      return;
    }
    for (const id of step.wires) this.wires.get(id).classList.add(step.way);
    setText(this.caption, step.text);
    this.timer = setTimeout(() => this.next(), TIME);
  }

  end() {
    clearTimeout(this.timer);
  }
}
