// The sum that makes one number: its terms as a table, each a product of factors with their places.

import { element } from "lab/ui/dom.js";
import { format } from "lab/ui/numbers.js";

/** Rows that are shown before a person asks for all. */
const FIRST = 9;

/** "kernel[0, 2, 1]" */
export const entryName = (name, index) => (index.length ? `${name}[${index.join(", ")}]` : name);

/**
 * The table of an entry {quantity, index, total, terms, more}.
 *
 * point(factors)   called with the factors of the row under the pointer or focus, and with null after it
 */
export function entryTable({ quantity, index, total, terms, more }, point) {
  const size = terms.reduce((most, { value }) => Math.max(most, Math.abs(value)), 0) || 1;
  const widest = terms.reduce((most, { factors }) => Math.max(most, factors.length), 1);
  const rows = terms.map((term, place) => termRow(term, place, size, widest, point));
  const body = element("tbody", {}, ...rows.slice(0, FIRST));
  const left = rows.slice(FIRST);
  const table = element("table", { class: "entry-table" },
    element("caption", { class: "unseen" }, `The terms of ${entryName(quantity, index)}`), body,
    element("tfoot", {}, more ? wideRow(`and ${more} more terms, which the total has in it`, widest) : null,
      element("tr", { class: "entry-total" }, element("th", { scope: "row", colspan: widest * 2 }, terms.length > 1 ? "total" : "value"),
        element("td", {}, "="), element("td", { class: "number" }, format(total, 7)), element("td"))));
  return element("div", { class: "entry-sum" }, table, left.length ? allButton(terms.length, () => body.append(...left)) : null);
}

function termRow({ text, value, factors }, place, size, widest, point) {
  const cells = factors.length ? factors.flatMap((factor, at) => factorCells(factor, at)) : [element("td"), element("td", {}, text)];
  const missing = widest * 2 - cells.length;
  return element("tr", {
    class: "term", tabindex: "0", title: text, "data-control": `term-${place}`,
    onmouseenter: () => point(factors), onmouseleave: () => point(null), onfocus: () => point(factors), onblur: () => point(null),
  }, ...cells, missing > 0 ? element("td", { colspan: missing }) : null,
  element("td", {}, "="), element("td", { class: "number" }, format(value, 5)), barCell(value / size));
}

/** A sign and the factor: its number with its place under it. */
function factorCells({ name, index, value }, at) {
  return [element("td", { class: "sign" }, at ? "×" : ""),
    element("td", { class: "factor" }, element("span", { class: "number" }, format(value, 5)),
      element("small", {}, entryName(name, index)))];
}

/** How large a term is, beside the largest: to the left if negative. */
function barCell(share) {
  const width = `${Math.abs(share) * 50}%`;
  const bar = element("i", { style: share < 0 ? { right: "50%", width } : { left: "50%", width }, class: share < 0 ? "negative" : "positive" });
  return element("td", { class: "term-bar", "aria-hidden": "true" }, element("span", {}, bar));
}

const wideRow = (text, widest) => element("tr", {}, element("td", { colspan: widest * 2 + 3, class: "quiet" }, text));

function allButton(count, unfold) {
  const made = element("button", {
    type: "button", class: "plain", "data-control": "all-terms", onclick: () => { unfold(); made.remove(); },
  }, `Show all ${count} terms`);
  return made;
}
