// A GAN of points in the plane: one picture with layers that are switched on and off.

import { sharpCanvas } from "lab/ui/canvas.js";
import { colour, onTheme } from "lab/ui/colours.js";
import { element, setText } from "lab/ui/dom.js";
import { checkbox } from "lab/ui/fields.js";
import { info } from "lab/ui/info.js";
import { format } from "lab/ui/numbers.js";
import { ABOUT } from "lab/play/about.js";
import { drawArrows, drawGrid, drawPoints, drawUndecided, FieldPicture, mapOf } from "lab/play/marks.js";

/** The layers from below to above: name, label, key's class, the view that it needs, and whether it is on at first. */
const LAYERS = [
  ["field", "D's field", "key-field", ["field", { size: 50 }], true],
  ["grid", "G's grid", "key-grid", ["bent_grid", { lines: 13, points: 61 }], false],
  ["real", "Real", "key-real", ["points", { count: 400 }], true],
  ["generated", "Generated", "key-generated", ["points", { count: 400 }], true],
  ["arrows", "Gradients", "key-arrows", ["arrows", { count: 80 }], false],
];

/** The choice of layers is kept while the page lives. */
const shown = new Map(LAYERS.map(([name, , , , on]) => [name, on]));

/** The share of generated points outside of the picture from which on it is said. */
const MANY = 0.2;

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Fills `root`; returns a function that ends it. */
export function plane(root, lab) {
  const picture = new FieldPicture();
  let seen = {},
    to = null,
    at = null;

  const canvas = sharpCanvas(
    {
      class: "picture",
      tabindex: "0",
      role: "application",
      "data-control": "plane",
      "aria-label": "The plane with real and generated points; arrow keys move a cross that reads D's value",
    },
    1,
    draw,
  );
  const reading = element("output", { class: "reading" });
  const switches = LAYERS.map(([name, label, key]) =>
    element(
      "span",
      { class: "row tight" },
      checkbox(
        label,
        `layer-${name}`,
        shown.get(name),
        (on) => {
          shown.set(name, on);
          watching.refresh();
          canvas.redraw();
        },
        key,
      ),
      info(label, ABOUT[name]),
    ),
  );
  root.append(
    element("div", { class: "row switches", role: "group", "aria-label": "Layers of the picture" }, switches),
    element("div", { class: "square" }, canvas.node),
    reading,
  );

  const watching = lab.watchSeen(
    canvas.node,
    () => {
      const wanted = { points: ["points", { count: 400 }] };
      for (const [name, , , view] of LAYERS) if (shown.get(name)) wanted[view[0]] = view;
      return wanted;
    },
    (views) => {
      seen = views;
      if (seen.field) picture.paint(seen.field);
      canvas.redraw();
      read();
    },
  );

  function draw(context, width, height) {
    if (!seen.points) return;
    to = mapOf(seen.points.extent, width, height);
    if (shown.get("field") && seen.field) {
      picture.draw(context, width, height);
      drawUndecided(context, seen.field, to);
    }
    drawAxes(context, seen.points.extent, width, height);
    if (shown.get("grid") && seen.bent_grid) drawGrid(context, seen.bent_grid, to);
    const size = width / 480;
    if (shown.get("real")) {
      drawPoints(context, seen.points.real, to, { radius: 4.5 * size, fill: colour("real"), opacity: 0.7 });
    }
    if (shown.get("generated")) {
      drawPoints(context, seen.points.fake, to, {
        radius: 2.6 * size,
        fill: colour("generated"),
        opacity: 1,
        edge: colour("ground"),
      });
    }
    if (shown.get("arrows") && seen.arrows) drawArrows(context, seen.arrows, to, width);
    if (at) drawCross(context, to.x(at[0]), to.y(at[1]));
  }

  /** Writes D at the cross, from the field by linear interpolation; without a cross, which points are not seen. */
  function read() {
    if (!at) return setText(reading, seen.points ? outsideText(seen.points) : "");
    const place = `(${format(at[0], 3)}, ${format(at[1], 3)})`;
    if (!shown.get("field") || !seen.field) return setText(reading, `x = ${place}`);
    const value = valueAt(seen.field, at);
    const name = seen.field.probability === false ? "D's score" : "D";
    setText(reading, value === null ? `x = ${place}` : `${name} at x = ${place} is ${format(value, 3)}`);
  }

  const point = (place) => {
    at = place;
    read();
    canvas.redraw();
  };
  canvas.node.onpointermove = ({ offsetX, offsetY }) => to && point(to.plane(offsetX, offsetY));
  canvas.node.onpointerleave = () => point(null);
  canvas.node.onblur = () => point(null);
  canvas.node.onkeydown = (event) => {
    if (!(event.key in KEYS) || !to) return;
    event.preventDefault();
    const [left, right, lower, upper] = seen.points.extent,
      [x, y] = at ?? [(left + right) / 2, (lower + upper) / 2];
    const [right1, down1] = KEYS[event.key],
      step = (right - left) / 40;
    point([Math.min(right, Math.max(left, x + right1 * step)), Math.min(upper, Math.max(lower, y - down1 * step))]);
  };
  const endTheme = onTheme(() => {
    picture.forget();
    if (seen.field) picture.paint(seen.field);
    canvas.redraw();
  });
  return () => {
    watching.end();
    canvas.end();
    endTheme();
  };
}

/** D's value between the centres of the grid's squares; null outside of them. */
function valueAt(
  {
    values: {
      data,
      shape: [rows, columns],
    },
    extent: [left, right, lower, upper],
  },
  [x, y],
) {
  const column = ((x - left) / (right - left)) * columns - 0.5,
    row = ((y - lower) / (upper - lower)) * rows - 0.5;
  const i = Math.floor(column),
    j = Math.floor(row);
  if (i < 0 || j < 0 || i + 1 >= columns || j + 1 >= rows) return null;
  const u = column - i,
    v = row - j,
    at = (b, a) => data[b * columns + a];
  return (1 - v) * ((1 - u) * at(j, i) + u * at(j, i + 1)) + v * ((1 - u) * at(j + 1, i) + u * at(j + 1, i + 1));
}

/** Says how many of the generated points lie outside of the picture, if many do. */
function outsideText({
  fake: {
    data,
    shape: [count],
  },
  extent: [left, right, lower, upper],
}) {
  let outside = 0;
  for (let i = 0; i < count; i++) {
    const x = data[2 * i],
      y = data[2 * i + 1];
    if (x < left || x > right || y < lower || y > upper) outside++;
  }
  return outside > MANY * count ? `${outside} of ${count} generated points lie outside of this picture.` : "";
}

/** A few numbers at the edges, with short marks. */
function drawAxes(context, [left, right, lower, upper], width, height) {
  Object.assign(context, {
    fillStyle: colour("quiet"),
    strokeStyle: colour("quiet"),
    lineWidth: 1,
    font: "11px system-ui, sans-serif",
  });
  const to = mapOf([left, right, lower, upper], width, height);
  context.textAlign = "center";
  context.textBaseline = "bottom";
  for (const x of ticks(left, right)) {
    context.fillText(format(x, 3), to.x(x), height - 6);
    context.fillRect(to.x(x) - 0.5, height - 4, 1, 4);
  }
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const y of ticks(lower, upper)) {
    context.fillText(format(y, 3), 7, to.y(y));
    context.fillRect(0, to.y(y) - 0.5, 4, 1);
  }
}

/** About four round numbers between the ends, none close to them. */
export function ticks(low, high) {
  const raw = (high - low) / 4,
    power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw);
  const margin = (high - low) * 0.06,
    found = [];
  for (let i = Math.ceil((low + margin) / step); i * step < high - margin; i++) found.push(i * step);
  return found;
}

function drawCross(context, x, y) {
  Object.assign(context, { strokeStyle: colour("text"), lineWidth: 1 });
  context.beginPath();
  for (const [u, v] of [
    [1, 0],
    [0, 1],
  ]) {
    context.moveTo(x - 8 * u, y - 8 * v);
    context.lineTo(x + 8 * u, y + 8 * v);
  }
  context.stroke();
}
