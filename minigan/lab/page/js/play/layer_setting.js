// One setting of a layer, by its kind.

import { element } from "lab/ui/dom.js";
import { checkbox, choice, labelled, numberField } from "lab/ui/fields.js";

/** "kernel_size" as "kernel size". */
const words = (name) => name.replaceAll("_", " ");

/** A labelled control; `save` gets the value. */
export function settingField(control, { name, kind, default: usual, choices: own }, value, choices, save) {
  const now = value ?? usual ?? "";
  if (kind === "bool") return checkbox(words(name), control, Boolean(now), save);
  if (kind === "choice" || name === "activation") {
    const options = own ?? choices.activations.map((offer) => offer.name ?? offer);
    return labelled(words(name), choice(control, [["", "none"], ...options.filter(Boolean)], String(now), (text) => save(text || null)));
  }
  if (Array.isArray(now)) return labelled(words(name), listField(control, now, save));
  if (kind === "int" || kind === "float") {
    return labelled(words(name), numberField(control, now, save, kind === "int" ? { step: 1 } : {}));
  }
  const input = element("input", { type: "text", "data-control": control, value: String(now), onchange: () => save(read(input.value)) });
  return labelled(words(name), input);
}

/** A list of numbers: "7, 7, 64". */
function listField(control, value, save) {
  const input = element("input", { type: "text", "data-control": control, value: value.join(", "),
    onchange: () => save(input.value.split(/[ ,×x]+/).filter(Boolean).map(Number)) });
  return input;
}

/** "3" and "3, 3" are numbers, all else is text. */
function read(text) {
  const parts = text.split(/[ ,]+/).filter(Boolean).map(Number);
  if (!parts.length || parts.some(Number.isNaN)) return text;
  return parts.length === 1 ? parts[0] : parts;
}
