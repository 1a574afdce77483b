// "Move it by h": the loss with a number a little smaller and larger, and the slope between, beside the gradient.

import { drawn, element } from "lab/ui/dom.js";
import { format } from "lab/ui/numbers.js";
import { entryName } from "lab/layer/entry_table.js";

/** The panel of {of, index, h, minus, plus, left, right, slope, kink, gradient}. */
export function movedPanel({ of, index, h, minus, plus, left, right, slope, kink, gradient }) {
  const name = entryName(of, index);
  return element(
    "section",
    { class: "moved", "aria-label": "Move it by h" },
    element("h4", {}, "Move it by h"),
    element(
      "p",
      {},
      "Make ",
      element("code", {}, name),
      ` smaller and larger by h = ${format(h, 2)}, run forward each time, and look at `,
      element("i", {}, "L"),
      ".",
    ),
    element(
      "div",
      { class: "moved-parts" },
      slopePicture(minus, plus),
      element(
        "dl",
        {},
        ...pair(`L at ${of} − h`, format(minus, 8)),
        ...pair(`L at ${of} + h`, format(plus, 8)),
        ...pair("slope measured", format(slope, 6), "strong"),
        ...pair("gradient by hand", format(gradient, 6), "strong"),
      ),
    ),
    element("p", { class: "moved-verdict" }, kink ? atKink(left, right) : verdict(slope, gradient)),
  );
}

function pair(term, text, kind = "") {
  return [element("dt", { class: kind }, term), element("dd", { class: `number ${kind}` }, text)];
}

/** How close the measured slope is to the gradient, in words. */
function verdict(slope, gradient) {
  const apart = Math.abs(slope - gradient),
    size = Math.max(Math.abs(slope), Math.abs(gradient));
  if (apart === 0) return "They are equal.";
  return `They differ by ${format(apart, 2)}${size > 0 ? `, which is ${format(apart / size, 2)} of their size` : ""}.`;
}

/** What to say where there is no slope: each side has its own. */
function atKink(left, right) {
  const slopes = `the slope is ${format(left, 4)} on its left and ${format(right, 4)} on its right`;
  return `The number is at a kink: ${slopes}. The gradient is a choice.`;
}

/** Two points and the line through them; only the direction is to scale. */
function slopePicture(minus, plus) {
  const rise = plus - minus,
    share = Math.sign(rise) * (rise === 0 ? 0 : 26);
  const [left, right] = [45 + share, 45 - share];
  const run = (right - left) / 80;
  return drawn(
    "svg",
    { class: "slope", viewBox: "0 0 140 90", "aria-hidden": "true" },
    drawn("path", { class: "axis", d: "M8 84 H132" }),
    drawn("path", { class: "drop", d: `M30 84 V${left} M110 84 V${right}` }),
    drawn("path", { class: "line", d: `M10 ${left - 20 * run} L130 ${right + 20 * run}` }),
    drawn("circle", { cx: 30, cy: left, r: 4.5 }),
    drawn("circle", { cx: 110, cy: right, r: 4.5 }),
    drawn("text", { x: 30, y: left - 9, "text-anchor": "middle" }, "− h"),
    drawn("text", { x: 110, y: right - 9, "text-anchor": "middle" }, "+ h"),
  );
}
