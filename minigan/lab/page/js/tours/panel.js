// The panel of a running tour: beside the page, or below it on a narrow screen, so that it covers nothing it speaks of.

import { factList } from "lab/tours/facts.js";
import { element, setText } from "lab/ui/dom.js";
import { button } from "lab/ui/fields.js";

/**
 * The panel of `tour`; back(), next() and leave() are called by its buttons.
 * Returns {node, show(place), busy(text, share), ready(), end()}.
 */
export function tourPanel(lab, tour, { back, next, leave }) {
  const count = tour.steps.length;
  let facts = null;
  const where = element("p", { class: "quiet" });
  const title = element("h2", { tabindex: "-1" });
  const text = element("div", { class: "tour-text" });
  const measured = element("div", {});
  const bar = element("progress", { max: "1", "aria-label": "Training" });
  const status = element("p", { class: "quiet", role: "status" });
  const backButton = button("‹ Back", "tour-back", back);
  const nextButton = button("Next ›", "tour-next", next, { class: "main" });
  const node = element("aside", { class: "tour", "aria-label": `Tour: ${tour.title}` },
    element("header", {}, element("div", {}, element("b", {}, tour.title), where),
      button("✕", "tour-end", leave, { class: "plain", "aria-label": "End the tour", title: "End the tour" })),
    element("div", { class: "tour-body" }, title, text,
      element("div", { class: "tour-progress" }, bar, status), measured),
    element("footer", {}, backButton, nextButton));

  /** Waits while commands are carried out: `text` says which, `share` is the part that is done. */
  function busy(words, share = null) {
    bar.hidden = false;
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
    setText(status, words);
    nextButton.disabled = backButton.disabled = true;
    measured.hidden = true;
  }

  return {
    node,
    busy,
    show(place) {
      const step = tour.steps[place];
      facts?.end();
      facts = factList(lab, step.facts ?? []);
      setText(where, `Step ${place + 1} of ${count}`);
      setText(title, step.title);
      text.innerHTML = step.text;
      measured.replaceChildren(facts.node);
      nextButton.textContent = place === count - 1 ? "End the tour" : "Next ›";
      node.dataset.step = String(place + 1);
      node.querySelector(".tour-body").scrollTop = 0;
      title.focus({ preventScroll: true });
    },
    ready(place) {
      bar.hidden = true;
      setText(status, "");
      nextButton.disabled = false;
      backButton.disabled = place === 0;
      measured.hidden = false;
    },
    end() {
      facts?.end();
      node.remove();
    },
  };
}
