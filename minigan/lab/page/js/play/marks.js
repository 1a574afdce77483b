// What is drawn on the plane: each function draws one layer. `to` maps a point of the plane to the canvas.

import { colour, pixelsOf, tonesOf } from "lab/ui/colours.js";
import { crossings } from "lab/play/contour.js";

/** A map from the plane to a canvas of this size: to.x(x), to.y(y), and back: to.plane(px, py). */
export function mapOf([left, right, lower, upper], width, height) {
  return {
    x: (x) => ((x - left) / (right - left)) * width,
    y: (y) => ((upper - y) / (upper - lower)) * height,
    plane: (px, py) => [left + (px / width) * (right - left), upper - (py / height) * (upper - lower)],
  };
}

/** D's field is painted into a small picture of its own, which the canvas draws large and smooth. */
export class FieldPicture {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.forget();
  }

  /** After a change between light and dark. */
  forget() {
    this.pixels = null;
  }

  paint({
    values: {
      data,
      shape: [rows, columns],
    },
    limits: [low, high],
  }) {
    this.pixels ??= pixelsOf(tonesOf);
    if (this.canvas.width !== columns || this.canvas.height !== rows)
      Object.assign(this.canvas, { width: columns, height: rows });
    const context = this.canvas.getContext("2d"),
      image = context.createImageData(columns, rows);
    const target = new Uint32Array(image.data.buffer),
      span = high - low || 1;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const share = Math.min(1, Math.max(0, (data[row * columns + column] - low) / span));
        target[(rows - 1 - row) * columns + column] = this.pixels[Math.round(share * 255)];
      }
    }
    context.putImageData(image, 0, 0);
  }

  draw(context, width, height) {
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.canvas, 0, 0, width, height);
  }
}

/** The line where D is undecided. */
export function drawUndecided(context, field, to) {
  const [low, high] = field.limits,
    [left, right, lower, upper] = field.extent;
  const [rows, columns] = field.values.shape;
  const x = (column) => to.x(left + ((column + 0.5) / columns) * (right - left));
  const y = (row) => to.y(lower + ((row + 0.5) / rows) * (upper - lower));
  context.beginPath();
  crossings(field.values, (low + high) / 2, (a, b) => {
    context.moveTo(x(a[0]), y(a[1]));
    context.lineTo(x(b[0]), y(b[1]));
  });
  Object.assign(context, { strokeStyle: colour("quiet"), lineWidth: 1.2 });
  context.stroke();
}

/** Discs of one colour; with an edge each lies over the one before it, so that one sees how many there are. */
export function drawPoints(context, { data, shape: [count] }, to, { radius, fill, opacity, edge }) {
  Object.assign(context, { fillStyle: fill, strokeStyle: edge, lineWidth: 0.4, globalAlpha: opacity });
  context.beginPath();
  for (let i = 0; i < count; i++) {
    const x = to.x(data[2 * i]),
      y = to.y(data[2 * i + 1]);
    if (edge) context.beginPath();
    else context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
    if (!edge) continue;
    context.fill();
    context.stroke();
  }
  if (!edge) context.fill();
  context.globalAlpha = 1;
}

/** The grid of noise after G: lines, and cells that are darker the smaller G makes them. */
export function drawGrid(
  context,
  {
    lines: {
      data,
      shape: [count, length],
    },
  },
  to,
) {
  const at = (line, i) => [to.x(data[2 * (line * length + i)]), to.y(data[2 * (line * length + i) + 1])];
  context.fillStyle = colour("generator");
  context.strokeStyle = colour("generator");
  if (count > 1) fillCells(context, at, count / 2, length);
  Object.assign(context, { lineWidth: 1, globalAlpha: 0.7 });
  context.beginPath();
  for (let line = 0; line < count; line++) {
    for (let i = 0; i < length; i++) context[i ? "lineTo" : "moveTo"](...at(line, i));
  }
  context.stroke();
  context.globalAlpha = 1;
}

function fillCells(context, at, lines, length) {
  const step = (length - 1) / (lines - 1);
  if (!Number.isInteger(step)) return;
  const cells = [];
  for (let i = 0; i + 1 < lines; i++) {
    for (let j = 0; j + 1 < lines; j++) {
      const corners = [at(i, j * step), at(i + 1, j * step), at(i + 1, (j + 1) * step), at(i, (j + 1) * step)];
      cells.push([corners, areaOf(corners)]);
    }
  }
  const usual = cells.map(([, area]) => area).sort((a, b) => a - b)[Math.floor(cells.length / 2)] || 1;
  for (const [corners, area] of cells) {
    context.globalAlpha = Math.min(0.4, 0.1 * Math.sqrt(usual / Math.max(area, usual / 100)));
    context.beginPath();
    for (const corner of corners) context.lineTo(...corner);
    context.fill();
  }
}

/** The shoelace formula. */
function areaOf(corners) {
  return (
    Math.abs(
      corners.reduce((sum, [x, y], i) => {
        const [nextX, nextY] = corners[(i + 1) % corners.length];
        return sum + x * nextY - nextX * y;
      }, 0),
    ) / 2
  );
}

/** Arrows whose usual length is a 14th of the canvas; much longer ones are shortened, as in minigan.plots. */
export function drawArrows(context, { points, directions }, to, width) {
  const count = points.shape[0],
    lengths = [];
  for (let i = 0; i < count; i++) lengths.push(Math.hypot(directions.data[2 * i], directions.data[2 * i + 1]));
  const usual = [...lengths].sort((a, b) => a - b)[Math.floor(0.9 * count)];
  if (!(usual > 0)) return;
  Object.assign(context, { strokeStyle: colour("arrow"), fillStyle: colour("arrow"), lineWidth: 1.3 });
  for (let i = 0; i < count; i++) {
    const size = ((Math.min(lengths[i], 2 * usual) / usual) * width) / 14;
    if (size < 1.5) continue;
    const x = to.x(points.data[2 * i]),
      y = to.y(points.data[2 * i + 1]);
    drawArrow(context, x, y, directions.data[2 * i] / lengths[i], -directions.data[2 * i + 1] / lengths[i], size);
  }
}

/** From (x, y) in the direction (u, v) of length 1. */
function drawArrow(context, x, y, u, v, size) {
  const head = Math.min(6, size * 0.6),
    endX = x + u * size,
    endY = y + v * size;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(endX - u * head * 0.8, endY - v * head * 0.8);
  context.stroke();
  context.beginPath();
  context.moveTo(endX, endY);
  context.lineTo(endX - u * head - v * head * 0.45, endY - v * head + u * head * 0.45);
  context.lineTo(endX - u * head + v * head * 0.45, endY - v * head - u * head * 0.45);
  context.fill();
}
