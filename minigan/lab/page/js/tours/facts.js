// The numbers that a step speaks of, measured in the session as it is now.

import { element, setText } from "lab/ui/dom.js";
import { format } from "lab/ui/numbers.js";

/** The number at a path such as "entry.value" or "per_mode.0" of a view. */
function numberAt(view, path) {
  const found = path.split(".").reduce((value, key) => (value?.dtype ? value.data : value)?.[key], view);
  return typeof found === "number" ? found : null;
}

/** A number as text: a share as percent where `unit` says so, with `digits` digits. */
function written(number, { unit, digits = 4 }) {
  return unit === "%" && number !== null ? `${format(100 * number, 3)} %` : format(number, digits);
}

/** What the tour expects of a number, in words; nothing for a number that is only to be looked at. */
function expected(fact) {
  const { least, most, same_as: same, other_than: other } = fact;
  if (same) return `the same as in step ${same}`;
  if (other) return `other than in step ${other}`;
  if (least === undefined && most === undefined) return "";
  if (least === most) return `exactly ${written(least, fact)}`;
  if (least === undefined) return `at most ${written(most, fact)}`;
  if (most === undefined) return `at least ${written(least, fact)}`;
  return `${written(least, fact)} to ${written(most, fact)}`;
}

/** The list of facts of a step, kept up to date; returns {node, end()}. */
export function factList(lab, facts) {
  const values = facts.map(() => element("td", { class: "numbers" }, "–"));
  const rows = facts.map((fact, place) => element("tr", {},
    element("th", { scope: "row" }, fact.text), values[place], element("td", { class: "quiet" }, expected(fact))));
  const heads = ["Measured", "now", "the tour expects"].map((text) => element("th", { scope: "col" }, text));
  const node = element("table", { class: "tour-facts", hidden: !facts.length },
    element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
  const watch = lab.watch(
    () => Object.fromEntries(facts.map(({ view, with: options = {} }, place) => [place, [view, options]])),
    (views) => facts.forEach((fact, place) => setText(values[place], written(numberAt(views[place], fact.path), fact))),
    () => facts.length > 0,
  );
  return { node, end: watch.end };
}
