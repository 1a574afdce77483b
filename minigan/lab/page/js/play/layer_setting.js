// One setting of a layer, by its kind.

import { element } from "lab/ui/dom.js";
import { checkbox, choice, labelled, numberField } from "lab/ui/fields.js";

/** A labelled control; `save` gets the value. */
export function settingField(control, { name, kind, default: usual, low, high, choices }, value, save) {
  const words = name.replaceAll("_", " "),
    now = value ?? usual;
  if (kind === "bool") return checkbox(words, control, Boolean(now), save);
  if (kind === "choice") return labelled(words, choice(control, choices, now, save));
  if (kind === "text" || Array.isArray(now)) return labelled(words, listField(control, [now].flat(), save));
  const bounds = { min: low, max: high, step: kind === "int" ? 1 : "any" };
  return labelled(words, numberField(control, now, save, bounds));
}

/** Whole numbers with commas: "7, 7, 64". */
function listField(control, numbers, save) {
  const input = element("input", {
    type: "text",
    "data-control": control,
    value: numbers.join(", "),
    onchange: () =>
      save(
        input.value
          .split(/[ ,×x]+/)
          .filter(Boolean)
          .map(Number),
      ),
  });
  return input;
}
