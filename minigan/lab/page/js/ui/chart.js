// A chart of lines over the rounds, drawn by uPlot, with a table for those who cannot see it.

import uPlot from "vendor/uPlot.esm.js";
import { colour, onTheme } from "lab/ui/colours.js";
import { element, setText } from "lab/ui/dom.js";
import { info } from "lab/ui/info.js";
import { format } from "lab/ui/numbers.js";

const FONT = "11px system-ui, sans-serif";

/** On a logarithmic scale only powers of 10 have a line and a number. */
const powers = (plot, splits) => splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null));
const POWERS = { filter: powers, grid: { stroke: () => colour("line"), width: 1, filter: powers } };

/** The rows of the table, and the part of all rounds over which lines are smoothed. */
const ROWS = 12,
  SMOOTH = 30;

/**
 * A card with a chart.
 *
 * title, about   the heading, and what explains it
 * lines          [{name, label, colour: () => CSS colour, dash}]: `name` is the key in the data
 * limits()       dashed lines with a text: [[value, text, colour]], may change
 * range          [low, high], each may be null; `logarithmic` for a scale of powers of 10
 * height         in CSS pixels
 *
 * Returns {node, update({step, name: array, ...}), setLines(lines), end()}.
 */
export function chart({
  title,
  about,
  lines,
  limits = () => [],
  range = [null, null],
  logarithmic = false,
  height = 130,
  control,
}) {
  const place = element("div", { class: "chart" });
  const values = element("div", { class: "legend numbers" });
  const table = element(
    "details",
    { class: "table" },
    element("summary", { "data-control": `table-${control}` }, "Table"),
  );
  const node = element(
    "section",
    { class: "card", "aria-label": title, "data-control": control },
    element("header", {}, element("h3", {}, title), info(title, about), values),
    place,
    table,
  );
  let plot = null,
    data = null,
    outputs = [];

  function build() {
    plot?.destroy();
    plot = new uPlot(
      optionsOf({ lines, limits, range, logarithmic, height, width: Math.max(place.clientWidth, 100) }),
      columnsOf(data, lines),
      place,
    );
    plot.root.setAttribute("role", "img");
    outputs = lines.map(() => element("output", {}));
    values.replaceChildren(
      ...lines.map((line, i) =>
        element(
          "span",
          {},
          element("i", { class: `stroke${line.dash ? " dashed" : ""}`, style: { borderColor: line.colour() } }),
          `${line.label} `,
          outputs[i],
        ),
      ),
    );
    showLast();
  }

  function showLast() {
    const last = lines.map(({ name }) => data?.[name]?.at?.(-1));
    last.forEach((value, i) => setText(outputs[i], format(value, 3)));
    const said = lines.map(({ label }, i) => `${label} ${format(last[i], 3)}`).join(", ");
    plot.root.setAttribute("aria-label", `${title} over the rounds. Now: ${said}.`);
    if (table.open) showTable();
  }

  function showTable() {
    const count = data?.step?.length ?? 0,
      step = Math.max(1, (count - 1) / (ROWS - 1));
    const rows = Array.from({ length: Math.min(count, ROWS) }, (_, i) => Math.round(i * step));
    const cell = (tag, text) => element(tag, tag === "th" ? { scope: "col" } : {}, text);
    table.querySelector("table")?.remove();
    table.append(
      element(
        "table",
        {},
        element(
          "tr",
          {},
          cell("th", "Round"),
          lines.map(({ label }) => cell("th", label)),
        ),
        rows.map((row) =>
          element(
            "tr",
            {},
            cell("td", String(data.step[row])),
            lines.map(({ name }) => cell("td", format(data[name]?.[row], 4))),
          ),
        ),
      ),
    );
  }

  table.ontoggle = () => {
    if (table.open) showTable();
  };
  const sizes = new ResizeObserver(() => {
    if (!place.clientWidth) return;
    if (!plot) build();
    else if (plot.width !== place.clientWidth) plot.setSize({ width: place.clientWidth, height });
  });
  sizes.observe(place);
  const endTheme = onTheme(() => plot && build());
  return {
    node,
    update(newData) {
      data = newData;
      if (!plot) return;
      plot.setData(columnsOf(data, lines));
      showLast();
    },
    setLines(newLines) {
      lines = newLines;
      if (plot) build();
    },
    end() {
      sizes.disconnect();
      endTheme();
      plot?.destroy();
    },
  };
}

/** For each line the numbers, and their moving mean; numbers that are not finite are gaps. */
function columnsOf(data, lines) {
  const known = (column) => Array.from(column ?? [], (value) => (Number.isFinite(value) ? value : null));
  const raw = lines.map(({ name }) => known(data?.[name]));
  return [known(data?.step), ...raw, ...raw.map(smooth)];
}

/** The moving mean over a `SMOOTH`th of all numbers. */
function smooth(column) {
  const half = Math.floor(column.length / SMOOTH / 2);
  if (!half) return column;
  const sums = [0],
    counts = [0];
  column.forEach((value, i) => {
    sums.push(sums[i] + (value ?? 0));
    counts.push(counts[i] + (value === null ? 0 : 1));
  });
  return column.map((_, i) => {
    const first = Math.max(0, i - half),
      last = Math.min(column.length, i + half + 1),
      count = counts[last] - counts[first];
    return count ? (sums[last] - sums[first]) / count : null;
  });
}

function optionsOf({ lines, limits, range, logarithmic, height, width }) {
  const axis = {
    stroke: () => colour("quiet"),
    font: FONT,
    grid: { stroke: () => colour("line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    padding: [6, 10, 0, 0],
    scales: {
      x: { time: false, range: (plot, low, high) => [low ?? 0, Math.max(high ?? 1, (low ?? 0) + 1)] },
      y: logarithmic ? { distr: 3 } : { range: (plot, low, high) => ends(plot, range, limits()) },
    },
    axes: [
      {
        ...axis,
        size: 22,
        gap: 2,
        values: (plot, splits) => splits.map((value) => (Number.isInteger(value) ? String(value) : "")),
      },
      {
        ...axis,
        size: 46,
        gap: 3,
        space: 24,
        ...(logarithmic && POWERS),
        values: (plot, splits) => splits.map((value) => (value === null ? "" : format(value, 3))),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, colour: stroke }) => ({
        label,
        stroke: stroke(),
        width: 1,
        alpha: 0.3,
        points: { show: false },
      })),
      ...lines.map(({ label, colour: stroke, dash }) => ({
        label,
        stroke: stroke(),
        width: 1.8,
        dash,
        points: { show: false },
      })),
    ],
    hooks: { draw: [(plot) => drawLimits(plot, limits())] },
  };
}

/** The share of the numbers at either side that may be outside of the picture. */
const OUTSIDE = 0.01;

/** The ends of the scale: those given, else those of most of the data and of the dashed lines, with a little air. */
function ends(plot, [lowest, highest], limits) {
  const all = limits.map(([value]) => value);
  for (const column of plot.data.slice(1, 1 + (plot.data.length - 1) / 2)) {
    const known = column.filter((value) => value !== null).sort((a, b) => a - b),
      last = known.length - 1;
    if (last >= 0)
      all.push(known[Math.floor(OUTSIDE * last)], known[Math.ceil((1 - OUTSIDE) * last)], column.at(-1) ?? known[last]);
  }
  if (!all.length) all.push(0, 1);
  const least = Math.min(...all),
    most = Math.max(...all),
    air = (most - least || 1) * 0.08;
  return [lowest ?? least - air, highest ?? most + air];
}

function drawLimits(plot, limits) {
  const {
      ctx: context,
      bbox: { left, width },
    } = plot,
    scale = window.devicePixelRatio || 1;
  context.save();
  Object.assign(context, {
    lineWidth: scale,
    font: `${11 * scale}px system-ui, sans-serif`,
    textAlign: "right",
    textBaseline: "bottom",
  });
  for (const [value, text, name] of limits) {
    const y = Math.round(plot.valToPos(value, "y", true)) + 0.5;
    context.strokeStyle = colour(name);
    context.setLineDash([5 * scale, 4 * scale]);
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(left + width, y);
    context.stroke();
    const size = context.measureText(text).width;
    context.fillStyle = colour("ground");
    context.fillRect(left + width - size - 4 * scale, y - 14 * scale, size + 4 * scale, 12 * scale);
    context.fillStyle = colour(name);
    context.fillText(text, left + width - 2 * scale, y - scale);
  }
  context.restore();
}
