// One station of the update: what happens, the formula, the arrays, the layers of its passes, and the code that runs.

import { element } from "lab/ui/dom.js";
import { arrayFigure } from "lab/layer/array_figure.js";
import { lying } from "lab/layer/cells.js";
import { codePanel } from "lab/layer/code_panel.js";
import { formulaBox } from "lab/layer/formula.js";
import { openLayer } from "lab/layer/opening.js";
import { holdsImages, imageStrip } from "lab/step/image_strip.js";

/**
 * A station {id, title, text, formula, code, arrays, passes}; `passes` are all of the round by id.
 * Returns {words, node, end()}.
 */
export function stationView(lab, station, passes, place, count) {
  const figures = station.arrays.map((array) => stationArray(lab, station, array));
  const words = element(
    "div",
    { class: "station-words", "aria-live": "polite" },
    element("p", { class: "quiet" }, `Station ${place + 1} of ${count}`),
    element("h2", {}, station.title),
    element("p", {}, station.text),
    formulaBox(station.formula),
  );
  const update = station.id.endsWith("_update");
  const node = element(
    "div",
    { class: "station" },
    element(
      "div",
      { class: "station-passes" },
      ...station.passes.filter((id) => passes.has(id)).map((id) => passLayers(passes.get(id))),
    ),
    element(
      "div",
      { class: update ? "station-arrays of-update" : "station-arrays" },
      ...figures.map((figure) => figure.node),
    ),
    element("div", { class: "station-code" }, codePanel(station.code)),
  );
  const endSeen = whenSeen(figures);
  return {
    words,
    node,
    end() {
      endSeen();
      figures.forEach((figure) => figure.end());
    },
  };
}

/** The figure of one array; above images there are small ones to choose from. */
function stationArray(lab, station, array) {
  const load = async (choice) => lying(await lab.view("station", { station: station.id, name: array.name, ...choice }));
  const figure = arrayFigure(array, { load, control: `array-${array.name}`, ownExample: true });
  if (holdsImages(array)) {
    figure.node.querySelector("figcaption").after(imageStrip(array, load, (example) => figure.show({ example })));
  }
  return figure;
}

/** Loads each figure when it comes into view: an update of a large network has many. Returns the end of this. */
function whenSeen(figures) {
  const byNode = new Map(figures.map((figure) => [figure.node, figure]));
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        byNode.get(target).show();
      }
    },
    { rootMargin: "300px" },
  );
  for (const node of byNode.keys()) observer.observe(node);
  return () => observer.disconnect();
}

/** The layers of a pass in a row; each opens "Inside a layer". */
function passLayers({ id, title, network, layers }) {
  const chips = layers.map(({ index, name, type }) =>
    element(
      "li",
      {},
      element(
        "button",
        {
          type: "button",
          class: `layer-chip network-${network}`,
          "data-control": `open-${id}-${index}`,
          title: `Look inside ${name}`,
          onclick: () => openLayer({ pass: id, layer: index }),
        },
        type,
      ),
    ),
  );
  return element("div", { class: "pass-layers" }, element("h3", {}, title), element("ol", {}, ...chips));
}
