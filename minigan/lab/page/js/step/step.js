// One step: a round of training, station by station.

import { element } from "lab/ui/dom.js";
import { keepFocus } from "lab/layer/focus.js";
import { flowGraph } from "lab/step/flow.js";
import { stationRail } from "lab/step/rail.js";
import { lookButton, nothingRecorded, watchRound } from "lab/step/recorded_round.js";
import { stationView } from "lab/step/station.js";

/** The station that was open last, to come back to it. */
let lastStation = "noise";

export const step = {
  id: "step",
  title: "One step",
  mount(root, lab) {
    let endRound = () => {};
    const endWatch = watchRound(lab, (recorded) => {
      endRound();
      keepFocus(root, () => {
        root.replaceChildren();
        endRound = recorded ? showRound(root, lab, recorded) : showNothing(root, lab);
      });
    });
    return () => {
      endWatch();
      endRound();
    };
  },
};

function showNothing(root, lab) {
  root.append(element("h2", {}, "One step"), nothingRecorded(lab, "look"));
  return () => {};
}

/** Fills the page with a recorded round; returns a function that ends it. */
function showRound(root, lab, { round, stations, passes }) {
  const known = new Map(passes.map((pass) => [pass.id, pass]));
  const flow = flowGraph(),
    words = element("div"),
    content = element("div");
  let open = null;
  const go = (place) => {
    open?.end();
    open = stationView(lab, stations[place], known, place, stations.length);
    words.replaceChildren(open.words);
    content.replaceChildren(open.node);
    flow.show(stations[place].id);
    rail.show(place);
    lastStation = stations[place].id;
  };
  const rail = stationRail(stations, go);
  root.append(
    element(
      "header",
      { class: "step-head" },
      element("p", {}, "Round ", element("b", {}, String(round)), ", station by station"),
      rail.bar,
      lookButton(lab, "look", "Look at the next round"),
    ),
    element("div", { class: "step-overview" }, flow.picture, words),
    content,
  );
  go(
    Math.max(
      0,
      stations.findIndex(({ id }) => id === lastStation),
    ),
  );
  return () => open?.end();
}
