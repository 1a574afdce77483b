// Keeps a set-up alive: it is restored from the link in the address, and after the server was started again.

import { hashOf, setupOf } from "lab/link.js";
import { tell } from "lab/ui/notice.js";

const AGAIN = "The lab was started again, so the training begins from round 0. ";

const WATCHING = "Another page steers this lab, so the set-up of the link waits: take over, and load this page again.";

/** Follows the states of a lab for as long as the page lives. */
export function keepSetup(lab) {
  let session = null,
    setup = null;
  lab.onState((state) => {
    const before = session,
      known = setup;
    ({ session, setup } = state);
    if (before === null) restoreLink(lab);
    else if (before !== session) restoreAfter(lab, known);
  });
  window.addEventListener("hashchange", () => restoreLink(lab));
}

/** Carries out `choose` with the set-up in the address, once: a reload keeps what has been trained since. */
async function restoreLink(lab) {
  try {
    const setup = await setupOf(location.hash);
    if (!setup) return;
    if (lab.state.steering === false) return tell(WATCHING);
    history.replaceState(null, "", location.pathname + location.search);
    await lab.do("choose", { setup });
    tell("This is the set-up of the link.", "done");
  } catch (error) {
    tell(error);
  }
}

async function restoreAfter(lab, known) {
  if (lab.state.steering === false) return tell(AGAIN);
  try {
    await lab.do("choose", { setup: known });
    tell(`${AGAIN}The set-up is the same as before.`);
  } catch (error) {
    tell(`${AGAIN}The set-up of before could not be restored: ${error.message}`);
  }
}

/**
 * Copies a link that restores the set-up; shows it in the address where copying is not allowed.
 * The token stays out of it: it opens this lab, and another lab has another one.
 */
export async function copyLink(lab) {
  const hash = await hashOf(lab.state.setup);
  try {
    await navigator.clipboard.writeText(location.origin + location.pathname + hash);
    tell("The link is copied. It holds the whole set-up, and not the token of your lab: you can share it.", "done");
  } catch {
    history.replaceState(null, "", hash);
    tell("The link is now in the address bar: copy it from there.", "done");
  }
}
