// What is known of one entry: its sum, with its numbers, and the proof that its gradient is true.

import { element } from "lab/ui/dom.js";
import { format } from "lab/ui/numbers.js";
import { entryName, entryTable } from "lab/layer/entry_table.js";
import { movedPanel } from "lab/layer/moved.js";

/** The panel, with show(entry, point), say(text, ...nodes) and clear(). */
export function entryPanel(hint) {
  const node = element("section", { class: "entry-panel", "aria-live": "polite", "aria-label": "The sum of one entry" });
  const say = (...children) => node.replaceChildren(...children);
  const panel = {
    node, say,
    clear: () => say(element("h3", {}, "The sum of one entry"), element("p", { class: "quiet" }, hint)),
    show(entry, point) {
      say(element("h3", {}, element("code", {}, entryName(entry.quantity, entry.index)), " = ",
        element("span", { class: "number" }, format(entry.value, 7))),
      element("p", { class: "entry-formula" }, entry.formula),
      entryTable(entry, point), ...(entry.moved ? [movedPanel(entry.moved)] : []));
    },
  };
  panel.clear();
  return panel;
}
