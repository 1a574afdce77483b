// A recording in the place of a server: places in a training, each with the answers that the session gave there.

import { unpack } from "lab/wire.js";

/** What tells answers of one view apart; all other options are those of the recording. */
const PARTS = { station: ["station", "name"], layer: ["pass", "layer"], entry: ["pass", "layer", "quantity", "index"] };

/** Milliseconds from one place to the next while playing at full speed. */
const PAUSE = 150;

const RUNNING =
  "This is a recording, which has only a part of the lab. For all of it: pip install 'minigan[lab]', then minigan lab.";

const NO_SUM = "The sum of this number was not recorded: those of the first two numbers of each array were.";

/** Carries out the commands of a person by moving in the recording. */
export class Recorded {
  recorded = true;

  /** `recording` is {places: [{state, look, views}], looks: [views], answers}; views have places in the answers. */
  constructor(recording) {
    this.recording = recording;
    this.place = 0;
    this.playing = false;
    this.pause = PAUSE;
    this.timer = 0;
    this.onState = () => {};
    setTimeout(() => this.tell());
  }

  /** The recording in a text of base64, which is compressed. */
  static async open(text) {
    const bytes = Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Recorded(unpack(await new Response(stream).arrayBuffer()));
  }

  async ask({ do: command, view, with: settings = {} }) {
    if (view) return this.answer(view, settings);
    const carryOut = COMMANDS[command];
    if (!carryOut) throw new Error(RUNNING);
    carryOut(this, settings);
    this.tell();
  }

  answer(view, options) {
    if (view === "state") return this.state();
    const { views, look } = this.recording.places[this.place];
    const key = [view, ...(PARTS[view] ?? []).map((name) => String(options[name]))].join(" ");
    const found = views[key] ?? this.recording.looks[look][key];
    if (found === undefined) throw new Error(view === "entry" ? `${NO_SUM} ${RUNNING}` : RUNNING);
    return this.recording.answers[found];
  }

  state() {
    const { places } = this.recording;
    return {
      ...places[this.place].state,
      playing: this.playing,
      place: this.place,
      marks: places.map((_, place) => place),
      revision: this.place,
    };
  }

  tell() {
    this.onState(this.state());
  }

  go(place) {
    this.place = Math.max(0, Math.min(place, this.recording.places.length - 1));
  }

  play(on) {
    clearInterval(this.timer);
    this.playing = on && this.place < this.recording.places.length - 1;
    if (this.playing) this.timer = setInterval(() => this.next(), this.pause);
  }

  next() {
    this.go(this.place + 1);
    if (this.place === this.recording.places.length - 1) this.play(false);
    this.tell();
  }
}

const COMMANDS = {
  play: (recorded) => recorded.play(true),
  pause: (recorded) => recorded.play(false),
  round: (recorded, { count = 1 }) => recorded.go(recorded.place + count),
  back: (recorded, { count = 1 }) => recorded.go(recorded.place - count),
  go: (recorded, { place }) => recorded.go(place),
  speed(recorded, { rounds_per_second: rate }) {
    recorded.pause = rate ? Math.max(PAUSE, 1000 / rate) : PAUSE;
    recorded.play(recorded.playing);
  },
};
