// All arrays of a layer in one pass, in the order in which numbers flow, and the entries that are lit up in them.

import { element } from "lab/ui/dom.js";
import { arrayFigure } from "lab/layer/array_figure.js";
import { cellsOf, choiceFor } from "lab/layer/cells.js";

/** The groups of arrays: a name for the style, a title, and which arrays belong to it. */
const GROUPS = [
  ["wide", "Forward: from x to y", (name) => name === "x" || name === "y"],
  ["wide", "Backward: from dy to dx", (name) => name === "dx" || name === "dy"],
  ["wide", "Tangent pass of the penalty: from x_dot to y_dot", (name) => name === "x_dot" || name === "y_dot"],
  ["small", "Parameters and their gradients", (name) => !name.startsWith("cache.")],
  ["small", "Cache: what forward keeps for backward", () => true],
];

/**
 * The figures of `arrays`; load(array, choice) gives a part, pick(name, row, column, part) hears of a choice.
 *
 * Returns {node, showExample(example), light(entry), dark(), point(factors), end()}.
 */
export function arraySet(arrays, { load, pick }) {
  let lit = { sources: {}, own: {} };
  const figures = new Map(
    arrays.map((array) => [
      array.name,
      arrayFigure(array, {
        load: (choice) => load(array, choice),
        onPick: (row, column, part) => pick(array.name, row, column, part),
        control: `array-${array.name}`,
        changed: () => paint(),
      }),
    ]),
  );

  function paint(pointed = {}) {
    for (const [name, figure] of figures) {
      const part = figure.part();
      if (!part) continue;
      const cells = (indices) => cellsOf(part, indices ?? []);
      figure.light(cells(lit.sources[name]), [...cells(lit.own[name]), ...cells(pointed[name])]);
    }
  }

  /** Shows a part in which an entry that is lit lies, where none is visible. */
  function reveal(places) {
    for (const [name, indices] of Object.entries(places)) {
      const figure = figures.get(name);
      if (figure?.part() && indices.length && !cellsOf(figure.part(), indices).length) {
        figure.show(choiceFor(figure.array, indices[0]));
      }
    }
  }

  return {
    node: element("div", { class: "array-groups" }, ...groupNodes(arrays, figures)),
    showExample: (example) => Promise.all([...figures.values()].map((figure) => figure.show({ example }))),
    light({ quantity, index, sources }) {
      lit = { sources, own: { [quantity]: [index] } };
      paint();
      reveal(lit.own);
      reveal(sources);
    },
    dark() {
      lit = { sources: {}, own: {} };
      paint();
    },
    point(factors) {
      const places = {};
      for (const { array, index } of factors ?? []) if (array) (places[array] ??= []).push(index);
      paint(places);
      reveal(places);
    },
    end: () => figures.forEach((figure) => figure.end()),
  };
}

/** The figures under the title of their group; groups without arrays are left out. */
function groupNodes(arrays, figures) {
  let left = arrays.map(({ name }) => name);
  return GROUPS.flatMap(([style, title, belongs]) => {
    const members = left.filter(belongs);
    left = left.filter((name) => !belongs(name));
    if (!members.length) return [];
    return [
      element(
        "section",
        { class: `array-group ${style}` },
        element("h3", {}, title),
        element("div", { class: "array-row" }, ...members.map((name) => figures.get(name).node)),
      ),
    ];
  });
}
