// One array of a layer or a station: its name, the choice of a part, and the heat map of that part.

import { element, setText } from "lab/ui/dom.js";
import { numberField } from "lab/ui/fields.js";
import { numberGrid } from "lab/ui/grid.js";
import { format } from "lab/ui/numbers.js";
import { choicesOf, indexOf, showsAll } from "lab/layer/cells.js";
import { entryName } from "lab/layer/entry_table.js";

/**
 * A figure of an array {name, text, shape, slots}.
 *
 * load(choice)                a promise of {values, index}: the part to show, as a matrix
 * onPick(row, column, part)   called when a person picks an entry; left out where nothing follows
 * changed()                   called after another part was drawn
 * ownExample                  whether the figure has a choice of the example
 *
 * Returns {node, array, show(choice), part(), light(cells, strong), end()}; show() is a promise that the part is there.
 */
export function arrayFigure(array, { load, onPick, control, changed = () => {}, ownExample = false }) {
  const { name, text, shape } = array;
  const chosen = { example: 0, channel: 0, input: 0, row: 0, column: 0 };
  let grid = null,
    part = null,
    ended = false,
    asked = 0;
  const place = element("div", { class: "array-grid" });
  const scale = colourScale(),
    size = element("span", { class: "array-shape" }, shapeText(shape));
  const fields = choicesOf(array, ownExample).map((form) =>
    choiceField(form, control, (value) => show({ [form.slot]: value })),
  );
  const node = element(
    "figure",
    { class: "array-figure", "data-array": name },
    element(
      "figcaption",
      {},
      element("b", {}, ...breakable(name)),
      " ",
      size,
      text && element("span", { class: "array-text" }, text),
    ),
    element(
      "div",
      { class: "array-choices" },
      fields.map((field) => field.node),
    ),
    place,
    scale.node,
  );

  async function show(wanted = {}) {
    Object.assign(chosen, wanted);
    for (const field of fields) field.set(chosen);
    const turn = ++asked;
    try {
      const loaded = await load({
        ...chosen,
        example: showsAll(array) ? null : array.slots.example ? chosen.example : 0,
      });
      if (!ended && turn === asked) draw(loaded);
    } catch (error) {
      if (!ended && turn === asked) drawNothing(error.message);
    }
    changed();
  }

  function draw(loaded) {
    part = loaded;
    setText(size, `${shapeText(shape)}${part.turned ? ", drawn lying" : ""}`);
    scale.set(largest(part.values.data));
    scale.node.hidden = part.values.data.length === 1;
    if (grid) return grid.update(part.values);
    grid = numberGrid({
      values: part.values,
      label: name,
      nameOf: (row, column) => entryName(name, indexOf(part, row, column)),
      control,
      onPick: onPick && ((row, column) => onPick(row, column, part)),
    });
    place.replaceChildren(grid.node);
  }

  function drawNothing(message) {
    grid?.end();
    grid = part = null;
    place.replaceChildren(element("p", { class: "quiet" }, message));
  }

  return {
    node,
    array,
    show,
    part: () => part,
    light: (cells, strong) => grid?.highlight(cells, strong),
    end() {
      ended = true;
      grid?.end();
    },
  };
}

/** The name, which a narrow place may break after each dot. */
const breakable = (name) => name.split(".").flatMap((word, place) => (place ? [".", element("wbr"), word] : [word]));

/** The largest size of the numbers; 1 if all are 0. */
const largest = (data) => data.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;

/** [64, 8, 8, 16] as "64 × 8 × 8 × 16". */
const shapeText = (shape) => (shape.length ? shape.join(" × ") : "one number");

/** A field for the choice of a channel, or of the first row or column that is shown. */
function choiceField({ slot, text, count, step }, control, choose) {
  const input = numberField(`${control}-${slot}`, 0, choose, { min: 0, max: count - 1, step });
  return {
    node: element("label", { class: "slot" }, `${text} `, input, element("span", { class: "quiet" }, ` of ${count}`)),
    set(chosen) {
      if (Number(input.value) !== chosen[slot]) input.value = chosen[slot];
    },
  };
}

/** The legend of the colours, with set(limit). */
function colourScale() {
  const ends = [element("span"), element("span")];
  return {
    node: element("div", { class: "colour-scale", "aria-hidden": "true" }, ends[0], element("i"), ends[1]),
    set(limit) {
      setText(ends[0], format(-limit, 3));
      setText(ends[1], format(limit, 3));
    },
  };
}
