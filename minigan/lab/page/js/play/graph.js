// The two networks as a graph: noise -> G -> generated, data -> real -> D -> loss, with the flow of the running step.

import { drawn, element, setText } from "lab/ui/dom.js";
import { info } from "lab/ui/info.js";
import { format } from "lab/ui/numbers.js";
import { ABOUT } from "lab/play/about.js";
import { Flow } from "lab/play/flow.js";
import { layout } from "lab/play/layout.js";

/** Narrower boxes have no name in them; in the others a letter has this width, or less where a name is long. */
const SHORT = 12,
  LETTER = 6.8,
  LONGEST = 16,
  ROOM = 8;

/** The card of the graph; returns {node, end}. */
export function graph(lab) {
  const place = element("div", { class: "graph" });
  const caption = element("p", { class: "quiet caption", "aria-live": "off" });
  const node = element(
    "section",
    { class: "card graph-card", "aria-label": "The two networks" },
    element("header", {}, element("h2", {}, "The two networks"), info("this graph", ABOUT.graph)),
    place,
    caption,
  );
  const flow = new Flow(caption);
  let drawnFor = "",
    loss = null;

  function draw() {
    const state = lab.state,
      width = place.clientWidth;
    if (!state?.networks || !width) return;
    const key = `${Object.values(state.networks).flat().map(keyOf).join()} ${width}`;
    if (key === drawnFor) return;
    drawnFor = key;
    const plan = layout(state.networks, width);
    const svg = drawn("svg", {
      viewBox: `0 0 ${width} ${plan.height}`,
      width,
      height: plan.height,
      role: "group",
      "aria-label": "Noise goes through G to generated samples; D judges real and generated samples; the loss follows",
    });
    svg.append(...plan.boxes.map(network), ...plan.paths.map(({ d }) => drawn("path", { d, class: "wire" })));
    flow.take(svg, plan.paths);
    svg.append(...plan.nodes.map(valueNode), ...plan.layers.map(layerBox));
    loss = svg.querySelector(".loss .formula");
    place.replaceChildren(svg);
  }

  const sizes = new ResizeObserver(draw);
  sizes.observe(place);
  let before = null;
  const end = lab.onState((state) => {
    draw();
    if (loss) setText(loss, `D ${format(state.metrics?.d_loss, 3)}  G ${format(state.metrics?.g_loss, 3)}`);
    flow.follow(before, state);
    before = { session: state.session, step: state.step, d_done: state.d_done, place: state.place };
  });
  return {
    node,
    end: () => {
      end();
      sizes.disconnect();
      flow.end();
    },
  };
}

/** What is drawn of a layer: a state comes many times a second, so that this is short. */
const keyOf = ({ type, settings, input_shape: from, output_shape: to }) => `${type} ${settings} ${from} ${to}`;

/** The frame around the layers of a network. */
function network({ name, title, x, y, width, height }) {
  return drawn(
    "g",
    { class: `network ${name}` },
    drawn("rect", { x, y, width, height, rx: 8 }),
    text(title, x + width / 2, y - 6, "title"),
  );
}

/** Noise, data, generated samples, and the losses. */
function valueNode({ id, title, formula, x, y, width, height }) {
  return drawn(
    "g",
    { class: `value ${id}` },
    drawn("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: height / 2 }),
    text(title, x, y - height / 2 - 5, "title"),
    text(formula, x, y + 5, "formula"),
  );
}

/** A layer: a button that opens its inside. */
function layerBox({ network: of, layer, x, y, width, height }) {
  const open = () =>
    document.dispatchEvent(new CustomEvent("open-layer", { detail: { network: of, layer: layer.index } }));
  const shape = (size) => `(${size.join(", ")})`;
  const said =
    `${of}, layer ${layer.index + 1}: ${layer.type}${layer.settings ? `, ${layer.settings}` : ""}, ` +
    `${shape(layer.input_shape)} to ${shape(layer.output_shape)}, ${layer.parameters} parameters`;
  const box = drawn(
    "g",
    {
      class: `layer ${of}`,
      role: "button",
      tabindex: "0",
      "aria-label": `${said}. Look inside`,
      "data-control": `graph-${of}-${layer.index}`,
      onclick: open,
      onkeydown: (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          event.stopPropagation();
          open();
        }
      },
    },
    drawn("title", {}, `${said}\nClick to look inside`),
    drawn("rect", { x, y, width, height, rx: 4 }),
  );
  if (width > SHORT) {
    const middle = x + width / 2,
      name = nameOf(layer, height),
      room = height - ROOM,
      squeezed = name.length * LETTER > room && { textLength: room, lengthAdjust: "spacingAndGlyphs" };
    box.append(
      drawn(
        "text",
        { transform: `translate(${middle + 4}, ${y + height / 2}) rotate(-90)`, "text-anchor": "middle", ...squeezed },
        name,
      ),
    );
  }
  return box;
}

/** "Dense 64": the type, with the size of the output where it fits. */
function nameOf({ type, output_shape: shape }, height) {
  const long = `${type} ${shape.join("×")}`;
  return long.length * LETTER <= height - ROOM ? long : type.slice(0, LONGEST);
}

function text(content, x, y, kind) {
  const node = drawn("text", { x, y, "text-anchor": "middle", class: kind });
  node.textContent = content;
  return node;
}
