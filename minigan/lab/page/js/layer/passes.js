// Where one is among the passes and layers of the recorded round, and the way to the others.

import { element } from "lab/ui/dom.js";
import { button, choice } from "lab/ui/fields.js";

/** The pass in which to look at a network's layer: G's only one, D's on the generated samples. */
const PASS_OF = { generator: "g_forward", discriminator: "d_fake", G: "g_forward", D: "d_fake" };

/**
 * {pass, layer} that exists in the round, for {pass, layer}, {network, layer} or null. A layer after the last one is
 * D's sigmoid, which the losses have in them: then it is the last.
 */
export function placeIn(passes, wanted) {
  const id = wanted?.pass ?? PASS_OF[wanted?.network] ?? "d_fake";
  const pass = passes.find((each) => each.id === id) ?? passes[0];
  const last = pass.layers.at(-1).index;
  return { pass: pass.id, layer: Math.min(wanted?.layer ?? 0, last) };
}

/** The place one layer before (-1) or after (1) in the same pass; null at an end. */
export function beside(passes, { pass, layer }, by) {
  const { layers } = passes.find(({ id }) => id === pass);
  const next = layers[layers.findIndex(({ index }) => index === layer) + by];
  return next ? { pass, layer: next.index } : null;
}

/** The path "pass › layer" with lists to choose from, and the buttons of the layers before and after. */
export function passBar(passes, place, go) {
  const { layers } = passes.find(({ id }) => id === place.pass);
  const passList = choice(
    "pass",
    passes.map(({ id, title }) => [id, title]),
    place.pass,
    (pass) => go(placeIn(passes, { pass, layer: place.layer })),
  );
  const layerList = choice(
    "layer",
    layers.map(({ index, name, type }) => [String(index), `${index + 1}. ${type} (${name})`]),
    String(place.layer),
    (layer) => go({ pass: place.pass, layer: Number(layer) }),
  );
  const move = (text, control, by) => {
    const next = beside(passes, place, by);
    return button(text, control, () => go(next), { disabled: next === null });
  };
  passList.setAttribute("aria-label", "Pass");
  layerList.setAttribute("aria-label", "Layer");
  return element(
    "nav",
    { class: "pass-bar", "aria-label": "Pass and layer" },
    passList,
    element("span", { "aria-hidden": "true" }, "›"),
    layerList,
    move("‹ Layer before", "layer-before", -1),
    move("Layer after ›", "layer-after", 1),
  );
}
