// The list of tours.

import { startTour } from "lab/tours/guide.js";
import { element } from "lab/ui/dom.js";
import { button } from "lab/ui/fields.js";
import { tell } from "lab/ui/notice.js";

export const tours = {
  id: "tours",
  title: "Tours",
  mount(root, lab) {
    const list = element("ol", { class: "tour-list" });
    root.append(
      element("p", {},
        "A tour shows one thing in a few steps. It sets everything up, trains, and points at what to look at. ",
        "It starts a training of its own: ", element("b", {}, "Copy link"), " above keeps your set-up for later."),
      list);
    fill(list, lab);
    return () => {};
  },
};

async function fill(list, lab) {
  try {
    const { tours: known } = await lab.view("tours");
    list.replaceChildren(...known.map((tour) => card(tour, lab)));
  } catch (error) {
    tell(error);
  }
}

function card({ name, title, minutes, text }, lab) {
  return element("li", { class: "card" },
    element("h2", {}, title),
    element("p", {}, text),
    element("p", { class: "row" },
      button("Start", `tour-${name}`, () => startTour(lab, name),
        { class: "main", "aria-label": `Start the tour: ${title}` }),
      element("span", { class: "quiet" }, `${minutes} minutes`)));
}
