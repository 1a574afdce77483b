// Notices: what went wrong, or what has just been done, in words.

import { element } from "lab/ui/dom.js";

let area = null;

/** The place for notices; a screen reader reads what appears in it. */
export function noticeArea() {
  area = element("div", { class: "notices", role: "region", "aria-live": "polite", "aria-label": "Notices" });
  return area;
}

/**
 * Shows an Error or a text until it is closed; kind "done" goes away by itself.
 * The same text is shown once. The cause of an Error may be a word, by which `withdraw` finds the notice.
 */
export function tell(what, kind = "fault") {
  const text = what instanceof Error ? what.message : String(what);
  if (!area) return;
  for (const old of area.children) if (old.dataset.text === text) old.remove();
  const close = () => notice.remove();
  const notice = element(
    "div",
    { class: `notice ${kind}`, "data-text": text, "data-cause": what.cause },
    element("p", {}, text),
    element("button", { type: "button", class: "plain", onclick: close, "aria-label": "Close this notice" }, "✕"),
  );
  area.append(notice);
  while (area.children.length > 4) area.firstChild.remove();
  if (kind === "done") setTimeout(close, 4000);
}

/** Closes the notices of Errors with this cause, which is over. */
export function withdraw(cause) {
  for (const notice of [...(area?.children ?? [])]) if (notice.dataset.cause === cause) notice.remove();
}
