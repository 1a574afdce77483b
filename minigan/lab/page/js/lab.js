// What the parts of the page see of the session: the same for a server and for a recording.

/**
 * A session as the page knows it.
 *
 * state            the last state, as the view "state" gives it
 * onState(f)       calls f(state) now and after each change; returns a function that ends this
 * do(command, w)   a promise: carried out; it fails with an Error whose message is for people
 * view(name, w)    a promise of the view
 * recorded         true if only recorded rounds can be shown
 */
export class Lab {
  constructor(connection) {
    this.connection = connection;
    this.state = null;
    this.recorded = Boolean(connection.recorded);
    this.listeners = new Set();
    connection.onState = (state) => {
      this.state = state;
      for (const listener of this.listeners) listener(state);
    };
  }

  onState(listener) {
    this.listeners.add(listener);
    if (this.state) listener(this.state);
    return () => this.listeners.delete(listener);
  }

  do(command, settings = {}) {
    return this.connection.ask({ do: command, with: settings });
  }

  view(name, options = {}) {
    return this.connection.ask({ view: name, with: options });
  }

  /** Calls `draw` with fresh views after each change, one at a time, while `visible()`; returns a function that ends this. */
  watch(names, draw, visible = () => true) {
    let busy = false, again = false, ended = false;
    const refresh = async () => {
      if (busy) { again = true; return; }
      if (ended || !visible()) return;
      busy = true;
      try {
        const wanted = names();
        const views = await Promise.all(Object.values(wanted).map(([name, options]) => this.view(name, options)));
        if (!ended) draw(Object.fromEntries(Object.keys(wanted).map((key, place) => [key, views[place]])));
      } catch (error) {
        if (!ended) console.warn(error.message);
      }
      busy = false;
      if (again) { again = false; requestAnimationFrame(refresh); }
    };
    const end = this.onState(refresh);
    return { refresh, end: () => { ended = true; end(); } };
  }
}
