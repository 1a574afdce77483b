// The choice of the data: a name, points drawn by hand, a folder of pictures, or a trained start.

import { element, setText } from "lab/ui/dom.js";
import { choice, labelled, setOptions } from "lab/ui/fields.js";
import { drawing } from "lab/play/drawing.js";

const FOLDER = "folder:",
  DRAWN = "drawn",
  UNTRAINED = "untrained networks";

/** {node, show, end}. */
export function dataSection(draft, choices, set) {
  const named = choices.data.filter(({ name }) => !name.startsWith("folder") && name !== DRAWN);
  const options = [
    ...named.map(({ name, title }) => [name, title ?? name]),
    [DRAWN, "Points drawn by hand"],
    [FOLDER, "A folder of pictures"],
  ];
  const select = choice("data", options, "", choose);
  const text = element("p", { class: "quiet" });
  const path = element("input", {
    type: "text",
    "data-control": "folder",
    placeholder: "/home/me/pictures",
    onchange: () => take("folder", { data: FOLDER + path.value.trim() }),
  });
  const folder = labelled("The folder's path on this computer", path);
  const points = drawing((drawn) => set("drawn", drawn));
  const networks = networksOf(draft, choices),
    starts = startsOf(draft, choices);
  const node = element(
    "details",
    { open: true },
    element("summary", { "data-control": "section-data" }, "Data and networks"),
    labelled("Data set", select),
    text,
    points.node,
    folder,
    starts.node,
    networks.node,
  );

  /** The set-up that suits the data waits; the seed stays. */
  function choose(name) {
    if (name === FOLDER) {
      folder.hidden = false;
      path.focus();
      return;
    }
    take(name, name === DRAWN ? { drawn: points.start() } : {});
  }

  function take(name, own) {
    draft.take({ ...choices.defaults[name], seed: draft.get("seed"), ...own });
  }

  return {
    node,
    end: points.end,
    show() {
      const data = draft.get("data"),
        isFolder = data.startsWith(FOLDER);
      if (!isFolder || folder.hidden) select.value = isFolder ? FOLDER : data;
      folder.hidden = !isFolder && select.value !== FOLDER;
      if (isFolder && document.activeElement !== path) path.value = data.slice(FOLDER.length);
      points.node.hidden = data !== DRAWN;
      points.show(draft.get("drawn") ?? []);
      select.closest(".field").classList.toggle("waits", "data" in draft.waiting);
      setText(text, choices.data.find(({ name }) => name === data)?.text ?? "");
      starts.show();
      networks.show();
    },
  };
}

/** The networks that have a name, of those that make such data. */
function networksOf(draft, { models, data: known }) {
  const text = element("p", { class: "quiet" });
  const select = choice("model", [], "", (model) =>
    draft.take({ ...draft.waiting, ...draft.untrained, model, generator: [], discriminator: [] }),
  );
  const node = element("div", {}, labelled("Networks", select), text);
  return {
    node,
    show() {
      const [data] = draft.get("data").split(":"),
        fitting = known.find(({ name }) => name === data)?.models ?? [];
      setOptions(
        select,
        models.filter(({ name }) => fitting.includes(name)).map(({ name }) => name),
      );
      select.value = draft.get("model");
      const waits = "model" in draft.waiting;
      select.closest(".field").classList.toggle("waits", waits);
      const words = models.find(({ name }) => name === select.value)?.text ?? "";
      setText(
        text,
        waits ? `${words} The new start has the rates, the batch size and the loss that suit them.` : words,
      );
    },
  };
}

/** The trained starts. */
function startsOf(draft, { starts }) {
  const text = element("p", { class: "quiet" });
  const select = choice(
    "start",
    [["", UNTRAINED], ...starts.map(({ name, title }) => [name, title])],
    "",
    (name) => {
      const start = starts.find((each) => each.name === name);
      draft.take(start ? { ...start.setup, start: name } : { ...draft.waiting, ...draft.untrained });
    },
  );
  const node = element("div", { hidden: !starts.length }, labelled("Begin from", select), text);
  return {
    node,
    show() {
      select.value = draft.get("start") ?? "";
      setText(select.options[0], draft.lab.state.run && !draft.names.length ? "the networks of the run" : UNTRAINED);
      select.closest(".field").classList.toggle("waits", "start" in draft.waiting);
      setText(text, starts.find(({ name }) => name === select.value)?.text ?? "");
    },
  };
}
