// Points drawn by hand: by mouse, by touch, or by keyboard.

import { sharpCanvas } from "lab/ui/canvas.js";
import { colour, onTheme } from "lab/ui/colours.js";
import { element, setText } from "lab/ui/dom.js";
import { button } from "lab/ui/fields.js";

/** Half the side of the drawing, the brush's radius, the most points, and new points for each move. */
const HALF = 1.5,
  BRUSH = 0.07,
  MOST = 2000,
  EACH = 4;

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** `onDrawn(points)` is called after each stroke. Returns {node, show(points), start(), end()}. */
export function drawing(onDrawn) {
  let points = [],
    erasing = false,
    stroke = false,
    cross = null;
  const canvas = sharpCanvas(
    {
      class: "picture",
      tabindex: "0",
      role: "application",
      "data-control": "drawing",
      "aria-label": "Draw points: arrow keys move the brush, Space draws or erases, E changes between pen and eraser",
    },
    1,
    draw,
  );
  const count = element("output", { class: "quiet numbers" });
  const tools = [
    ["Pen", false],
    ["Eraser", true],
  ].map(([text, erases]) =>
    button(text, `draw-${text.toLowerCase()}`, () => {
      erasing = erases;
      mark();
    }),
  );
  const clear = button("Clear", "draw-clear", () => {
    points = [];
    onDrawn(points);
    canvas.redraw();
  });
  const node = element("div", { class: "drawing" }, element("div", { class: "row" }, tools, clear, count), canvas.node);
  const mark = () => tools.forEach((tool, i) => tool.setAttribute("aria-pressed", String(erasing === (i === 1))));

  function draw(context, width) {
    const to = (value) => ((value + HALF) / (2 * HALF)) * width;
    context.fillStyle = colour("real");
    context.globalAlpha = 0.6;
    for (const [x, y] of points) {
      context.beginPath();
      context.arc(to(x), to(-y), 2.5, 0, 2 * Math.PI);
      context.fill();
    }
    context.globalAlpha = 1;
    setText(count, `${points.length} points`);
    if (!cross) return;
    context.strokeStyle = colour("text");
    context.beginPath();
    context.arc(to(cross[0]), to(-cross[1]), (BRUSH / (2 * HALF)) * width * (erasing ? 2 : 1), 0, 2 * Math.PI);
    context.stroke();
  }

  /** Puts points around a place, or takes them away. */
  function touch([x, y]) {
    if (erasing) {
      points = points.filter(([px, py]) => Math.hypot(px - x, py - y) > 2 * BRUSH);
    } else {
      for (let i = 0; i < EACH && points.length < MOST; i++) points.push(rounded(around([x, y], BRUSH)));
    }
    canvas.redraw();
  }

  const place = ({ offsetX, offsetY }) => {
    const width = canvas.node.clientWidth;
    return [((offsetX / width) * 2 - 1) * HALF, (1 - (offsetY / width) * 2) * HALF];
  };
  const done = () => {
    if (stroke) {
      stroke = false;
      onDrawn([...points]);
    }
  };
  Object.assign(canvas.node, {
    onpointerdown(event) {
      stroke = true;
      canvas.node.setPointerCapture(event.pointerId);
      touch(place(event));
    },
    onpointermove(event) {
      cross = place(event);
      if (stroke) touch(cross);
      else canvas.redraw();
    },
    onpointerup: done,
    onpointercancel: done,
    onpointerleave() {
      if (!stroke) {
        cross = null;
        canvas.redraw();
      }
    },
    onkeydown(event) {
      if (event.key in KEYS) {
        const [x, y] = cross ?? [0, 0],
          [right, up] = KEYS[event.key];
        cross = [x + right * 0.1, y + up * 0.1].map((value) => Math.max(-HALF, Math.min(HALF, value)));
        canvas.redraw();
      } else if (event.key === " ") {
        cross ??= [0, 0];
        touch(cross);
        onDrawn([...points]);
      } else if (event.key.toLowerCase() === "e") {
        erasing = !erasing;
        mark();
        canvas.redraw();
      } else return;
      event.preventDefault();
    },
  });
  mark();
  const endTheme = onTheme(canvas.redraw);
  return {
    node,
    show(drawn) {
      if (!stroke) {
        points = drawn.map((point) => [...point]);
        canvas.redraw();
      }
    },
    /** A first drawing, so that there is something to learn: two groups. */
    start() {
      if (!points.length)
        points = Array.from({ length: 200 }, (_, i) => rounded(around(i % 2 ? [0.6, 0.3] : [-0.6, -0.3], 0.3)));
      return [...points];
    },
    end() {
      canvas.end();
      endTheme();
    },
  };
}

/** A random point of a disc. */
function around([x, y], size) {
  const angle = 2 * Math.PI * Math.random(),
    radius = size * Math.sqrt(Math.random());
  return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
}

/** Three digits are enough, and keep the link of the set-up short. */
const rounded = (point) => point.map((value) => Number(value.toFixed(3)));
