// Where values on a grid cross a level: marching squares, without the two ambiguous cases told apart.

/** Calls draw([column, row], [column, row]) for each piece of the line; places lie between the grid's points. */
export function crossings({ data, shape: [rows, columns] }, level, draw) {
  const share = (a, b) => (level - a) / (b - a);
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const a = data[row * columns + column],
        b = data[row * columns + column + 1];
      const c = data[(row + 1) * columns + column + 1],
        d = data[(row + 1) * columns + column];
      const found = [];
      if (a < level !== b < level) found.push([column + share(a, b), row]);
      if (b < level !== c < level) found.push([column + 1, row + share(b, c)]);
      if (d < level !== c < level) found.push([column + share(d, c), row + 1]);
      if (a < level !== d < level) found.push([column, row + share(a, d)]);
      for (let i = 0; i + 1 < found.length; i += 2) draw(found[i], found[i + 1]);
    }
  }
}
