// Between an array's entries and the cells of the part that is shown.
//
// An array has `slots` = {example, channels, inputs}: whether its first axis is that of the examples, and how many
// channels (the last axis) and inputs (the axis before it) there are to choose from. A part has `index` = {fixed,
// row_axis, column_axis}: the index of its corner, and the axes along which its rows and columns go.

/** The most rows and columns of a part. */
const LARGEST = 256;

/** The index of a cell. */
export function indexOf({ index: { fixed, row_axis: rowAxis, column_axis: columnAxis } }, row, column) {
  const result = [...fixed];
  if (rowAxis !== null) result[rowAxis] += row;
  if (columnAxis !== null) result[columnAxis] += column;
  return result;
}

/** Those of the indices that the part shows, as [row, column]. */
export function cellsOf({ values: { shape }, index: { fixed, row_axis: rowAxis, column_axis: columnAxis } }, indices) {
  const at = (index, axis) => (axis === null ? 0 : index[axis] - fixed[axis]);
  return indices
    .filter((index) => index.every((place, axis) => axis === rowAxis || axis === columnAxis || place === fixed[axis]))
    .map((index) => [at(index, rowAxis), at(index, columnAxis)])
    .filter(([row, column]) => row >= 0 && column >= 0 && row < shape[0] && column < shape[1]);
}

/** Whether all examples of an array are shown at once: one row for each. */
export const showsAll = ({ shape, slots }) => slots.example && shape.length === 2;

/** The axes that are not chosen by the example. */
const insideAxes = ({ shape, slots }) =>
  shape.map((_, axis) => axis).slice(slots.example && !showsAll({ shape, slots }) ? 1 : 0);

/** What can be chosen of an array: [{slot, text, count, step}]; the example only where it is not one for all arrays. */
export function choicesOf(array, ownExample = false) {
  const {
    shape,
    slots: { example, channels, inputs },
  } = array;
  const [rowAxis, columnAxis] = matrixAxes(array);
  const part = (slot, axis) => ({
    slot,
    text: `from ${slot}`,
    count: axis === undefined ? 1 : shape[axis],
    step: LARGEST,
  });
  return [
    { slot: "example", text: "example", count: ownExample && example && !showsAll(array) ? shape[0] : 1, step: 1 },
    { slot: "channel", text: example ? "channel" : "filter", count: channels, step: 1 },
    { slot: "input", text: "input", count: inputs, step: 1 },
    part("row", rowAxis),
    part("column", columnAxis),
  ].filter(({ count, step }) => count > step);
}

/** The axes of rows and columns: of those that are left without example, channel and input, the last two. */
function matrixAxes(array) {
  const axes = insideAxes(array);
  const left = axes.length > 2 ? axes.slice(0, 2) : axes;
  return left.length > 1 ? left : [undefined, left[0]];
}

/** The choice by which the part has this index in it. */
export function choiceFor(array, index) {
  const axes = insideAxes(array),
    [rowAxis, columnAxis] = matrixAxes(array);
  const corner = (axis) => (axis === undefined ? 0 : Math.floor(index[axis] / LARGEST) * LARGEST);
  return {
    ...(array.slots.example && !showsAll(array) ? { example: index[0] } : {}),
    channel: axes.length > 2 ? index[axes.at(-1)] : 0,
    input: axes.length > 3 ? index[axes[2]] : 0,
    row: corner(rowAxis),
    column: corner(columnAxis),
  };
}

/** The part of an array whose `values` are all here, as the view "slice" gives it. */
export function partOf(array, choice) {
  const { shape, values } = array,
    [rowAxis, columnAxis] = matrixAxes(array),
    axes = insideAxes(array);
  const fixed = shape.map(() => 0);
  if (axes[0] === 1) fixed[0] = choice.example;
  if (axes.length > 2) fixed[axes.at(-1)] = choice.channel;
  if (axes.length > 3) fixed[axes[2]] = choice.input;
  const sizes = [rowAxis, columnAxis].map((axis) => (axis === undefined ? 1 : Math.min(LARGEST, shape[axis])));
  const steps = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const start = fixed.reduce((sum, place, axis) => sum + place * steps[axis], 0);
  const step = (axis) => (axis === undefined ? 0 : steps[axis]);
  const data = Float32Array.from(
    { length: sizes[0] * sizes[1] },
    (_, place) =>
      values.data[start + Math.floor(place / sizes[1]) * step(rowAxis) + (place % sizes[1]) * step(columnAxis)],
  );
  const index = { fixed, row_axis: rowAxis ?? null, column_axis: columnAxis ?? null };
  return { values: { shape: sizes, data }, index };
}

/** A part with rows and columns exchanged. */
function turned({ values: { shape, data }, index }) {
  const [rows, columns] = shape;
  const turnedData = data.map((_, place) => data[(place % rows) * columns + Math.floor(place / rows)]);
  const turnedIndex = { ...index, row_axis: index.column_axis, column_axis: index.row_axis };
  return { values: { shape: [columns, rows], data: turnedData }, index: turnedIndex, turned: true };
}

/** The part as it is, or lying, where it is a high and narrow column. */
export const lying = (part) => (part.values.shape[1] <= 3 && part.values.shape[0] > 8 ? turned(part) : part);
