// The settings of the training. Those marked "at once" change the training that runs.

import { element, setText } from "lab/ui/dom.js";
import { choice, labelled, numberField } from "lab/ui/fields.js";
import { ABOUT } from "lab/play/about.js";

/** The words of all values of a set-up. */
export const LABELS = {
  data: "data",
  drawn: "drawn points",
  start: "trained start",
  model: "networks",
  generator: "layers of G",
  discriminator: "layers of D",
  loss: "Loss",
  penalty: "Penalty",
  penalty_weight: "Penalty's weight",
  optimizer: "Optimizer",
  g_learning_rate: "Learning rate of G",
  d_learning_rate: "Learning rate of D",
  momentum: "Momentum",
  d_steps: "D's steps a round (k)",
  batch_size: "Batch size",
  noise: "Noise",
  latent_size: "Noise numbers",
  label_smoothing: "Label smoothing",
  instance_noise: "Noise on D's input",
  seed: "Seed",
};

/** A field: its name, its explanation, and the choices or the bounds of the number. */
const FIELDS = [
  ["loss", ABOUT.loss, "losses"],
  ["penalty", ABOUT.penalty, "penalties"],
  ["penalty_weight", ABOUT.penalty, { min: 0 }],
  ["g_learning_rate", ABOUT.learning_rate, { min: 0 }],
  ["d_learning_rate", ABOUT.learning_rate, { min: 0 }],
  ["d_steps", ABOUT.d_steps, { min: 1, step: 1 }],
  ["momentum", ABOUT.momentum, { min: 0, max: 0.999 }],
  ["optimizer", ABOUT.optimizer, "optimizers"],
  ["batch_size", ABOUT.batch_size, { min: 1, step: 1 }],
  ["noise", ABOUT.noise, "noises"],
  ["latent_size", ABOUT.latent_size, { min: 1, step: 1 }],
  ["label_smoothing", ABOUT.label_smoothing, { min: 0, max: 0.49 }],
  ["instance_noise", ABOUT.instance_noise, { min: 0 }],
  ["seed", ABOUT.seed, { min: 0, step: 1 }],
];

/** Named choices as [value, text]; no penalty has an empty name. */
const optionsOf = (offers) =>
  offers.map((offer) => {
    const name = offer.name ?? offer;
    return [name, offer.title ?? (name || "none")];
  });

/** {node, show, fail}: `fail(name, text)` writes a fault at a field, and says whether there is one. */
export function trainingSection(draft, choices, set) {
  const fields = FIELDS.map(([name, about, kind]) => fieldOf(name, about, kind, choices, set));
  const node = element(
    "details",
    { open: true },
    element("summary", { "data-control": "section-training" }, "Training"),
    element(
      "div",
      { class: "fields" },
      fields.map(({ node: each }) => each),
    ),
  );
  return {
    node,
    show: () => {
      for (const field of fields) field.show(draft);
    },
    fail: (name, text) => {
      for (const field of fields) field.fail(field.name === name ? text : null);
      return fields.some((field) => field.name === name);
    },
  };
}

function fieldOf(name, about, kind, choices, set) {
  const control = name.replaceAll("_", "-"),
    save = (value) => set(name, value);
  const input =
    typeof kind === "string"
      ? choice(control, optionsOf(choices[kind]), "", save)
      : numberField(control, "", save, kind);
  const node = labelled(LABELS[name], input, about);
  const note = element("p", { class: "quiet" }),
    fault = element("p", { class: "fault", hidden: true });
  node.append(note, fault);
  return {
    name,
    node,
    show(draft) {
      if (document.activeElement !== input || input.tagName === "SELECT") input.value = String(draft.get(name));
      node.classList.toggle("waits", name in draft.waiting);
      const offer = typeof kind === "string" && choices[kind].find((each) => (each.name ?? each) === draft.get(name));
      setText(note, offer?.text ?? "");
      if (name === "penalty_weight") node.hidden = draft.get("penalty") === "";
    },
    fail(text) {
      fault.hidden = !text;
      setText(fault, text?.slice(name.length + 2) ?? ""); // the label has the name
      input.setAttribute("aria-invalid", String(Boolean(text)));
    },
  };
}
