// The numbers on the workbench: what a person set, and what the session made of it.

import { tell } from "lab/ui/notice.js";
import { nested, ofRows, sameShape } from "lab/workbench/matrix.js";
import { IMAGES, mixedLike } from "lab/workbench/presets.js";
import { specOf, TYPES } from "lab/workbench/types.js";

/** What was on the workbench when it was left, to come back to it. */
let left = null;

/**
 * spec       the layer with its settings
 * set        the arrays that a person set, by name: x, dy and parameters; the session chooses the others
 * picked     {quantity, index} of the entry whose sum is shown, or null
 * answer     what the session said last
 */
export class Bench {
  constructor(lab, draw) {
    this.lab = lab;
    this.draw = draw;
    this.ended = false;
    this.asking = this.again = false;
    Object.assign(
      this,
      left ?? { spec: specOf("Conv2D"), set: { x: ofRows(IMAGES.mixed) }, picked: null, answer: null },
    );
  }

  /** Another layer or another setting: parameters whose shape no longer fits are chosen again. */
  choose(spec) {
    if (spec.type !== this.spec.type) {
      const { x } = this.set;
      // The output of a layer that mixes numbers is as large as its input.
      this.set = TYPES[spec.type].mixes ? { x, dy: mixedLike(x) } : { x };
    }
    this.spec = spec;
    this.picked = null;
    this.refresh();
  }

  /** Sets one number of an array, or all of them where `place` is null. */
  edit(name, place, number) {
    const array = this.set[name] ?? this.arrays()[name];
    const data = [...array.data];
    if (place === null) data.fill(number);
    else data[place] = number;
    this.put(name, { shape: array.shape, data });
  }

  /** Sets an array. */
  put(name, array) {
    this.set[name] = array;
    this.refresh();
  }

  pick(entry) {
    this.picked = entry;
    this.refresh();
  }

  outputs() {
    return this.answer?.y?.data.length ?? 0;
  }

  /** Picks an entry of y by its place in the array. */
  pickOutput(place) {
    const index = [];
    for (const size of [...this.answer.y.shape].reverse()) {
      index.unshift(place % size);
      place = Math.floor(place / size);
    }
    this.pick({ quantity: "y", index });
  }

  /** All arrays by name, in the order in which numbers flow. */
  arrays() {
    const { x, y, dy, dx, parameters } = this.answer;
    const values = Object.entries(parameters).map(([name, { value }]) => [name, value]);
    const gradients = Object.entries(parameters)
      .filter(([, { gradient }]) => gradient)
      .map(([name, { gradient }]) => [`d${name}`, gradient]);
    return Object.fromEntries(
      [["x", x], ...values, ["y", y], ["dx", dx], ...gradients, ["dy", dy]].filter(([, array]) => array),
    );
  }

  editable() {
    return new Set(["x", "dy", ...Object.keys(this.answer.parameters)]);
  }

  /** Asks the session, one question at a time; the last one counts. */
  async refresh() {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    do {
      this.again = false;
      try {
        const answer = await this.lab.view("workbench", this.question());
        if (!answer.error) this.keep(answer);
        if (!this.ended && !this.again) this.draw(answer);
      } catch (error) {
        if (!this.ended) tell(error);
      }
    } while (this.again && !this.ended);
    this.asking = false;
  }

  question() {
    const { x, dy, ...parameters } = this.set;
    return {
      layer: this.spec,
      x: nested(x),
      dy: dy ? nested(dy) : null,
      entry: this.picked,
      parameters: Object.fromEntries(Object.entries(parameters).map(([name, array]) => [name, nested(array)])),
    };
  }

  /** Keeps an answer, and forgets what no longer fits it. */
  keep(answer) {
    this.answer = answer;
    for (const [name, array] of Object.entries(this.set)) {
      const now = {
        x: answer.x,
        dy: answer.dy,
        ...Object.fromEntries(Object.entries(answer.parameters).map(([key, { value }]) => [key, value])),
      }[name];
      if (name !== "x" && !sameShape(array, now)) delete this.set[name];
    }
  }

  end() {
    this.ended = true;
    left = { spec: this.spec, set: this.set, picked: this.picked, answer: this.answer };
  }
}
