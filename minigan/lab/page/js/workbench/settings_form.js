// The choice of the layer and its settings.

import { element } from "lab/ui/dom.js";
import { choice, labelled, numberField } from "lab/ui/fields.js";
import { TYPES, specOf } from "lab/workbench/types.js";

/** The form; change(spec) is called with another layer or setting. Returns {node, show(spec)}. */
export function settingsForm(change) {
  const types = choice("bench-layer", Object.keys(TYPES), "", (type) => change(specOf(type)));
  const fields = element("div", { class: "bench-fields" });
  let spec = {};
  const set = (name, value) => change({ ...spec, [name]: value });

  function show(newSpec) {
    const sameType = newSpec.type === spec.type;
    spec = newSpec;
    if (sameType) return;
    types.value = spec.type;
    const forms = Object.entries(TYPES[spec.type].settings);
    fields.replaceChildren(
      ...forms.map(([name, form]) =>
        labelled(
          name.replaceAll("_", " "),
          settingField(name, form, spec[name], (value) => set(name, value)),
        ),
      ),
    );
  }

  const node = element(
    "form",
    { class: "bench-settings", onsubmit: (event) => event.preventDefault() },
    labelled("layer", types),
    fields,
  );
  return { node, show };
}

function settingField(name, { choices, min, max, step }, value, change) {
  const control = `bench-${name.replaceAll("_", "-")}`;
  return choices ? choice(control, choices, value, change) : numberField(control, value, change, { min, max, step });
}
