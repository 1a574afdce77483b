// Formulas, which the session gives as MathML.

import { element } from "lab/ui/dom.js";

/** A box with the formula, or null where there is none. It can be scrolled where it is wider than the page. */
export function formulaBox(text) {
  if (!text) return null;
  const box = element("div", { class: "formula", role: "region", tabindex: 0, "aria-label": "Formula" });
  box.innerHTML = text;
  return box;
}
