// The numbers of all rounds as charts.

import { chart } from "lab/ui/chart.js";
import { colour, parts } from "lab/ui/colours.js";
import { element } from "lab/ui/dom.js";
import { ABOUT, lossFormulas } from "lab/play/about.js";

const LOG2 = Math.log(2);

/** D's and G's loss where D can only guess, by the loss. */
const OPTIMA = {
  "non-saturating": [
    [2 * LOG2, "log 4", "discriminator"],
    [LOG2, "log 2", "generator-text"],
  ],
  minimax: [
    [2 * LOG2, "log 4", "discriminator"],
    [-LOG2, "−log 2", "generator-text"],
  ],
  "least-squares": [
    [0.25, "1/4", "discriminator"],
    [0.125, "1/8", "generator-text"],
  ],
  hinge: [[2, "2", "discriminator"]],
  wasserstein: [[0, "0", "discriminator"]],
};

const of = (name) => () => colour(name);
const ofD = of("discriminator"),
  ofG = of("generator"),
  ofReal = of("real"),
  ofFake = of("generated");

/** The charts that every kind of data has, from the view "curves"; returns {node, end}. */
export function charts(lab) {
  const optima = () => {
    const setup = lab.state?.setup;
    return setup && !setup.label_smoothing ? (OPTIMA[setup.loss] ?? []) : [];
  };
  const all = [
    chart({
      title: "Losses",
      control: "losses",
      about: () => lossFormulas(lab.state?.setup.loss),
      limits: optima,
      height: 150,
      lines: [
        { name: "d_loss", label: "D", colour: ofD },
        { name: "g_loss", label: "G", colour: ofG },
      ],
    }),
    chart({
      title: "What D says",
      control: "outputs",
      about: ABOUT.outputs,
      lines: [
        { name: "d_real", label: "D(x)", colour: ofReal },
        { name: "d_fake", label: "D(G(z))", colour: ofFake },
      ],
      limits: () => (scoring(lab) ? [] : [[0.5, "1/2", "quiet"]]),
    }),
    chart({
      title: "D is right",
      control: "accuracies",
      about: ABOUT.accuracies,
      range: [-0.02, 1.04],
      lines: [
        { name: "real_accuracy", label: "real", colour: ofReal },
        { name: "fake_accuracy", label: "generated", colour: ofFake },
      ],
    }),
  ];
  const norms = chart({
    title: "Gradients by layer",
    control: "norms",
    about: ABOUT.norms,
    logarithmic: true,
    height: 150,
    lines: [],
  });
  let layers = "";
  const node = element(
    "div",
    { class: "charts" },
    all.map(({ node: each }) => each),
    norms.node,
  );
  const watching = lab.watchSeen(
    node,
    () => ({ curves: ["curves", { points: 600 }] }),
    ({ curves }) => {
      const data = plain(curves);
      for (const each of all) each.update(data);
      const names = Object.keys(curves.layers ?? {});
      if (names.join() !== layers) {
        layers = names.join();
        norms.setLines(linesOf(names));
      }
      norms.update({ step: data.step, ...plain(curves.layers ?? {}) });
    },
    200,
  );
  return {
    node,
    end: () => {
      watching.end();
      for (const each of [...all, norms]) each.end();
    },
  };
}

/** Losses whose D gives scores, not probabilities. */
const scoring = (lab) => ["wasserstein", "hinge", "least-squares"].includes(lab.state?.setup.loss);

/** The arrays of a view as plain ones. */
export function plain(view) {
  return Object.fromEntries(
    Object.entries(view)
      .filter(([, value]) => value?.data)
      .map(([name, { data }]) => [name, data]),
  );
}

/** A line for each layer: D's in tones of black, G's in tones of green, both paler from the first layer to the last. */
function linesOf(names) {
  const network = (name) => name.split("/")[0];
  return names.map((name) => {
    const own = names.filter((other) => network(other) === network(name)),
      share = own.indexOf(name) / Math.max(1, own.length);
    const isG = network(name) === "generator";
    return {
      name,
      label: `${isG ? "G" : "D"} ${name.split("/").slice(1).join("/")}`,
      colour: () => mixedWith(isG ? "generator" : "discriminator", share * 0.7),
      dash: isG ? undefined : [4, 3],
    };
  });
}

function mixedWith(name, share) {
  const own = parts(colour(name)),
    ground = parts(colour("ground"));
  return `rgb(${own.map((value, i) => Math.round(value + (ground[i] - value) * share)).join()})`;
}
