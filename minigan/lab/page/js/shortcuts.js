// Keys that work everywhere on the page, except while one types.

import { tell } from "lab/ui/notice.js";

const TYPED = "input:not([type=checkbox]):not([type=range]), select, textarea, [contenteditable], [role=application]";

/** Space plays or pauses, n is one round, b takes the last action back. */
export function shortcuts(lab) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !lab.state || event.target.closest?.(TYPED)) return;
    const command = { " ": playing(lab) ? "pause" : "play", n: "round", b: "back" }[event.key];
    // Space on a button presses that button.
    if (!command || (event.key === " " && event.target.closest?.("button, summary, input, a"))) return;
    event.preventDefault();
    // Where the part has these buttons, a key is a click: they know slow motion.
    const shown = document.querySelector(`[data-control="${command}"]:not([hidden])`);
    if (shown) shown.click();
    else lab.do(command).catch(tell);
  });
}

/** The session plays, or the page plays it in slow motion. */
const playing = (lab) => lab.state.playing || Boolean(document.querySelector('[data-control="pause"]:not([hidden])'));
