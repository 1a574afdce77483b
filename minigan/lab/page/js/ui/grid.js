// A heat map of numbers: the numbers are written into the cells where these are large enough.

import { element, setText } from "lab/ui/dom.js";
import { colour, divergingOf, inkOn, onTheme } from "lab/ui/colours.js";
import { format } from "lab/ui/numbers.js";

/** The smallest and the largest width of a cell, and that in which a number can be read. */
const SMALLEST = 6, LARGEST = 48, READABLE = 34;

/** The width of a cell in which there is room for three significant digits; else there are two. */
const ROOMY = 42;

/** With at most FEW rows numbers are always written, and one scrolls along them; with more than MANY they are small. */
const FEW = 4, MANY = 10;

const KEYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * A heat map with keyboard focus. The largest number has the full colour.
 *
 * values    {data, shape: [rows, columns]}, as arrays come from a view
 * label     what the numbers are
 * nameOf    the name of an entry, by (row, column): it is said with its value
 * onPick    called with (row, column) on a click or Enter; left out where nothing follows
 * control   the value of data-control
 *
 * Returns {node, update(values), highlight(cells, strong), end()}; cells are [[row, column], ...], the others turn
 * pale, and the strong ones get a frame of their own.
 */
export function numberGrid({ values, label, nameOf, onPick, control }) {
  const canvas = element("canvas", {
    tabindex: "0", role: "application", "aria-roledescription": "number grid", "data-control": control,
    class: "number-grid",
  });
  const reading = element("p", { class: "reading", "aria-live": "polite" });
  const node = element("div", { class: "number-grid-frame" }, canvas, reading);
  let marked = [], strong = [], at = null, cell = LARGEST, frame = 0;

  const valueAt = (row, column) => values.data[row * values.shape[1] + column];
  const largest = () => values.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const redraw = () => { frame ||= requestAnimationFrame(() => { frame = 0; paint(); }); };

  function paint() {
    const [rows, columns] = values.shape, width = node.clientWidth;
    if (!width || !rows || !columns) return;
    const most = rows > MANY ? READABLE : LARGEST, least = rows > FEW ? SMALLEST : READABLE;
    cell = Math.floor(Math.min(most, Math.max(least, width / columns)));
    const screen = window.devicePixelRatio || 1;
    // A canvas has a largest size: very long arrays are drawn coarser.
    const scale = Math.min(screen, 8000 / (rows * cell));
    Object.assign(canvas, { width: Math.ceil(columns * cell * scale), height: Math.ceil(rows * cell * scale) });
    Object.assign(canvas.style, { width: `${columns * cell}px`, height: `${rows * cell}px` });
    const context = canvas.getContext("2d"), full = largest();
    context.scale(scale, scale);
    const gap = cell >= 8 ? 1 : 0, written = cell >= READABLE;
    Object.assign(context, { font: "11px system-ui, sans-serif", textAlign: "center", textBaseline: "middle" });
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const value = valueAt(row, column), shade = divergingOf(value, full);
        context.fillStyle = `rgb(${shade.join()})`;
        context.fillRect(column * cell, row * cell, cell - gap || cell, cell - gap || cell);
        if (!written) continue;
        context.fillStyle = inkOn(shade);
        context.fillText(format(value, cell < ROOMY ? 2 : 3), (column + 0.5) * cell, (row + 0.5) * cell, cell - 4);
      }
    }
    if (marked.length) pale(context);
    for (const [row, column] of marked) outline(context, row, column, colour("mark"), cell < 12 ? 1 : 1.5);
    for (const [row, column] of strong) outline(context, row, column, colour("mark"), 3.5);
    if (at && document.activeElement === canvas) outline(context, ...at, colour("text"), 2.5);
  }

  /** A veil over the cells that are not lit. */
  function pale(context) {
    const [rows, columns] = values.shape;
    const lit = new Set([...marked, ...strong].map(([row, column]) => row * columns + column));
    context.fillStyle = colour("ground");
    context.globalAlpha = 0.6;
    for (let place = 0; place < rows * columns; place++) {
      if (!lit.has(place)) context.fillRect(place % columns * cell, Math.floor(place / columns) * cell, cell, cell);
    }
    context.globalAlpha = 1;
  }

  function outline(context, row, column, stroke, width) {
    Object.assign(context, { strokeStyle: stroke, lineWidth: width });
    const size = Math.max(cell - width, 2);
    context.strokeRect(column * cell + width / 2, row * cell + width / 2, size, size);
  }

  function moveTo(row, column) {
    const [rows, columns] = values.shape;
    at = [Math.min(rows - 1, Math.max(0, row)), Math.min(columns - 1, Math.max(0, column))];
    setText(reading, `${nameOf(...at)} = ${format(valueAt(...at), 6)}`);
    reveal(...at);
    redraw();
  }

  /** Scrolls the frame, and nothing around it, so that the cell is visible. */
  function reveal(row, column) {
    const fit = (scroll, size, place) => Math.min(place * cell, Math.max(scroll, (place + 1) * cell - size));
    node.scrollTop = fit(node.scrollTop, node.clientHeight, row);
    node.scrollLeft = fit(node.scrollLeft, node.clientWidth, column);
  }

  canvas.onfocus = canvas.onblur = redraw;
  canvas.onkeydown = (event) => {
    if (event.key in KEYS) {
      const [down, right] = KEYS[event.key], [row, column] = at ?? [0, 0];
      moveTo(...(at ? [row + down, column + right] : [0, 0]));
    } else if (event.key === "Enter" && at) {
      onPick?.(...at);
    } else return;
    event.preventDefault();
  };
  canvas.onclick = (event) => {
    const box = canvas.getBoundingClientRect();
    const [rows, columns] = values.shape;
    moveTo(Math.floor((event.clientY - box.top) / box.height * rows),
      Math.floor((event.clientX - box.left) / box.width * columns));
    onPick?.(...at);
  };

  const named = () => canvas.setAttribute("aria-label",
    `${label}: ${values.shape.join(" by ")}; arrow keys move${onPick ? ", Enter picks" : ""}`);
  const sizes = new ResizeObserver(redraw);
  sizes.observe(node);
  const endTheme = onTheme(redraw);
  named();
  return {
    node,
    update(newValues) {
      values = newValues;
      if (at && (at[0] >= values.shape[0] || at[1] >= values.shape[1])) at = null;
      named();
      if (at) moveTo(...at);
      redraw();
    },
    highlight(cells, strongCells = []) {
      marked = cells;
      strong = strongCells;
      const first = strong[0] ?? marked[0];
      if (first) reveal(...first);
      redraw();
    },
    end() { sizes.disconnect(); endTheme(); cancelAnimationFrame(frame); },
  };
}
