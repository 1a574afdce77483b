// The layers of a network: add, remove, move, and change their settings.

import { element } from "lab/ui/dom.js";
import { button, choice, labelled } from "lab/ui/fields.js";
import { settingField } from "lab/play/layer_setting.js";

const TITLES = { generator: "Layers of G", discriminator: "Layers of D" };

/** {node, show}. A network without layers of its own has those that suit the data. */
export function layerList(network, draft, choices, set) {
  const list = element("ol", { class: `layers ${network}` });
  const types = choices.layer_types, known = (type) => types.find((each) => each.type === type) ?? { settings: [] };
  const added = choice(`${network}-new-type`, types.map(({ type }) => type), types[0]?.type, () => {});
  const add = button("Add", `${network}-add`, () => {
    const specs = specsOf();
    // The last layer makes the output: a new one comes before it.
    specs.splice(Math.max(0, specs.length - 1), 0, newSpec(known(added.value)));
    opened = specs.length - 2;
    set(network, specs);
  });
  const suited = button("As suits the data", `${network}-default`, () => set(network, []));
  const node = element("details", {}, element("summary", { "data-control": `section-${network}` }, TITLES[network]),
    list, element("div", { class: "row new-layer" }, labelled("New layer", added), add, suited));
  let opened = null, drawn = "";

  /** The layers as plain values, to change: those that wait, or those that run. */
  function specsOf() {
    const own = draft.get(network) ?? [];
    if (own.length || network in draft.waiting) return structuredClone(own);
    if ("data" in draft.waiting || "model" in draft.waiting) return [];
    return structuredClone(draft.lab.state.networks[network].map(({ spec }) => spec).filter(Boolean));
  }

  function change(specs, open = opened) {
    opened = open;
    set(network, specs);
  }

  function row(spec, place, specs) {
    const moved = (by) => () => {
      const copy = [...specs];
      copy.splice(place + by, 0, ...copy.splice(place, 1));
      change(copy, opened === place ? place + by : opened);
    };
    const { settings } = known(spec.type), name = `${network}-${place}`;
    const body = element("div", { class: "fields", hidden: opened !== place },
      settings.map((setting) => settingField(`${name}-${setting.name}`, setting, spec[setting.name], choices,
        (value) => change(specs.with(place, without({ ...spec, [setting.name]: value }, setting))))));
    const open = button(`${place + 1}. ${summary(spec, settings)}`, `${name}-open`, () => {
      opened = opened === place ? null : place;
      drawn = "";
      show();
      list.querySelector(`[data-control="${name}-open"]`)?.focus();
    }, { class: "plain layer-name", "aria-expanded": String(opened === place), title: "Settings of this layer" });
    const tool = (text, control, says, onclick, disabled) =>
      button(text, `${name}-${control}`, onclick, { class: "plain", title: says, "aria-label": `${says}: layer ${place + 1}`, disabled });
    return element("li", {}, element("div", { class: "layer-row" }, open,
      tool("↑", "up", "Move up", moved(-1), place === 0),
      tool("↓", "down", "Move down", moved(1), place === specs.length - 1),
      tool("✕", "remove", "Remove", () => change(specs.toSpliced(place, 1), null), specs.length === 1)), body);
  }

  function show() {
    const specs = specsOf(), key = JSON.stringify([specs, opened, draft.names.includes(network)]);
    node.classList.toggle("waits", network in draft.waiting);
    suited.disabled = !(draft.get(network) ?? []).length;
    if (key === drawn) return;
    drawn = key;
    list.replaceChildren(...(specs.length ? specs.map((spec, place) => row(spec, place, specs))
      : [element("li", { class: "quiet" }, "The layers that suit the data: see them after the new start.")]));
  }
  return { node, show, fail: null };
}

/** A layer with its first settings. */
const newSpec = ({ type, settings }) => ({ type, ...Object.fromEntries(settings
  .filter((setting) => setting.default === null || setting.default === undefined)
  .filter(({ kind }) => kind === "int").map(({ name }) => [name, name === "units" || name === "filters" ? 32 : 2])) });

/** A setting that has its default is left out. */
function without(spec, { name, default: usual }) {
  if (JSON.stringify(spec[name]) === JSON.stringify(usual) || spec[name] === "") delete spec[name];
  return spec;
}

/** "Dense 64 relu": the type and what was set. */
function summary(spec, settings) {
  const values = settings.map(({ name }) => spec[name]).filter((value) => value !== undefined && value !== null && value !== false);
  return [spec.type, ...values.map((value) => Array.isArray(value) ? value.join("×") : String(value))].slice(0, 4).join(" ");
}
