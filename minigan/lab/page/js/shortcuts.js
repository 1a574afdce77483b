// Keys that work everywhere on the page, except while one types.

import { tell } from "lab/ui/notice.js";

const TYPED = "input:not([type=checkbox]):not([type=range]), select, textarea, [contenteditable], [role=application]";

/** Space plays or pauses, n is one round, b takes the last action back. */
export function shortcuts(lab) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !lab.state || event.target.closest?.(TYPED)) return;
    const command = { " ": lab.state.playing ? "pause" : "play", n: "round", b: "back" }[event.key];
    // Space on a button presses that button.
    if (!command || (event.key === " " && event.target.closest?.("button, summary, input, a"))) return;
    event.preventDefault();
    lab.do(command).catch(tell);
  });
}
