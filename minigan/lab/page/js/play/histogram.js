// How often D gives each value to real and to generated samples.

import { sharpCanvas } from "lab/ui/canvas.js";
import { colour, onTheme } from "lab/ui/colours.js";
import { element } from "lab/ui/dom.js";
import { info } from "lab/ui/info.js";
import { format } from "lab/ui/numbers.js";
import { ABOUT } from "lab/play/about.js";

/** {node, end}. */
export function histogram(lab) {
  let view = null;
  const canvas = sharpCanvas(
    { class: "bars", role: "img", "aria-label": "D's values on real and on generated samples" },
    0.22,
    draw,
  );
  const node = element(
    "div",
    { class: "tool wide" },
    element("h3", {}, "D's values ", info("the histogram", ABOUT.histogram)),
    canvas.node,
  );

  function draw(context, width, height) {
    if (!view) return;
    const bottom = height - 16,
      edges = view.edges.data,
      bars = edges.length - 1,
      each = width / bars;
    const most = Math.max(...view.real.data, ...view.fake.data) || 1;
    for (const [name, values] of [
      ["real", view.real.data],
      ["generated", view.fake.data],
    ]) {
      Object.assign(context, { fillStyle: colour(name), globalAlpha: 0.55 });
      values.forEach((value, i) => {
        const tall = (value / most) * (bottom - 4);
        context.fillRect(i * each + 0.5, bottom - tall, each - 1, tall);
      });
    }
    Object.assign(context, {
      globalAlpha: 1,
      fillStyle: colour("quiet"),
      font: "11px system-ui, sans-serif",
      textBaseline: "top",
    });
    context.fillRect(0, bottom, width, 1);
    for (const [align, x, edge] of [
      ["left", 0, edges[0]],
      ["center", width / 2, (edges[0] + edges.at(-1)) / 2],
      ["right", width, edges.at(-1)],
    ]) {
      context.textAlign = align;
      context.fillText(format(edge, 3), x, bottom + 3);
    }
    const mean = (values) => values.reduce((sum, value, i) => sum + (value * (edges[i] + edges[i + 1])) / 2, 0);
    canvas.node.setAttribute(
      "aria-label",
      `D's values: mean ${format(mean(view.real.data), 2)} on real samples, ` +
        `${format(mean(view.fake.data), 2)} on generated ones`,
    );
  }

  const watching = lab.watchSeen(
    node,
    () => ({ histogram: ["histogram", {}] }),
    ({ histogram: now }) => {
      view = now;
      canvas.redraw();
    },
    400,
  );
  const endTheme = onTheme(canvas.redraw);
  return {
    node,
    end: () => {
      watching.end();
      canvas.end();
      endTheme();
    },
  };
}
