// One layer in one pass: words, formula and source, its arrays, and the entry that is picked.

import { element } from "lab/ui/dom.js";
import { numberField } from "lab/ui/fields.js";
import { tell } from "lab/ui/notice.js";
import { arraySet } from "lab/layer/array_set.js";
import { indexOf, partOf, showsAll } from "lab/layer/cells.js";
import { codePanel } from "lab/layer/code_panel.js";
import { entryPanel, title } from "lab/layer/entry_panel.js";
import { entryName } from "lab/layer/entry_table.js";
import { formulaBox } from "lab/layer/formula.js";
import { beside } from "lab/layer/passes.js";

const HINT =
  "Click a number of y, dx or a gradient, or move to it with the arrow keys and press Enter: here stands the sum " +
  "that makes it, and the numbers it comes from light up.";

/** Where the numbers of an array come from that this layer does not make: the array of the layer beside. */
const FROM_BESIDE = {
  x: { by: -1, name: "y", text: "the layer before" },
  dy: { by: 1, name: "dx", text: "the layer after" },
};

/** The view of the layer at `place`; `focus` is an entry {quantity, index} to pick at once. Returns {node, end()}. */
export function layerView(lab, place, { passes, go, focus }) {
  const node = element("article", { class: "layer-view" }, element("p", { class: "quiet" }, "One moment ..."));
  let set = null,
    ended = false;
  lab.view("layer", place).then(
    (layer) => {
      if (ended) return;
      set = fill(node, lab, place, layer, { passes, go, focus });
    },
    (error) => node.replaceChildren(element("p", { class: "quiet" }, error.message)),
  );
  return {
    node,
    end() {
      ended = true;
      set?.end();
    },
  };
}

/** Fills the view with what is known of the layer; returns its arrays. */
function fill(node, lab, place, layer, { passes, go, focus }) {
  const panel = entryPanel(HINT);

  async function explain(quantity, index) {
    try {
      const entry = await lab.view("entry", { ...place, quantity, index });
      panel.show(entry, set.point);
      set.light(entry);
    } catch (error) {
      set.dark();
      panel.say(element("h3", {}, element("code", {}, entryName(quantity, index))), element("p", {}, error.message));
    }
  }

  function pick(name, row, column, part) {
    const index = indexOf(part, row, column);
    if (layer.quantities.includes(name)) return explain(name, index);
    set.dark();
    panel.say(...given(name, index, part.values.data[row * part.values.shape[1] + column], { passes, place, go }));
  }

  const set = arraySet(layer.arrays, {
    load: (array, choice) =>
      array.values ? partOf(array, choice) : lab.view("slice", { ...place, name: array.name, ...choice }),
    pick,
  });
  node.replaceChildren(
    element(
      "header",
      { class: "layer-words" },
      element("h2", {}, layer.type, " ", element("span", { class: "quiet" }, layer.title)),
      element("p", {}, layer.text),
      formulaBox(layer.formula),
    ),
    element("div", { class: "layer-arrays" }, exampleField(layer.arrays, set.showExample), set.node),
    element(
      "div",
      { class: "layer-side" },
      panel.node,
      ...[layer.source, layer.shared].filter(Boolean).map((source) => codePanel(source)),
    ),
  );
  set
    .showExample(0)
    .then(() => focus && explain(focus.quantity, focus.index))
    .catch(tell);
  return set;
}

/** What to say of a number that comes from outside the layer, with the way to the layer that made it. */
function given(name, index, value, { passes, place, go }) {
  const from = FROM_BESIDE[name],
    next = from && beside(passes, place, from.by);
  if (!from) return [title(name, index, value), element("p", {}, "There is no sum of this number to show.")];
  if (!next)
    return [
      title(name, index, value),
      element(
        "p",
        {},
        name === "x"
          ? "This number goes into the network."
          : "This number is the gradient that comes into the network.",
      ),
    ];
  return [
    title(name, index, value),
    element("p", {}, `It comes from ${from.text}, as an entry of its ${from.name}.`),
    element(
      "button",
      { type: "button", "data-control": "follow", onclick: () => go(next, { quantity: from.name, index }) },
      `Follow it to ${from.text}`,
    ),
  ];
}

/** The choice of the example that the arrays show; null where they show all, or have one only. */
function exampleField(arrays, choose) {
  const chosen = arrays.filter((array) => array.slots.example && !showsAll(array));
  const count = Math.max(1, ...chosen.map(({ shape }) => shape[0]));
  if (count === 1) return null;
  const input = numberField("example", 0, choose, { min: 0, max: count - 1, step: 1 });
  return element("label", { class: "slot" }, "example ", input, element("span", { class: "quiet" }, ` of ${count}`));
}
