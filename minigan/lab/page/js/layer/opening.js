// The wish to look inside a layer, as an event of the document, from any part of the page.

/** The place that was asked for or shown last: {network, layer} or {pass, layer}; null before the first. */
let last = null;

/** Whether it was asked for, and not shown yet. */
let asked = false;

document.addEventListener("open-layer", ({ detail }) => {
  last = detail;
  asked = true;
  document.dispatchEvent(new CustomEvent("open-part", { detail: "layer" }));
});

/** Opens "Inside a layer" at {pass, layer}. */
export function openLayer(place) {
  document.dispatchEvent(new CustomEvent("open-layer", { detail: place }));
}

/** The place to show. */
export const lastLayer = () => last;

/** Whether a person has just asked for a layer; true once for each wish. */
export function takeWish() {
  const wish = asked;
  asked = false;
  return wish;
}

/** Remembers the place, to come back to it. */
export function rememberLayer(place) {
  last = place;
}
