// Inside a layer: every array of one layer in one pass, and the sum behind each of its numbers.

import { element } from "lab/ui/dom.js";
import { keepFocus } from "lab/layer/focus.js";
import { layerView } from "lab/layer/layer_view.js";
import { lastLayer, rememberLayer, takeWish } from "lab/layer/opening.js";
import { passBar, placeIn } from "lab/layer/passes.js";
import { look, nothingRecorded, watchRound } from "lab/step/recorded_round.js";

export const layer = {
  id: "layer",
  title: "Inside a layer",
  mount(root, lab) {
    let open = null;

    /** Shows the layer at a place; `focus` is an entry {quantity, index} to pick at once. */
    function go(passes, wanted, focus = null) {
      open?.end();
      const place = placeIn(passes, wanted),
        onward = (next, entry) => go(passes, next, entry);
      rememberLayer(place);
      open = layerView(lab, place, { passes, go: onward, focus });
      keepFocus(root, () => root.replaceChildren(passBar(passes, place, onward), open.node));
    }

    const endWatch = watchRound(lab, async (recorded) => {
      if (recorded) {
        takeWish();
        return go(recorded.passes, lastLayer());
      }
      // A layer was chosen in the networks' picture: take the round that is missing. Its end comes back here.
      if (takeWish() && !lab.recorded && (await look(lab))) return;
      root.replaceChildren(element("h2", {}, "Inside a layer"), nothingRecorded(lab, "look-layer"));
    });
    return () => {
      endWatch();
      open?.end();
    };
  },
};
