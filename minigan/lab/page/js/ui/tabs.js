// Tabs as screen readers and keyboards expect them: arrow keys, Home and End move between tabs.

import { element } from "lab/ui/dom.js";

/**
 * Tabs for `parts` ({id, title}), with one panel; show(part, panel) fills the panel.
 * Returns {list, panel, open(id)}.
 */
export function tabs(parts, label, show) {
  const list = element("div", { class: "tabs", role: "tablist", "aria-label": label });
  const panel = element("div", { id: "panel", role: "tabpanel" });
  const buttons = parts.map((part) =>
    element(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${part.id}`,
        "aria-controls": "panel",
        "data-control": `tab-${part.id}`,
        onclick: () => open(part.id),
      },
      part.title,
    ),
  );
  list.append(...buttons);
  list.onkeydown = ({ key }) => {
    const at = buttons.indexOf(document.activeElement),
      last = buttons.length - 1;
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[key];
    if (at >= 0 && next !== undefined) {
      open(parts[next].id);
      buttons[next].focus();
    }
  };

  /** Shows a part by its id. */
  function open(id) {
    const place = parts.findIndex((part) => part.id === id);
    if (place < 0) return;
    buttons.forEach((each, i) => {
      each.setAttribute("aria-selected", String(i === place));
      each.tabIndex = i === place ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", buttons[place].id);
    show(parts[place], panel);
  }
  return { list, panel, open };
}
