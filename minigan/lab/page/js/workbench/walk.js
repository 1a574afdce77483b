// A walk over the entries of y, one after the other, so that the window is seen to move over the image.

import { button } from "lab/ui/fields.js";

/** Between two entries, in milliseconds: time to read a short sum. */
const PAUSE = 1100;

const still = window.matchMedia("(prefers-reduced-motion: reduce)");

/**
 * The button of the walk; pick(place) shows the entry of y with this number, count() says how many there are.
 * Where a person wants no motion, each press goes one entry on. Returns {node, stop()}.
 */
export function walkButton({ pick, count }) {
  let place = -1,
    timer = 0;
  const node = button("", "walk", () => (timer ? stop() : start()));

  function label() {
    node.textContent = timer ? "Stop the walk" : still.matches ? "Next output" : "Walk through the outputs";
    node.setAttribute("aria-pressed", String(Boolean(timer)));
  }

  function next() {
    place = (place + 1) % count();
    pick(place);
  }

  function start() {
    if (still.matches) return next();
    place = -1;
    timer = setInterval(() => (place + 1 < count() ? next() : stop()), PAUSE);
    next();
    label();
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    label();
  }

  label();
  return { node, stop };
}
