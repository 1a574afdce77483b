// The layers of a network: add, remove, move, and change their settings.

import { element } from "lab/ui/dom.js";
import { button, choice, labelled } from "lab/ui/fields.js";
import { settingField } from "lab/play/layer_setting.js";

/** Settings that are always shown. */
const SIZES = new Set(["units", "filters", "target_shape", "rate"]);

const TITLES = { generator: "Layers of G", discriminator: "Layers of D" };

/** {node, show, fail}. A network without layers of its own has those that suit the data. */
export function layerList(network, draft, choices, set) {
  const list = element("ol", { class: `layers ${network}` });
  const types = choices.layer_types,
    known = (type) => types.find((each) => each.type === type) ?? { settings: [] };
  const added = choice(
    `${network}-new-type`,
    types.map(({ type }) => type),
    types[0]?.type,
    () => {},
  );
  const add = button("Add", `${network}-add`, () => {
    const specs = specsOf();
    // The last layer makes the output: a new one comes before it.
    specs.splice(Math.max(0, specs.length - 1), 0, { type: added.value });
    opened = specs.length - 2;
    set(network, specs);
  });
  const suited = button("As suits the data", `${network}-default`, () => set(network, []));
  const fault = element("p", { class: "fault", hidden: true });
  const node = element(
    "details",
    {},
    element("summary", { "data-control": `section-${network}` }, TITLES[network]),
    list,
    fault,
    element("div", { class: "row new-layer" }, labelled("New layer", added), add, suited),
  );
  let opened = null,
    drawn = "";

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
    const { settings } = known(spec.type),
      name = `${network}-${place}`;
    const body = element(
      "div",
      { class: "fields", hidden: opened !== place },
      settings.map((setting) =>
        settingField(`${name}-${setting.name}`, setting, spec[setting.name], (value) =>
          change(specs.with(place, { ...spec, [setting.name]: value })),
        ),
      ),
    );
    const open = button(
      `${place + 1}. ${summary(spec, settings)}`,
      `${name}-open`,
      () => {
        opened = opened === place ? null : place;
        drawn = "";
        show();
        list.querySelector(`[data-control="${name}-open"]`)?.focus();
      },
      { class: "plain layer-name", "aria-expanded": String(opened === place), title: "Settings of this layer" },
    );
    const tool = (text, control, says, onclick, disabled) =>
      button(text, `${name}-${control}`, onclick, {
        class: "plain",
        title: says,
        "aria-label": `${says}: layer ${place + 1}`,
        disabled,
      });
    return element(
      "li",
      {},
      element(
        "div",
        { class: "layer-row" },
        open,
        tool("↑", "up", "Move up", moved(-1), place === 0),
        tool("↓", "down", "Move down", moved(1), place === specs.length - 1),
        tool("✕", "remove", "Remove", () => change(specs.toSpliced(place, 1), null), specs.length === 1),
      ),
      body,
    );
  }

  function show() {
    const specs = specsOf(),
      key = JSON.stringify([specs, opened, draft.names.includes(network)]);
    node.classList.toggle("waits", network in draft.waiting);
    suited.disabled = !(draft.get(network) ?? []).length;
    if (key === drawn) return;
    drawn = key;
    list.replaceChildren(
      ...(specs.length
        ? specs.map((spec, place) => row(spec, place, specs))
        : [element("li", { class: "quiet" }, "The layers that suit the data: see them after the new start.")]),
    );
  }

  /** The session names the network first: "generator, layer 2: ...". */
  function fail(name, text) {
    const own = Boolean(name?.startsWith(network));
    fault.hidden = !own;
    fault.textContent = own ? text : "";
    if (own) node.open = true;
    return own;
  }
  return { node, show, fail };
}

/** "Dense 64 relu": the type, and the settings that differ from the usual ones. */
function summary(spec, settings) {
  const words = settings
    .filter(({ kind, name }) => kind !== "bool" && name !== "kernel_initializer")
    .map(({ name, default: usual }) => [name, spec[name] ?? usual, usual])
    .filter(([name, value, usual]) => SIZES.has(name) || JSON.stringify(value) !== JSON.stringify(usual))
    .map(([, value]) => [value].flat().join("×"));
  return [spec.type, ...words].join(" ");
}
