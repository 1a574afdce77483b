// Buttons that put an image into x, and a kernel of 3 x 3 into the layer.

import { element } from "lab/ui/dom.js";
import { button } from "lab/ui/fields.js";
import { ofRows } from "lab/workbench/matrix.js";
import { IMAGES, KERNELS } from "lab/workbench/presets.js";

/** Returns {node, show(bench)}: kernels are offered where the layer has one of 3 x 3. */
export function presetBar(bench) {
  const images = group("image", IMAGES, (rows) => bench.put("x", ofRows(rows)));
  const kernels = group("kernel", KERNELS, (rows) =>
    bench.put("kernel", { shape: bench.answer.parameters.kernel.value.shape, data: rows.flat() }),
  );
  return {
    node: element("div", { class: "bench-presets" }, images, kernels),
    show({ spec }) {
      kernels.hidden = spec.kernel_size !== 3;
    },
  };
}

function group(kind, presets, put) {
  const buttons = Object.entries(presets).map(([name, rows]) =>
    button(name, `${kind}-${name.replaceAll(" ", "-")}`, () => put(rows), { class: "preset" }),
  );
  return element(
    "div",
    { class: "row", role: "group", "aria-label": `Ready-made ${kind}s` },
    element("span", { class: "quiet" }, kind),
    ...buttons,
  );
}
