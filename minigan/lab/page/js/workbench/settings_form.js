// The choice of the layer and its settings.

import { element } from "lab/ui/dom.js";
import { choice, labelled, numberField } from "lab/ui/fields.js";
import { TYPES, specOf } from "lab/workbench/types.js";

/** The form for `spec`; change(spec) is called with another one. Returns {node, show(spec)}. */
export function settingsForm(change) {
  const node = element("form", { class: "bench-settings", onsubmit: (event) => event.preventDefault() });
  function show(spec) {
    const fields = Object.entries(TYPES[spec.type].settings).map(([name, form]) =>
      labelled(
        name.replaceAll("_", " "),
        settingField(name, form, spec[name], (value) => change({ ...spec, [name]: value })),
      ),
    );
    node.replaceChildren(
      labelled(
        "layer",
        choice("bench-layer", Object.keys(TYPES), spec.type, (type) => change(specOf(type))),
      ),
      ...fields,
    );
  }
  return { node, show };
}

function settingField(name, { choices, min, max, step }, value, change) {
  const control = `bench-${name.replaceAll("_", "-")}`;
  return choices ? choice(control, choices, value, change) : numberField(control, value, change, { min, max, step });
}
