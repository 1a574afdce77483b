// A sum as a table: a row for each term, with its factors and their places.

import { element } from "lab/ui/dom.js";
import { format } from "lab/ui/numbers.js";

/** Rows that are shown before a person asks for all. */
const FIRST = 10;

/** "kernel[0, 2, 1]" */
export const entryName = (name, index) => (index.length ? `${name}[${index.join(", ")}]` : name);

/**
 * The table of a sum {quantity, index, total, terms, more}.
 *
 * point(factors)   called with the factors of the row under the pointer or focus, and with null after it
 */
export function entryTable({ quantity, index, total, terms, more }, point) {
  const size = terms.reduce((most, { value }) => Math.max(most, Math.abs(value)), 0) || 1;
  const widest = Math.max(1, ...terms.map((term) => (isProduct(term) ? term.factors.length : 1)));
  const rows = terms.map((term) => termRow(term, size, widest, point));
  const body = element("tbody", {}, ...rows.slice(0, FIRST)),
    folded = rows.slice(FIRST);
  const table = element(
    "table",
    { class: "entry-table" },
    element("caption", { class: "unseen" }, `The terms of ${entryName(quantity, index)}`),
    body,
    element(
      "tfoot",
      {},
      more > 0 && wideRow(`and ${more} more terms, which are in the total, too`, widest),
      terms.length !== 1 && totalRow(total, widest),
    ),
  );
  return element(
    "div",
    { class: "entry-sum" },
    table,
    folded.length > 0 && allButton(terms.length, () => body.append(...folded)),
  );
}

/** Whether a term is its factors multiplied, and nothing else. */
const isProduct = ({ text, factors }) => text === factors.map(({ name, index }) => entryName(name, index)).join(" * ");

function termRow(term, size, widest, point) {
  const show = () => point(term.factors),
    hide = () => point(null);
  return element(
    "tr",
    { class: "term", tabindex: "0", onmouseenter: show, onmouseleave: hide, onfocus: show, onblur: hide },
    ...madeOf(term, widest),
    element("td", { class: "sign" }, "="),
    element("td", { class: "number" }, format(term.value, 5)),
    barCell(term.value / size),
  );
}

/** The cells that say how a term is made, as many as two for each factor. */
function madeOf(term, widest) {
  if (!isProduct(term)) return [element("td", { class: "sign" }), formCell(term, widest * 2 - 1)];
  const cells = term.factors.flatMap(factorCells),
    missing = widest * 2 - cells.length;
  return missing > 0 ? [...cells, element("td", { colspan: missing })] : cells;
}

/** A sign and the factor: its number, and its place under it. */
function factorCells({ name, index, value }, at) {
  return [
    element("td", { class: "sign" }, at > 0 && "×"),
    element(
      "td",
      { class: "factor" },
      element("span", { class: "number" }, format(value, 5)),
      element("small", {}, entryName(name, index)),
    ),
  ];
}

/** A term that is no product: how it is made, and the numbers in it. */
function formCell({ text, factors }, columns) {
  const numbers = factors.map(({ name, index, value }) => `${entryName(name, index)} = ${format(value, 5)}`);
  return element(
    "td",
    { class: "factor form", colspan: columns },
    element("code", {}, text),
    element("small", {}, numbers.join(", ")),
  );
}

/** How large a term is, beside the largest: to the left if negative. */
function barCell(share) {
  const side = share < 0 ? "right" : "left";
  const bar = element("i", {
    style: { [side]: "50%", width: `${Math.abs(share) * 50}%` },
    class: share < 0 && "negative",
  });
  return element("td", { class: "term-bar", "aria-hidden": "true" }, element("span", {}, bar));
}

const totalRow = (total, widest) =>
  element(
    "tr",
    { class: "entry-total" },
    element("th", { scope: "row", colspan: widest * 2 }, "total"),
    element("td", { class: "sign" }, "="),
    element("td", { class: "number" }, format(total, 7)),
    element("td"),
  );

const wideRow = (text, widest) => element("tr", {}, element("td", { colspan: widest * 2 + 3, class: "quiet" }, text));

function allButton(count, unfold) {
  const made = element(
    "button",
    {
      type: "button",
      class: "plain",
      "data-control": "all-terms",
      onclick: () => {
        unfold();
        made.remove();
      },
    },
    `Show ${count} terms`,
  );
  return made;
}
