// The path of the stations: a numbered button for each, and buttons for the previous and the next one.

import { element } from "lab/ui/dom.js";

/**
 * The path of `stations`; `go(place)` is called when a person chooses another one.
 * Arrow keys, Home and End move along it. Returns {bar, show(place)}.
 */
export function stationRail(stations, go) {
  let current = 0;
  const move = (place) => {
    if (place < 0 || place >= stations.length || place === current) return;
    go(place);
    dots[place].focus();
  };
  const dots = stations.map(({ id, title, network }, place) =>
    element(
      "button",
      {
        type: "button",
        class: `rail-dot rail-${network || "none"}`,
        title,
        "aria-label": `${place + 1}: ${title}`,
        "data-control": `station-${id}`,
        onclick: () => go(place),
      },
      String(place + 1),
    ),
  );
  const list = element(
    "ol",
    { class: "rail-dots", "aria-label": "Stations of the update" },
    ...dots.map((dot) => element("li", {}, dot)),
  );
  list.addEventListener("keydown", (event) => {
    const places = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: stations.length - 1 };
    if (!(event.key in places)) return;
    event.preventDefault();
    move(places[event.key]);
  });
  const [back, next] = [
    ["previous", "‹ Previous", -1],
    ["next", "Next ›", 1],
  ].map(([name, text, by]) =>
    element(
      "button",
      {
        type: "button",
        class: "rail-move",
        "data-control": `station-${name}`,
        onclick: () => go(current + by),
      },
      text,
    ),
  );
  return {
    bar: element("nav", { class: "rail", "aria-label": "Path of the update" }, back, list, next),
    show(place) {
      current = place;
      dots.forEach((dot, at) => {
        dot.tabIndex = at === place ? 0 : -1;
        dot.classList.toggle("done", at < place);
        if (at === place) dot.setAttribute("aria-current", "step");
        else dot.removeAttribute("aria-current");
      });
      back.disabled = place === 0;
      next.disabled = place === stations.length - 1;
    },
  };
}
