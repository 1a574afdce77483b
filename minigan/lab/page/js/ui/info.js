// A small button that opens an explanation with its formula.

import { element, newId } from "lab/ui/dom.js";

/**
 * A "?" that shows `content`; `name` says what it explains. The content is HTML with MathML, or a function that gives
 * it when the box opens; it is written in this code, and never comes from outside.
 */
export function info(name, content) {
  const id = newId("info");
  const box = element("div", { id, popover: "auto", class: "info", role: "note" });
  const button = element(
    "button",
    {
      type: "button",
      class: "ask",
      popovertarget: id,
      "aria-label": `What is ${name}?`,
      title: `What is ${name}?`,
    },
    "?",
  );
  box.addEventListener("beforetoggle", ({ newState }) => {
    if (newState === "open") box.innerHTML = typeof content === "function" ? content() : content;
  });
  box.addEventListener("toggle", ({ newState }) => {
    if (newState === "open") place(box, button);
  });
  return element("span", { class: "asked" }, button, box);
}

/** Beside its button, inside the window. */
function place(box, button) {
  const from = button.getBoundingClientRect(),
    width = box.offsetWidth,
    height = box.offsetHeight;
  const left = Math.min(Math.max(8, from.left - 16), innerWidth - width - 8);
  const below = from.bottom + 6;
  const top = below + height < innerHeight - 8 ? below : Math.max(8, from.top - height - 6);
  Object.assign(box.style, { left: `${left}px`, top: `${top}px` });
}
