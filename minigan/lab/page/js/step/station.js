// One station of the update: what happens, the formula, the arrays, the layers of its passes, and the code that runs.

import { element } from "lab/ui/dom.js";
import { arrayFigure } from "lab/layer/array_figure.js";
import { codePanel } from "lab/layer/code_panel.js";
import { formulaBox } from "lab/layer/formula.js";
import { openLayer } from "lab/layer/opening.js";

/**
 * A station {id, title, text, formula, code, arrays, passes}; `passes` are all of the round by id.
 * Returns {words, node, end()}.
 */
export function stationView(lab, station, passes, place, count) {
  const figures = station.arrays.map((array) => arrayFigure(array, {
    load: (choice) => lab.view("station", { station: station.id, name: array.name, ...choice }),
    control: `array-${array.name}`,
  }));
  const words = element("div", { class: "station-words", "aria-live": "polite" },
    element("p", { class: "quiet" }, `Station ${place + 1} of ${count}`), element("h2", {}, station.title),
    element("p", {}, station.text), formulaBox(station.formula));
  const node = element("div", { class: "station" },
    element("div", { class: "station-passes" },
      ...station.passes.filter((id) => passes.has(id)).map((id) => passLayers(passes.get(id)))),
    element("div", { class: "station-arrays" }, ...figures.map((figure) => figure.node)),
    element("div", { class: "station-code" }, codePanel(station.code)));
  for (const figure of figures) figure.show();
  return { words, node, end: () => figures.forEach((figure) => figure.end()) };
}

/** The layers of a pass in a row; each opens "Inside a layer". */
function passLayers({ id, title, network, layers }) {
  const chips = layers.map(({ index, name, type }) => element("li", {}, element("button", {
    type: "button", class: `layer-chip network-${network}`, "data-control": `open-${id}-${index}`, title: `Look inside ${name}`,
    onclick: () => openLayer({ pass: id, layer: index }),
  }, type)));
  return element("div", { class: "pass-layers" },
    element("h3", {}, title), element("ol", {}, ...chips));
}
