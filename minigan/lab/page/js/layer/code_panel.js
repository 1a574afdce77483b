// Lines of a file of minigan, with their numbers; the lines that run are marked.

import { element } from "lab/ui/dom.js";
import { pythonLines } from "lab/layer/python_text.js";

/** A panel with source code {file, first, lines, running: [line numbers]}. */
export function codePanel({ file, first, lines, running = [] }) {
  const marked = new Set(running);
  const rows = pythonLines(lines).map((parts, place) => {
    const number = first + place,
      runs = marked.has(number);
    const words = parts.map(({ kind, text }) => element("span", { class: `python-${kind}` }, text));
    return element(
      "div",
      { class: runs ? "code-line running" : "code-line" },
      element("span", { class: "code-number", "aria-hidden": "true" }, String(number)),
      element("code", {}, ...words, runs ? element("span", { class: "unseen" }, " (runs now)") : "", "\n"),
    );
  });
  const box = element(
    "div",
    { class: "code-lines", role: "region", tabindex: 0, "aria-label": `Source: ${file}` },
    ...rows,
  );
  const panel = element("figure", { class: "code-panel" }, element("figcaption", {}, file), box);
  requestAnimationFrame(() => showLine(box, box.querySelector(".running")));
  return panel;
}

/** Scrolls the box, and nothing around it, so that the line is in its upper third. */
function showLine(box, line) {
  if (line) box.scrollTop = line.offsetTop - box.clientHeight / 3;
}
