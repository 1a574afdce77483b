// A matrix of numbers to edit: each cell is a field, and arrow keys move between the cells.

import { element } from "lab/ui/dom.js";
import { diverging, divergingOf, inkOn, onTheme } from "lab/ui/colours.js";
import { format } from "lab/ui/numbers.js";

const KEYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Enter: [1, 0] };

/**
 * An editor named `label`; onEdit(row, column, number) is called while a person types numbers.
 * Returns {node, update(values), highlight(cells, strong), end()}.
 */
export function numberEditor({ label, control, onEdit }) {
  const table = element("table", {
    class: "number-editor",
    "aria-label": `${label}, numbers to edit`,
    "data-control": control,
  });
  let fields = [],
    values = null;

  const cell = (row, column) =>
    element("input", {
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": `${label}, row ${row}, column ${column}`,
      "data-control": `${control}-${row}-${column}`,
      oninput: (event) => typed(event.target, row, column),
      onblur: ({ target }) => write(target, row, column),
      onfocus: ({ target }) => target.select(),
      onkeydown: (event) => move(event, row, column),
    });

  function typed(field, row, column) {
    const number = Number(field.value.replace(",", ".").replace("−", "-"));
    const wrong = field.value.trim() === "" || !Number.isFinite(number);
    field.setAttribute("aria-invalid", String(wrong));
    if (!wrong) onEdit(row, column, number);
  }

  function write(field, row, column) {
    field.value = format(values.data[row * values.shape[1] + column], 3);
    field.removeAttribute("aria-invalid");
  }

  function move(event, row, column) {
    if (!(event.key in KEYS) || !leaves(event.target, event.key)) return;
    const [down, right] = KEYS[event.key],
      next = fields[row + down]?.[column + right];
    event.preventDefault();
    next?.focus();
  }

  /** Draws again what has changed; the cell in which one types keeps its text. */
  function update(newValues) {
    const [rows, columns] = newValues.shape;
    if (fields.length !== rows || fields[0].length !== columns) {
      fields = Array.from({ length: rows }, (_, row) =>
        Array.from({ length: columns }, (__, column) => cell(row, column)),
      );
      table.replaceChildren(
        element(
          "tbody",
          {},
          ...fields.map((line) => element("tr", {}, ...line.map((field) => element("td", {}, field)))),
        ),
      );
    }
    values = newValues;
    each((field, row, column) => {
      if (field !== document.activeElement) write(field, row, column);
    });
    paint();
  }

  function paint() {
    const limit = values.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    each((field, row, column) => {
      const value = values.data[row * values.shape[1] + column];
      field.style.setProperty("--shade", diverging(value, limit));
      field.style.setProperty("--ink", inkOn(divergingOf(value, limit)));
    });
  }

  const each = (act) => fields.forEach((line, row) => line.forEach((field, column) => act(field, row, column)));
  const endTheme = onTheme(() => {
    if (values) paint();
  });
  return {
    node: table,
    update,
    end: endTheme,
    highlight(cells, strong = []) {
      table.classList.toggle("lit", cells.length > 0);
      const among = (places, row, column) => places.some(([r, c]) => r === row && c === column);
      each((field, row, column) => {
        field.classList.toggle("source", among(cells, row, column));
        field.classList.toggle("strong", among(strong, row, column));
      });
    },
  };
}

/** Whether an arrow key leaves the field: inside its text the cursor moves first. */
function leaves({ value, selectionStart, selectionEnd }, key) {
  const all = selectionStart === 0 && selectionEnd === value.length;
  if (key === "ArrowLeft") return all || selectionEnd === 0;
  if (key === "ArrowRight") return all || selectionStart === value.length;
  return true;
}
