// The round that "One step" and "Inside a layer" look into.

import { element } from "lab/ui/dom.js";
import { button } from "lab/ui/fields.js";
import { tell } from "lab/ui/notice.js";

/**
 * Calls draw(stations) now and whenever another round was recorded; stations is null before the first one.
 * While the session plays nothing is asked: the recorded round stays. Returns a function that ends this.
 */
export function watchRound(lab, draw) {
  let shown,
    asked = null,
    ended = false;
  const end = lab.onState(async ({ session, revision, playing, setup }) => {
    const key = `${session} ${revision}`;
    if (key === asked || (playing && shown !== undefined)) return;
    asked = key;
    try {
      const recorded = await lab.view("stations");
      const found = JSON.stringify([session, setup, recorded?.round ?? null]);
      if (ended || asked !== key || found === shown) return;
      shown = found;
      draw(recorded);
    } catch (error) {
      tell(error);
    }
  });
  return () => {
    ended = true;
    end();
  };
}

/** Takes one round and records it; says what went wrong, if something does. Returns whether it was done. */
export async function look(lab) {
  try {
    await lab.do("look");
    return true;
  } catch (error) {
    tell(error);
    return false;
  }
}

/** The button that takes one round and records it, for pages that may; a recording has its rounds already. */
export function lookButton(lab, control, text = "Look at one round") {
  if (lab.recorded) return null;
  let busy = false;
  const lookOnce = async () => {
    if (busy) return;
    busy = true;
    await look(lab);
    busy = false;
  };
  return button(text, control, lookOnce, { class: "main" });
}

/** What to say before the first round was recorded. */
export function nothingRecorded(lab, control) {
  return element(
    "section",
    { class: "empty" },
    element(
      "p",
      {},
      lab.recorded
        ? "This recording has no round to look into."
        : "Train one round and keep every number of it. Then look at each station, and into each layer.",
    ),
    lookButton(lab, control),
  );
}
