// The form of the set-up: data, networks, training. What needs a new start waits for the button.

import { element, setText } from "lab/ui/dom.js";
import { button } from "lab/ui/fields.js";
import { tell } from "lab/ui/notice.js";
import { dataSection } from "lab/play/data_form.js";
import { Draft } from "lab/play/draft.js";
import { layerList } from "lab/play/layer_list.js";
import { LABELS, trainingSection } from "lab/play/settings.js";

/** Where the part is narrower than this the form lies above the picture, and is folded: the same as in play.css. */
const NARROW = 1150;

/** The card of the set-up; returns {node, end}. */
export function form(lab) {
  const draft = new Draft(lab);
  const fault = element("p", { class: "fault", role: "alert", hidden: true });
  const waits = element("p", {});
  const start = button("Start again with these", "choose", begin, { class: "main" });
  const undo = button("Undo", "undo", () => draft.undo());
  const pending = element(
    "div",
    { class: "pending", hidden: true },
    waits,
    element("div", { class: "row" }, start, undo),
  );
  const body = element("div", { class: "sections", id: "set-up-sections" });
  const summary = element("p", { class: "quiet" }),
    run = element("p", { class: "quiet", hidden: true });
  const fold = button(
    "",
    "set-up",
    () => {
      body.hidden = !body.hidden;
      showFold();
    },
    { "aria-controls": "set-up-sections" },
  );
  const showFold = () => {
    setText(fold, body.hidden ? "Change" : "Fold");
    fold.setAttribute("aria-expanded", String(!body.hidden));
    summary.hidden = !body.hidden;
  };
  const node = element(
    "section",
    { class: "card form-card", "aria-label": "Set-up" },
    element("header", {}, element("h2", {}, "Set-up"), summary, fold),
    pending,
    fault,
    run,
    body,
  );
  let sections = [],
    ended = false,
    narrow = null;

  /** Folds and unfolds it when the room for it changes: a tour may take a part of the width. */
  const widths = new ResizeObserver(([{ contentRect }]) => {
    const now = contentRect.width <= NARROW;
    if (now === narrow) return;
    body.hidden = narrow = now;
    showFold();
  });

  /** A data set may have to be downloaded first: the button says that the lab is at work. */
  async function begin() {
    start.disabled = true;
    setText(start, "Starting ...");
    await draft.start().catch(show);
    start.disabled = false;
    setText(start, "Start again with these");
  }

  /** The session's words beside the field that they name, or else at the button. */
  function show(error) {
    for (const { fail } of sections) fail?.(null);
    const text = error?.message ?? "";
    const [name] = text.split(":");
    const placed = sections.some(({ fail }) => error && fail?.(name, text));
    fault.hidden = !error || placed;
    setText(fault, placed ? "" : text);
  }

  const set = (name, value) =>
    draft.set(name, value).then(
      () => show(null),
      (error) => {
        show(error);
        refresh();
      },
    );

  function refresh() {
    const { names } = draft;
    pending.hidden = !names.length;
    setText(waits, `Changed, and waiting for a new start: ${names.map((name) => LABELS[name] ?? name).join(", ")}.`);
    const [data, loss, optimizer, seed] = ["data", "loss", "optimizer", "seed"].map((name) => draft.get(name));
    setText(summary, `${data}, ${loss} loss, ${optimizer}, seed ${seed}`);
    for (const section of sections) section.show();
  }

  async function build() {
    const choices = await lab.view("choices");
    if (ended) return;
    draft.defaults = choices.defaults;
    sections = [
      dataSection(draft, choices, set),
      layerList("generator", draft, choices, set),
      layerList("discriminator", draft, choices, set),
      trainingSection(draft, choices, set),
    ];
    body.replaceChildren(...sections.map(({ node: each }) => each));
    refresh();
  }

  showFold();
  widths.observe(document.getElementById("panel"));
  draft.onChange(() => {
    show(null);
    refresh();
  });
  let known = "",
    built = false;
  const end = lab.onState((state) => {
    run.hidden = !state.run;
    if (state.run)
      setText(
        run,
        `This is the run ${state.run.path}. The lab trains it further in memory and writes nothing into its folder. ` +
          "The settings of a run stay as they are; other settings begin a new training.",
      );
    if (!built) {
      built = true;
      build().catch(tell);
    }
    const key = JSON.stringify([state.setup, state.session]);
    if (key === known) return;
    known = key;
    draft.keep(draft.waiting);
    refresh();
  });
  return {
    node,
    end: () => {
      ended = true;
      end();
      widths.disconnect();
      for (const section of sections) section.end?.();
    },
  };
}
