// The check: every gradient by hand beside the slope that was measured.

import { element } from "lab/ui/dom.js";
import { format } from "lab/ui/numbers.js";

/** An error below this is rounding. */
const SMALL = 1e-4;

/** The table of [{name, error, kinks}]: the largest difference, as a share, and the numbers that have no slope. */
export function checkTable(checks) {
  const rows = checks.map(({ name, error, kinks }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, element("code", {}, name)),
      element("td", { class: "numbers" }, format(error, 2)),
      element(
        "td",
        { class: error < SMALL ? "of-generator" : "wrong" },
        error < SMALL ? "✓ true" : "✗ wrong",
        kinks > 0 && element("span", { class: "quiet" }, ` (${kinks} at a kink, left out)`),
      ),
    ),
  );
  return element(
    "table",
    { class: "check-table" },
    element("caption", {}, "Check: each gradient beside the slope measured by moving each number"),
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        ...["gradient", "largest difference", "verdict"].map((text) => element("th", { scope: "col" }, text)),
      ),
    ),
    element("tbody", {}, ...rows),
  );
}
