// The arrays of the workbench: x, the parameters and y above; dx, the gradients and dy below.

import { element } from "lab/ui/dom.js";
import { numberGrid } from "lab/ui/grid.js";
import { entryName } from "lab/layer/entry_table.js";
import { matrixOf } from "lab/workbench/matrix.js";
import { numberEditor } from "lab/workbench/number_editor.js";

/**
 * The stage. edit(name, place, number) is called for x, dy and the parameters, by the place in the array's data;
 * pick(name, index) for y, dx and the gradients.
 *
 * Returns {node, draw(arrays, editable), light(places, strong), end()}: arrays is {name: {shape, data}}, editable a set
 * of names, and places are {name: [index, ...]}.
 */
export function stage({ edit, pick }) {
  const shown = new Map();
  const above = { input: cell("input"), parameters: cell("parameters"), output: cell("output") };
  const below = { input: cell("input back"), parameters: cell("parameters back"), output: cell("output back") };
  const node = element(
    "div",
    { class: "stage" },
    above.input,
    above.parameters,
    above.output,
    below.output,
    below.parameters,
    below.input,
  );

  function holder(name) {
    const gradient = name.startsWith("d") || name === "y";
    if (name === "x" || name === "dx") return (gradient ? below : above).input;
    if (name === "y") return above.output;
    if (name === "dy") return below.output;
    return (gradient ? below : above).parameters;
  }

  /** An editor for what one chooses, a grid for what is computed. */
  function make(name, editable, matrix) {
    const widget = editable
      ? numberEditor({
          label: name,
          control: `bench-${name}`,
          onEdit: (row, column, number) => edit(name, row * shown.get(name).matrix.values.shape[1] + column, number),
        })
      : numberGrid({
          values: matrix.values,
          label: name,
          nameOf: (row, column) => entryName(name, shown.get(name).matrix.indexAt(row, column)),
          control: `bench-${name}`,
          onPick: (row, column) => pick(name, shown.get(name).matrix.indexAt(row, column)),
        });
    const figure = element(
      "figure",
      { class: "array-figure", "data-array": name },
      element(
        "figcaption",
        {},
        element("b", {}, name),
        element("span", { class: "array-text" }, editable ? "edit it" : "click a number"),
      ),
      widget.node,
    );
    holder(name).append(figure);
    return { widget, figure, matrix };
  }

  return {
    node,
    draw(arrays, editable) {
      for (const [name, { widget, figure }] of shown) {
        if (!(name in arrays)) {
          widget.end();
          figure.remove();
          shown.delete(name);
        }
      }
      for (const [name, array] of Object.entries(arrays)) {
        const matrix = matrixOf(array);
        if (!shown.has(name)) shown.set(name, make(name, editable.has(name), matrix));
        Object.assign(shown.get(name), { matrix }).widget.update(matrix.values);
      }
    },
    light(places, strong) {
      for (const [name, { widget, matrix }] of shown) {
        widget.highlight((places[name] ?? []).map(matrix.cellOf), (strong[name] ?? []).map(matrix.cellOf));
      }
    },
    end: () => shown.forEach(({ widget }) => widget.end()),
  };
}

const cell = (name) => element("div", { class: `stage-cell ${name}` });
