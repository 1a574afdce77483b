// Labelled controls: a text, the control, and an explanation where there is one.

import { element, newId } from "lab/ui/dom.js";
import { info } from "lab/ui/info.js";

/** A button; `control` is its name for tours and tests. */
export function button(text, control, onclick, properties = {}) {
  return element("button", { type: "button", "data-control": control, onclick, ...properties }, text);
}

/** A label above a control, with an info popup if `about` is given; returns the frame of both. */
export function labelled(text, input, about = null) {
  input.id ||= newId("field");
  return element(
    "div",
    { class: "field" },
    element("span", { class: "label" }, element("label", { for: input.id }, text), about && info(text, about)),
    input,
  );
}

/** A list of choices: options are [value, text] or texts. */
export function choice(control, options, value, onchange) {
  const node = element("select", { "data-control": control, onchange: () => onchange(node.value) });
  setOptions(node, options);
  node.value = value;
  return node;
}

/** Other choices for a list. */
export function setOptions(node, options) {
  node.replaceChildren(
    ...options.map((option) => {
      const [value, text] = Array.isArray(option) ? option : [option, option];
      return element("option", { value }, text);
    }),
  );
}

/** A field for a number: `onchange` gets a number, only if it is one. */
export function numberField(control, value, onchange, properties = {}) {
  const node = element("input", {
    type: "number",
    "data-control": control,
    value: String(value),
    step: "any",
    ...properties,
    onchange: () => {
      if (node.value !== "" && node.checkValidity()) onchange(Number(node.value));
      else node.reportValidity();
    },
  });
  return node;
}

/** A box to switch something on or off, with its label. */
export function checkbox(text, control, checked, onchange, key = null) {
  const input = element("input", {
    type: "checkbox",
    "data-control": control,
    onchange: () => onchange(input.checked),
  });
  input.checked = checked;
  return element(
    "label",
    { class: "check" },
    input,
    key && element("span", { class: `key ${key}` }),
    element("span", {}, text),
  );
}

/** A slider: `oninput` gets the number while it moves. */
export function slider(control, { min, max, step = 1, value }, oninput, properties = {}) {
  const node = element("input", {
    type: "range",
    "data-control": control,
    min,
    max,
    step,
    value: String(value),
    ...properties,
    oninput: () => oninput(Number(node.value)),
  });
  return node;
}
