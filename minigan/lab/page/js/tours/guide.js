// Runs one tour at a time: shows its steps, carries out their commands, and points at what they speak of.

import { Course } from "lab/tours/course.js";
import { tourPanel } from "lab/tours/panel.js";
import { appeared, setSwitch, spot } from "lab/tours/spot.js";
import { tell } from "lab/ui/notice.js";

const MARK = "tour=";

let running = null;

/** Starts tours that the address asks for: `#tour=NAME`. */
export function guide(lab) {
  const asked = () => {
    if (location.hash.startsWith(`#${MARK}`)) startTour(lab, decodeURIComponent(location.hash.slice(MARK.length + 1)));
  };
  window.addEventListener("hashchange", asked);
  asked();
}

/** Starts a tour by its name, in the place of the one that runs. */
export async function startTour(lab, name) {
  try {
    const tour = await lab.view("tour", { name });
    running?.leave();
    running = run(lab, tour);
  } catch (error) {
    tell(error);
  }
}

/** Takes a person through a tour; returns {leave}. */
function run(lab, tour) {
  const course = new Course(lab, tour);
  const panel = tourPanel(lab, tour, { back: () => go(at - 1), next: () => go(at + 1), leave });
  let at = 0, endSpot = () => {};

  function leave() {
    course.end();
    endSpot();
    panel.end();
    document.documentElement.classList.remove("touring");
    if (location.hash.startsWith(`#${MARK}`)) history.replaceState(null, "", location.pathname + location.search);
    running = null;
  }

  async function go(place) {
    if (place >= tour.steps.length) return leave();
    const step = tour.steps[place];
    at = place;
    endSpot();
    panel.show(place);
    panel.busy("Getting ready ...");
    openPart(step.part);
    endSpot = spot(step.point ?? null);
    try {
      await course.to(place, (done, all) => panel.busy(all > 1 ? `${done} of ${all}` : "", done / all));
      if (course.stopped) return;
      await prepare(step);
    } catch (error) {
      if (course.stopped) return;
      tell(error);
    }
    panel.ready(place);
  }

  document.documentElement.classList.add("touring");
  document.getElementById("lab").append(panel.node);
  go(0);
  return { leave };
}

/** Shows a part of the page, if it is not shown already. */
function openPart(id) {
  const tab = document.getElementById(`tab-${id}`);
  if (tab?.getAttribute("aria-selected") === "true") return;
  document.dispatchEvent(new CustomEvent("open-part", { detail: id }));
}

/** Presses and switches what the step wants to be seen. */
async function prepare({ press = [], switches = {} }) {
  for (const name of press) (await appeared(name))?.click();
  for (const [name, on] of Object.entries(switches)) {
    await appeared(name);
    setSwitch(name, on);
  }
}
