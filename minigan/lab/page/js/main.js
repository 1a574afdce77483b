// The frame of the page: the connection, notices, and a tab for each part.

import { Connection, NOT_CONNECTED } from "lab/connection.js";
import { copyLink, keepSetup } from "lab/keep.js";
import { Lab } from "lab/lab.js";
import { layer } from "lab/layer/layer.js";
import { play } from "lab/play/play.js";
import { tokenGate } from "lab/gate.js";
import { shortcuts } from "lab/shortcuts.js";
import { step } from "lab/step/step.js";
import { guide } from "lab/tours/guide.js";
import { tours } from "lab/tours/tours.js";
import { element, setText } from "lab/ui/dom.js";
import { button } from "lab/ui/fields.js";
import { noticeArea, tell, withdraw } from "lab/ui/notice.js";
import { tabs } from "lab/ui/tabs.js";
import { themeSwitch } from "lab/ui/theme.js";
import { workbench } from "lab/workbench/workbench.js";

/** The parts: each has an id, a title and mount(root, lab), which fills `root` and returns a function that ends it. */
const PARTS = [play, step, layer, workbench, tours];

/** Those that a recording can show. */
const RECORDED = [play, step, layer];

const STATUS = {
  connecting: "connecting ...",
  connected: "connected",
  lost: "not connected, trying again ...",
  refused: "no access: the token is wrong",
};

/** Fills the page. Without a connection the page looks for the server it came from. */
export function start(connection = null) {
  const status = element("p", { class: "connection", role: "status" });
  const notices = noticeArea(),
    gate = tokenGate();
  const lab = new Lab(
    connection ??
      new Connection(new URLSearchParams(location.search).get("token"), (name) => {
        setText(status, STATUS[name]);
        status.dataset.status = name;
        if (name === "refused") gate.hidden = false;
        if (name === "connected") withdraw(NOT_CONNECTED);
      }),
  );
  let end = () => {};
  const known = lab.recorded ? RECORDED : PARTS;
  const parts = tabs(known, "Parts of the lab", (part, panel) => {
    end();
    panel.replaceChildren();
    end = part.mount(panel, lab);
  });
  if (lab.recorded) setText(status, "a recording");
  const tools = element(
    "div",
    { class: "tools" },
    status,
    !lab.recorded &&
      button("Copy link", "copy-link", () => copyLink(lab), { title: "A link that restores this set-up" }),
    themeSwitch(),
  );
  document
    .getElementById("lab")
    .replaceChildren(
      element("header", { class: "top" }, element("h1", {}, "minigan ", element("b", {}, "lab")), parts.list, tools),
      notices,
      watchingBar(lab),
      gate,
      element("main", { id: "content", tabindex: "-1" }, parts.panel),
    );
  if (!lab.recorded) keepSetup(lab);
  shortcuts(lab);
  parts.open(known[0].id);
  document.addEventListener("open-part", ({ detail }) => parts.open(detail));
  if (!lab.recorded) guide(lab);
  return lab;
}

/** Shown while another page steers. */
function watchingBar(lab) {
  const bar = element(
    "p",
    { class: "watching", hidden: true },
    "You are watching: another page steers this lab. ",
    button("Take over", "take-over", () => lab.steer().catch(tell)),
  );
  lab.onState((state) => {
    bar.hidden = state.steering !== false;
  });
  return bar;
}
