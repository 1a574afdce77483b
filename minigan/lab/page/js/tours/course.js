// Where a tour is in the training: carries out the commands of its steps, and finds the way back to each of them.

/** Commands in one go, and the shortest time for it in milliseconds, so that one sees the training move. */
const CHUNKS = 50, PACE = 40;

const pause = (time) => new Promise((resolve) => { setTimeout(resolve, time); });

export class Course {
  constructor(lab, tour) {
    this.lab = lab;
    this.tour = tour;
    /** The session after each step: its id, revision and place, and the set-up as text. */
    this.ends = new Map();
    this.stopped = false;
    this.forget = lab.onState((state) => this.check(state));
  }

  /** Stops after what is being carried out. */
  end() {
    this.stopped = true;
    this.forget();
  }

  /** Forgets the ends of steps that the session has gone back behind, or that belong to another start. */
  check({ session, revision, place, setup }) {
    const text = JSON.stringify(setup);
    for (const [step, end] of this.ends) {
      const behind = place < end.place || (place === end.place && text !== end.setup);
      if (session !== end.session || (revision > end.revision && behind)) this.ends.delete(step);
    }
  }

  /**
   * Brings the session to the state after step `place`; `progress(done, all)` is called on the way.
   * A step that was taken before is gone back to, exactly; others are taken, from the last start if need be.
   */
  async to(place, progress) {
    await this.lab.do("pause");
    const start = this.tour.steps.findLastIndex(({ setup }, step) => step <= place && (setup || step === 0));
    let step = place;
    while (step >= start && !this.ends.has(step)) step--;
    if (step < start || !await this.returned(step)) {
      step = start - 1;
      await this.begin(start);
    }
    while (++step <= place && !this.stopped) {
      await this.take(this.tour.steps[step], progress);
      const { session, revision, place: reached, setup } = await this.lab.view("state");
      this.ends.set(step, { session, revision, place: reached, setup: JSON.stringify(setup) });
    }
  }

  /** Goes back to the state after a step; whether that place could be reached. */
  async returned(step) {
    const { place } = this.ends.get(step);
    await this.lab.do("go", { place });
    return (await this.lab.view("state")).place === place;
  }

  /** Starts the training of a step that has a set-up of its own. */
  async begin(step) {
    this.ends.clear();
    await this.lab.do("choose", { setup: { ...this.tour.setup, ...this.tour.steps[step].setup } });
  }

  /** Carries out the commands of a step: [command, settings, how many times]. */
  async take({ do: commands = [] }, progress) {
    for (const [command, settings, times = 1] of commands) {
      const chunk = Math.ceil(times / CHUNKS);
      for (let done = 0; done < times && !this.stopped; done += chunk) {
        const count = Math.min(chunk, times - done);
        await Promise.all([pause(times > 1 ? PACE : 0), ...this.asked(command, settings, count)]);
        progress(done + count, times);
      }
      if (command === "back") this.check(await this.lab.view("state"));
    }
  }

  /** The requests for a command that is carried out `count` times. */
  asked(command, settings, count) {
    if (command === "round") return [this.lab.do("round", { ...settings, count })];
    return Array.from({ length: count }, () => this.lab.do(command, settings));
  }
}
