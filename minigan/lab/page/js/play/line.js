// A GAN of numbers, as figure 1 of the GAN paper: D and both densities above, the map of G below.

import { sharpCanvas } from "lab/ui/canvas.js";
import { colour, onTheme } from "lab/ui/colours.js";
import { element, setText } from "lab/ui/dom.js";
import { checkbox } from "lab/ui/fields.js";
import { info } from "lab/ui/info.js";
import { format } from "lab/ui/numbers.js";
import { ABOUT } from "lab/play/about.js";
import { ticks } from "lab/play/plane.js";

/** The layers: name, label, key's class. */
const LAYERS = [
  ["real", "Data", "key-real"],
  ["generated", "Generated", "key-generated"],
  ["field", "D", "key-discriminator"],
  ["map", "G's map", "key-grid"],
  ["arrows", "Gradients", "key-arrows"],
];

const shown = new Map(LAYERS.map(([name]) => [name, name !== "arrows"]));

/** Fills `root`; returns a function that ends it. */
export function line(root, lab) {
  let view = null,
    top = 0,
    topFor = "",
    at = null;
  const canvas = sharpCanvas(
    {
      class: "picture",
      tabindex: "0",
      role: "application",
      "data-control": "line",
      "aria-label": "D and the densities of the data and of the generated numbers; left and right arrow keys read them",
    },
    0.82,
    draw,
  );
  const reading = element("output", { class: "reading" });
  const switches = LAYERS.map(([name, label, key]) =>
    checkbox(
      label,
      `layer-${name}`,
      shown.get(name),
      (on) => {
        shown.set(name, on);
        canvas.redraw();
      },
      key,
    ),
  );
  root.append(
    element(
      "div",
      { class: "row switches", role: "group", "aria-label": "Layers of the picture" },
      switches,
      info("this picture", ABOUT.line),
    ),
    element("div", { class: "square" }, canvas.node),
    reading,
  );

  const watching = lab.watchSeen(
    canvas.node,
    () => ({ line: ["line", {}] }),
    ({ line: now }) => {
      view = now;
      const setup = JSON.stringify([lab.state.session, lab.state.setup.data]);
      // The scale of the densities follows the data only, so that it does not jump.
      if (topFor !== setup) {
        topFor = setup;
        top = 1.6 * Math.max(...view.real_density.data);
      }
      canvas.redraw();
      if (at !== null) read();
    },
  );

  function draw(context, width, height) {
    if (!view) return;
    const low = view.x.data[0],
      high = view.x.data.at(-1),
      plot = view.map && shown.get("map") ? height * 0.62 : height - 22;
    const x = (value) => ((value - low) / (high - low)) * width;
    const density = (value) => plot - Math.min(value / top, 1.02) * (plot - 8);
    const [least, most] = view.limits ?? [0, 1];
    const judged = (value) => plot - ((value - least) / (most - least || 1)) * (plot - 8);
    drawScale(context, low, high, x, plot, width, judged((least + most) / 2));
    if (shown.get("real")) area(context, view.real_density, density, x, plot, "real");
    if (shown.get("generated")) {
      area(context, view.fake_density, density, x, plot, "generated");
      rug(context, view.fake.data, x, plot);
    }
    if (shown.get("field")) curve(context, view.d, judged, x, "discriminator", [6, 4]);
    if (shown.get("arrows")) arrows(context, x, plot - 8, width);
    if (view.map && shown.get("map")) map(context, low, high, x, plot + 26, height - 16, width);
    if (at !== null) {
      context.fillStyle = colour("text");
      context.fillRect(x(view.x.data[at]) - 0.5, 0, 1, plot);
    }
  }

  function curve(context, { data }, y, x, name, dash = []) {
    context.beginPath();
    data.forEach((value, i) => context[i ? "lineTo" : "moveTo"](x(view.x.data[i]), y(value)));
    Object.assign(context, { strokeStyle: colour(name), lineWidth: 2 });
    context.setLineDash(dash);
    context.stroke();
    context.setLineDash([]);
  }

  function area(context, values, y, x, bottom, name) {
    curve(context, values, y, x, name);
    context.lineTo(x(view.x.data.at(-1)), bottom);
    context.lineTo(x(view.x.data[0]), bottom);
    Object.assign(context, { fillStyle: colour(name), globalAlpha: 0.16 });
    context.fill();
    context.globalAlpha = 1;
  }

  /** A short mark for each generated number. */
  function rug(context, numbers, x, bottom) {
    Object.assign(context, { fillStyle: colour("generated"), globalAlpha: 0.5 });
    for (const value of numbers) context.fillRect(x(value) - 0.5, bottom - 6, 1, 6);
    context.globalAlpha = 1;
  }

  /** Where each generated number should move: the longest arrow is a 12th of the picture. */
  function arrows(context, x, y, width) {
    const { data } = view.arrows_direction,
      most = data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    if (!most) return;
    Object.assign(context, { strokeStyle: colour("arrow"), fillStyle: colour("arrow"), lineWidth: 1.3 });
    view.arrows_x.data.forEach((value, i) => {
      const from = x(value),
        to = from + ((data[i] / most) * width) / 12,
        side = Math.sign(to - from),
        level = y - 6 - (i % 8) * 5;
      context.fillRect(Math.min(from, to), level - 0.6, Math.abs(to - from), 1.2);
      context.beginPath();
      context.moveTo(to + 3 * side, level);
      context.lineTo(to - 2 * side, level - 3);
      context.lineTo(to - 2 * side, level + 3);
      context.fill();
    });
  }

  /** Lines from each noise z below to x = G(z) above; both lines are equally long. */
  function map(context, low, high, x, above, below, width) {
    const noise = view.noise.data,
      first = noise[0],
      last = noise.at(-1);
    const place = (z) => width * (0.08 + (0.84 * (z - first)) / (last - first || 1));
    Object.assign(context, { strokeStyle: colour("generator"), lineWidth: 1, globalAlpha: 0.8 });
    context.beginPath();
    noise.forEach((z, i) => {
      context.moveTo(place(z), below);
      context.lineTo(x(Math.min(high, Math.max(low, view.map.data[i]))), above);
    });
    context.stroke();
    Object.assign(context, {
      globalAlpha: 1,
      fillStyle: colour("text"),
      textAlign: "left",
      textBaseline: "middle",
      font: "italic 13px serif",
    });
    context.fillRect(0, above, width, 1);
    context.fillRect(0, below, width, 1);
    context.fillText("x = G(z)", 4, above - 9);
    context.fillText("z", 4, below - 9);
    Object.assign(context, {
      font: "11px system-ui, sans-serif",
      fillStyle: colour("quiet"),
      textAlign: "center",
      textBaseline: "top",
    });
    for (const z of [first, 0, last]) context.fillText(format(z, 2), place(z), below + 3);
  }

  function read() {
    const parts = [
      ["x", view.x],
      ["D", view.d],
      ["data", view.real_density],
      ["generated", view.fake_density],
    ];
    setText(reading, parts.map(([name, { data }]) => `${name} ${format(data[at], 3)}`).join(", "));
  }

  const point = (place) => {
    at = place;
    if (at === null) setText(reading, "");
    else read();
    canvas.redraw();
  };
  canvas.node.onpointermove = ({ offsetX }) => {
    if (view) point(Math.round(Math.min(1, Math.max(0, offsetX / canvas.node.clientWidth)) * (view.x.data.length - 1)));
  };
  canvas.node.onpointerleave = canvas.node.onblur = () => point(null);
  canvas.node.onkeydown = (event) => {
    const step = { ArrowLeft: -2, ArrowRight: 2 }[event.key],
      count = view?.x.data.length;
    if (!step || !count) return;
    event.preventDefault();
    point(Math.min(count - 1, Math.max(0, (at ?? Math.floor(count / 2)) + step)));
  };
  const endTheme = onTheme(canvas.redraw);
  return () => {
    watching.end();
    canvas.end();
    endTheme();
  };
}

/** The axis of x, and a thin line where D is undecided. */
function drawScale(context, low, high, x, bottom, width, middle) {
  Object.assign(context, {
    fillStyle: colour("line"),
    font: "11px system-ui, sans-serif",
    textAlign: "center",
    textBaseline: "top",
  });
  context.fillRect(0, middle, width, 1);
  context.fillStyle = colour("quiet");
  context.fillText("D undecided", width - 36, middle + 3);
  context.fillRect(0, bottom, width, 1);
  for (const value of ticks(low, high)) {
    context.fillRect(x(value) - 0.5, bottom, 1, 4);
    context.fillText(format(value, 3), x(value), bottom + 6);
  }
}
