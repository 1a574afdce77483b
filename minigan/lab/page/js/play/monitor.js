// What the convergence monitor says, in words.

import { element } from "lab/ui/dom.js";
import { whole } from "lab/ui/numbers.js";

/** {node, end}. */
export function monitor(lab) {
  const list = element("ol", { class: "monitor", "aria-live": "polite" });
  const node = element(
    "section",
    { class: "card monitor-card", "aria-label": "What the monitor says" },
    element("header", {}, element("h2", {}, "What the monitor says")),
    list,
  );
  let known = null;
  const end = lab.onState(({ notices = [] }) => {
    const key = JSON.stringify(notices.map(({ step, text }) => [step, text]));
    if (key === known) return;
    known = key;
    list.replaceChildren(
      ...(notices.length
        ? notices
            .toReversed()
            .slice(0, 8)
            .map(({ step, text, kind }) =>
              element("li", { "data-kind": kind }, element("b", { class: "numbers" }, `Round ${whole(step)}: `), text),
            )
        : [
            element(
              "li",
              { class: "quiet" },
              "Nothing yet. It speaks when something has lasted for some hundred rounds: one network wins, training " +
                "goes in circles, the samples are all alike, or training ends well.",
            ),
          ]),
    );
  });
  return { node, end };
}
