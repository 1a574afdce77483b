// What is known of one entry: its sum, with its numbers, and the proof that its gradient is true.

import { element } from "lab/ui/dom.js";
import { format } from "lab/ui/numbers.js";
import { entryName, entryTable } from "lab/layer/entry_table.js";
import { movedPanel } from "lab/layer/moved.js";

/** The panel, with show(entry, point), say(...nodes) and clear(). */
export function entryPanel(hint) {
  const node = element("section", {
    class: "entry-panel",
    "aria-live": "polite",
    "aria-label": "The sum of one entry",
  });
  const say = (...children) => {
    node.replaceChildren(...children);
    node.scrollTop = 0;
  };
  const panel = {
    node,
    say,
    clear: () => say(element("h3", {}, "The sum of one entry"), element("p", { class: "quiet" }, hint)),
    show(entry, point) {
      say(
        title(entry.quantity, entry.index, entry.value),
        ...sumNodes(entry, point),
        ...entry.inside.map((sum) =>
          element(
            "section",
            { class: "entry-inside" },
            title(sum.quantity, sum.index, sum.total),
            ...sumNodes(sum, point),
          ),
        ),
        ...(entry.moved ? [movedPanel(entry.moved)] : []),
      );
    },
  };
  panel.clear();
  return panel;
}

/** "y[0, 1] = 0.25" as a heading. */
export const title = (name, index, value) =>
  element(
    "h3",
    {},
    element("code", {}, entryName(name, index)),
    " = ",
    element("span", { class: "number" }, format(value, 7)),
  );

/** The formula, the table and what there is to know beside them. */
function sumNodes(sum, point) {
  return [
    element("p", { class: "entry-formula" }, sum.formula),
    entryTable(sum, point),
    ...(sum.note ? [element("p", { class: "quiet" }, sum.note)] : []),
  ];
}
