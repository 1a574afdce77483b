// Slow motion: one step of D or G at a time, slow enough to follow the flow of the data in the graph.

import { tell } from "lab/ui/notice.js";

/** The time between two steps, in milliseconds: the animation of the graph takes a little less. */
const PAUSE = 1800;

export class SlowMotion {
  constructor(lab) {
    this.lab = lab;
    this.timer = 0;
    this.onChange = () => {};
  }

  get running() {
    return this.timer !== 0;
  }

  start() {
    if (!this.running) this.step();
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.onChange();
  }

  async step() {
    this.timer = setTimeout(() => this.step(), PAUSE);
    this.onChange();
    const { d_done: done, setup } = this.lab.state;
    try {
      await this.lab.do(this.lab.recorded ? "round" : done < setup.d_steps ? "d_step" : "g_step");
    } catch (error) {
      this.stop();
      tell(error);
    }
  }
}
