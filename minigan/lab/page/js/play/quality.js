// How good the generated points are, in numbers and over the rounds: modes, KL and JS divergence.

import { chart } from "lab/ui/chart.js";
import { colour } from "lab/ui/colours.js";
import { element, setText } from "lab/ui/dom.js";
import { info } from "lab/ui/info.js";
import { format } from "lab/ui/numbers.js";
import { ABOUT } from "lab/play/about.js";
import { plain } from "lab/play/charts.js";
import { histogram } from "lab/play/histogram.js";

/** The card of the quality of points; {node, end}. It is hidden for images. */
export function quality(lab) {
  const modes = element("output", { class: "large numbers" }),
    good = element("output", { class: "quiet numbers" });
  const kl = element("output", { class: "large numbers" }),
    js = element("output", { class: "large numbers" });
  const floor = element("output", { class: "quiet numbers" });
  const bars = element("div", { class: "modes", role: "img", "aria-label": "Good points of each mode" });
  const values = histogram(lab);
  const divergences = chart({
    title: "KL and JS over the rounds",
    control: "divergence",
    about: ABOUT.divergence,
    height: 110,
    range: [0, null],
    lines: [
      { name: "kl", label: "KL", colour: () => colour("generated") },
      { name: "js", label: "JS", colour: () => colour("real"), dash: [5, 3] },
    ],
  });
  const ofModes = element(
    "div",
    { class: "tool" },
    element("h3", {}, "Modes covered ", info("the coverage", ABOUT.modes)),
    modes,
    good,
    bars,
  );
  const node = element(
    "section",
    { class: "card quality-card", "aria-label": "Quality of the points" },
    element("header", {}, element("h2", {}, "How good are the generated points?")),
    element(
      "div",
      { class: "image-tools" },
      ofModes,
      element(
        "div",
        { class: "tool" },
        element("h3", {}, "KL and JS divergence ", info("KL and JS", ABOUT.divergence)),
        element("p", {}, "KL ", kl, " JS ", js),
        floor,
      ),
      values.node,
    ),
    divergences.node,
  );

  const now = lab.watchSeen(
    node,
    () => ({ quality: ["quality", {}], curves: ["curves", { points: 300 }] }),
    ({ quality: found, curves }) => {
      ofModes.hidden = found.of === null;
      setText(modes, `${found.modes} of ${found.of}`);
      setText(good, `${format(100 * found.good, 3)}% of ${found.count} points are good`);
      setText(kl, format(found.kl, 3));
      setText(js, format(found.js, 3));
      setText(
        floor,
        found.js_real
          ? `As many real points have KL ${format(found.kl_real, 2)} and JS ${format(found.js_real, 2)}.`
          : "",
      );
      showModes(bars, found.per_mode?.data);
      divergences.update(plain(curves.quality));
    },
    700,
  );
  const end = lab.onState(({ kind }) => {
    node.hidden = kind === "images";
  });
  return {
    node,
    end: () => {
      end();
      now.end();
      values.end();
      divergences.end();
    },
  };
}

/** A bar for each mode: how many good points it got. */
function showModes(bars, counts) {
  if (!counts) return;
  while (bars.children.length > counts.length) bars.lastChild.remove();
  while (bars.children.length < counts.length) bars.append(element("i"));
  const most = Math.max(...counts, 1);
  counts.forEach((count, i) => {
    bars.children[i].style.height = `${Math.max(2, (100 * count) / most)}%`;
  });
  bars.setAttribute("aria-label", `Good points of each mode: ${Array.from(counts).join(", ")}`);
}
