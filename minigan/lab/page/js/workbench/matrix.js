// Arrays of any shape as matrices: axes of size 1 are left out, those after the first are side by side in the columns.

/** The matrix of {shape, data}: {values: {shape: [rows, columns], data}, indexAt(row, column), cellOf(index)}. */
export function matrixOf({ shape, data }) {
  const kept = shape.map((size, axis) => axis).filter((axis) => shape[axis] > 1);
  const rowAxis = kept.length > 1 ? kept[0] : null;
  const columnAxes = kept.slice(rowAxis === null ? 0 : 1);
  const rows = rowAxis === null ? 1 : shape[rowAxis];
  return {
    values: { shape: [rows, data.length / rows], data },
    indexAt(row, column) {
      const index = shape.map(() => 0);
      if (rowAxis !== null) index[rowAxis] = row;
      for (const axis of [...columnAxes].reverse()) {
        index[axis] = column % shape[axis];
        column = Math.floor(column / shape[axis]);
      }
      return index;
    },
    cellOf: (index) => [
      rowAxis === null ? 0 : index[rowAxis],
      columnAxes.reduce((column, axis) => column * shape[axis] + index[axis], 0),
    ],
  };
}

/** Nested lists, as the session takes them. */
export function nested({ shape, data }) {
  if (!shape.length) return data[0];
  const [rows, ...rest] = shape,
    size = data.length / rows;
  return Array.from({ length: rows }, (_, row) =>
    nested({ shape: rest, data: data.slice(row * size, (row + 1) * size) }),
  );
}

/** {shape, data} of nested lists of two levels. */
export const ofRows = (rows) => ({ shape: [rows.length, rows[0].length], data: rows.flat() });

export const sameShape = (one, other) => one?.shape.join() === other?.shape.join();
