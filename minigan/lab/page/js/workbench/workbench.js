// Workbench: one layer without a network, to edit by hand and to see forward, backward and the check follow.

import { element } from "lab/ui/dom.js";
import { button } from "lab/ui/fields.js";
import { entryPanel } from "lab/layer/entry_panel.js";
import { Bench } from "lab/workbench/bench.js";
import { checkTable } from "lab/workbench/check_table.js";
import { presetBar } from "lab/workbench/preset_bar.js";
import { mixedLike } from "lab/workbench/presets.js";
import { settingsForm } from "lab/workbench/settings_form.js";
import { stage } from "lab/workbench/stage.js";
import { walkButton } from "lab/workbench/walk.js";

const HINT =
  "Click a number of y, dx or a gradient, or move to it with the arrow keys and press Enter: the sum that makes it " +
  "stands here, and the numbers it comes from light up.";

const RECORDED =
  "The workbench computes with minigan itself. It works in a lab that runs on your machine: minigan lab.";

export const workbench = {
  id: "workbench",
  title: "Workbench",
  mount(root, lab) {
    if (lab.recorded) {
      root.append(element("h2", {}, "Workbench"), element("p", { class: "empty" }, RECORDED));
      return () => {};
    }
    const panel = entryPanel(HINT),
      checks = element("section", { class: "bench-check" });
    const fault = element("p", { class: "bench-fault", role: "status" });
    const bench = new Bench(lab, draw);
    const form = settingsForm((spec) => {
      walk.stop();
      bench.choose(spec);
    });
    const presets = presetBar(bench);
    const arrays = stage({
      edit: (name, place, number) => bench.edit(name, place, number),
      pick: (name, index) => {
        walk.stop();
        bench.pick({ quantity: name, index });
      },
    });
    const walk = walkButton({ count: () => bench.outputs(), pick: (place) => bench.pickOutput(place) });
    const dyButtons = [
      button("dy: all 1", "dy-ones", () => bench.edit("dy", null, 1)),
      button("dy: mixed", "dy-mixed", () => bench.put("dy", mixedLike(bench.answer.dy))),
    ];

    function point(factors) {
      const strong = {};
      for (const { array, index } of factors ?? []) if (array) (strong[array] ??= []).push(index);
      light(strong);
    }

    function light(strong = {}) {
      const { entry } = bench.answer;
      const own = entry ? { [entry.quantity]: [entry.index] } : {};
      const names = new Set([...Object.keys(own), ...Object.keys(strong)]);
      arrays.light(
        entry?.sources ?? {},
        Object.fromEntries([...names].map((name) => [name, [...(own[name] ?? []), ...(strong[name] ?? [])]])),
      );
    }

    function draw(answer) {
      form.show(bench.spec);
      presets.show(bench);
      fault.textContent = answer.error ?? "";
      if (answer.error) return;
      arrays.draw(bench.arrays(), bench.editable());
      checks.replaceChildren(checkTable(answer.check));
      if (answer.entry) panel.show(answer.entry, point);
      else panel.clear();
      light();
    }

    root.append(
      element(
        "header",
        { class: "bench-head" },
        element("h2", {}, "Workbench"),
        element(
          "p",
          { class: "quiet" },
          "One layer, without a network. Change any number: forward, backward and the check follow at once.",
        ),
      ),
      element(
        "div",
        { class: "bench-controls" },
        form.node,
        presets.node,
        element("div", { class: "row" }, walk.node, dyButtons),
      ),
      fault,
      element("div", { class: "bench" }, arrays.node, element("div", { class: "bench-side" }, panel.node, checks)),
    );
    bench.refresh();
    return () => {
      walk.stop();
      bench.end();
      arrays.end();
    };
  },
};
