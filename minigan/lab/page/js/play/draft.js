// The set-up in the form: what the session has, and over it what waits for a new start.

/** What decides the shapes of the weights: those of a trained start fit its own networks only. */
const SHAPES = new Set(["generator", "discriminator", "latent_size"]);

/** Values compared as JSON: lists are equal if their items are. */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export class Draft {
  constructor(lab) {
    this.lab = lab;
    this.waiting = {};
    this.defaults = {};
    this.listeners = new Set();
  }

  /** The value that the form shows. */
  get(name) {
    return name in this.waiting ? this.waiting[name] : this.lab.state.setup[name];
  }

  /** The names of the values that wait, in the order in which they were set. */
  get names() {
    return Object.keys(this.waiting);
  }

  /** The set-up of a new start. Networks with a name bring their own settings, except those that wait. */
  get setup() {
    if (!("model" in this.waiting)) return { ...this.lab.state.setup, ...this.waiting };
    const { data, drawn, seed } = this.lab.state.setup;
    return { data, drawn, seed, ...this.waiting };
  }

  /** What leaves a trained start: untrained networks need the rates that suit the data, those of a start are small. */
  get untrained() {
    if (!this.get("start")) return {};
    const { g_learning_rate, d_learning_rate } = this.defaults[this.get("data")];
    return { start: "", g_learning_rate, d_learning_rate };
  }

  /** True if this value changes the training that runs, without a new start. */
  atOnce(name) {
    return !(name in this.waiting) && (this.lab.state.changeable ?? []).includes(name);
  }

  /** A promise: the value is set, at once or for the next start. */
  async set(name, value) {
    if (same(value, this.get(name))) return;
    if (this.atOnce(name)) await this.lab.do("change", { settings: { [name]: value } });
    else this.keep({ ...this.waiting, ...(SHAPES.has(name) && this.untrained), [name]: value });
    this.tellAll();
  }

  /** All values of another set-up wait for a new start. */
  take(setup) {
    this.keep({ ...setup });
    this.tellAll();
  }

  /** What differs from the session's set-up waits. */
  keep(values) {
    const now = this.lab.state.setup;
    this.waiting = Object.fromEntries(Object.entries(values).filter(([name, value]) => !same(value, now[name])));
  }

  undo() {
    this.waiting = {};
    this.tellAll();
  }

  /** Starts again with what waits; fails with the session's words if it does not fit. */
  async start() {
    await this.lab.do("choose", { setup: this.setup });
    this.undo();
  }

  onChange(listener) {
    this.listeners.add(listener);
  }

  tellAll() {
    for (const listener of this.listeners) listener();
  }
}
