// The controls of the training: play, single steps, the way back, and the speed.

import { element, setText } from "lab/ui/dom.js";
import { button, labelled, slider } from "lab/ui/fields.js";
import { tell } from "lab/ui/notice.js";
import { whole } from "lab/ui/numbers.js";
import { SlowMotion } from "lab/play/slow.js";

/** The places of the speed slider: rounds a second; null is as fast as it goes; 0 is slow motion. */
const SPEEDS = [0, 1, 2, 5, 10, 20, 50, null];

const speedText = (speed) =>
  speed === 0 ? "slow motion" : speed === null ? "as fast as possible" : `${speed} rounds a second`;

/** The place of a speed, or of the next lower one. */
const placeOf = (speed) =>
  speed === null ? SPEEDS.length - 1 : SPEEDS.findLastIndex((each) => each !== null && each <= speed);

/** How far the round is: D alone may take more steps than a round has. */
const doneText = (done, of) =>
  done < of ? `D: ${done} of ${of} steps` : `D: ${done} step${done > 1 ? "s" : ""}, now G`;

/** The bar of controls; returns {node, end}. */
export function controls(lab) {
  const act = (command, settings) => lab.do(command, settings).catch(tell);
  const slow = new SlowMotion(lab);
  let speed = lab.state?.rounds_per_second ?? null;
  const playing = () => slow.running || Boolean(lab.state?.playing);

  const start = () => (speed === 0 ? slow.start() : act("play"));
  const stop = () => {
    slow.stop();
    if (lab.state.playing) act("pause");
  };
  const play = button("▶ Play", "play", start, { class: "main", title: "Play (space)" });
  const pause = button("❚❚ Pause", "pause", stop, { class: "main", title: "Pause (space)", hidden: true });
  const round = button("One round", "round", () => act("round"), { title: "k steps of D, then one of G (n)" });
  const back = button("↶ Back", "back", () => act("back"), { title: "Take back the last step, exactly (b)" });
  const steps = [
    button("D's step", "d-step", () => act("d_step"), { title: "One step of D alone" }),
    button("G's step", "g-step", () => act("g_step"), { title: "One step of G alone" }),
  ];
  // A run that was opened is left by `choose`: the way back to its beginning is `go`.
  const again = () => (lab.state.run ? act("go", { place: 0 }) : act("choose", { setup: lab.state.setup }));
  const restart = button("Restart", "restart", again, {
    title: "Start again from round 0 with the same set-up and seed",
  });
  const seed = button("Another seed", "seed", () => act("seed", { seed: lab.state.setup.seed + 1 }), {
    title: "Start again with the next seed",
  });

  const speedLabel = element("output", { class: "quiet" });
  const speeds = slider("speed", { min: 0, max: SPEEDS.length - 1, value: SPEEDS.length - 1 }, (place) => {
    const was = playing();
    speed = SPEEDS[place];
    showSpeed();
    slow.stop();
    if (speed === 0) {
      if (was) act("pause").then(() => slow.start());
      return;
    }
    act("speed", { rounds_per_second: speed });
    if (was) act("play");
  });
  const showSpeed = () => {
    if (document.activeElement !== speeds) speeds.value = String(placeOf(speed));
    setText(speedLabel, speedText(speed));
    speeds.setAttribute("aria-valuetext", speedText(speed));
  };

  const counter = element("output", { class: "counter numbers" });
  const part = element("span", { class: "quiet" });
  const timeline = timelineOf(act);
  const node = element(
    "section",
    { class: "card controls", "aria-label": "Controls" },
    element("div", { class: "row buttons" }, play, pause, round, lab.recorded ? back : [...steps, back, restart, seed]),
    element("div", { class: "row where" }, counter, part),
    element("div", { class: "speed" }, labelled("Speed", speeds), speedLabel),
    timeline.node,
  );

  const show = (state) => {
    const on = playing(),
      focused = document.activeElement === play || document.activeElement === pause;
    play.hidden = on;
    pause.hidden = !on;
    if (focused) (on ? pause : play).focus();
    back.disabled = state.place === 0;
    if (speed !== 0 && document.activeElement !== speeds) speed = state.rounds_per_second;
    showSpeed();
    setText(counter, `Round ${whole(state.step)}`);
    setText(part, state.d_done ? doneText(state.d_done, state.setup.d_steps) : "");
    timeline.show(state);
  };
  slow.onChange = () => lab.state && show(lab.state);
  showSpeed();
  const end = lab.onState(show);
  return {
    node,
    end: () => {
      end();
      slow.stop();
    },
  };
}

/** The slider over all places since the start, with a mark where the state is stored. */
function timelineOf(act) {
  const marks = element("datalist", { id: "timeline-marks" });
  const label = element("output", { class: "quiet numbers" });
  let asked = false;
  const input = slider("timeline", { min: 0, max: 0, value: 0 }, (place) => setText(label, `to step ${whole(place)}`), {
    list: "timeline-marks",
    "aria-label": "Place in the training: go back to an earlier step",
  });
  input.onchange = () => {
    asked = true;
    act("go", { place: Number(input.value) }).finally(() => {
      asked = false;
    });
  };
  const node = element("div", { class: "timeline" }, labelled("Timeline", input), label, marks);
  let drawn = "";
  return {
    node,
    show({ place, marks: places = [] }) {
      if (asked || input.matches(":active")) return;
      input.max = String(Math.max(place, ...places, 1));
      input.value = String(place);
      input.disabled = place === 0;
      setText(label, `step ${whole(place)}`);
      if (drawn === places.join()) return;
      drawn = places.join();
      marks.replaceChildren(...places.map((value) => element("option", { value })));
    },
  };
}
