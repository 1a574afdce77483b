// What the parts of the page see of the session: the same for a server and for a recording.

import { seenOn } from "lab/ui/seen.js";

/**
 * A session as the page knows it.
 *
 * state            the last state, as the view "state" gives it
 * onState(f)       calls f(state) now and after each change; returns a function that ends this
 * do(command, w)   a promise: carried out; it fails with an Error whose message is for people
 * view(name, w)    a promise of the view
 * watch(...)       draws with fresh views after each change
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

  /** This page steers from now on. */
  steer() {
    return this.connection.ask({ steer: true });
  }

  /**
   * Calls `draw` with fresh views after each change, one at a time, while `visible()` and while the page is seen.
   * names() gives {key: [view, options]}; draw gets {key: result}. Returns {refresh, end}: refresh() asks at once,
   * after other options. `pause` is the least time from one question to the next, in milliseconds.
   */
  watch(names, draw, visible = () => true, pause = 0) {
    let busy = false,
      again = false,
      ended = false,
      drawn = null,
      timer = 0;
    const refresh = async () => {
      if (busy) {
        again = true;
        return;
      }
      if (ended || !this.state || document.hidden || !visible()) return;
      busy = true;
      try {
        const wanted = Object.entries(names()),
          revision = `${this.state.session} ${this.state.revision}`;
        const views = await Promise.all(wanted.map(([, [name, options]]) => this.view(name, options)));
        drawn = revision;
        if (!ended) draw(Object.fromEntries(wanted.map(([key], place) => [key, views[place]])));
      } catch (error) {
        // The session may have moved on to other data since the question: the next state asks again.
        console.debug(error.message);
      }
      timer = setTimeout(() => {
        busy = false;
        if (again) {
          again = false;
          requestAnimationFrame(refresh);
        }
      }, pause);
    };
    const changed = (state) => {
      if (`${state.session} ${state.revision}` !== drawn) refresh();
    };
    const end = this.onState(changed);
    document.addEventListener("visibilitychange", refresh);
    return {
      refresh,
      end: () => {
        ended = true;
        clearTimeout(timer);
        end();
        document.removeEventListener("visibilitychange", refresh);
      },
    };
  }
  /** `watch` that asks only while `node` is on the screen. */
  watchSeen(node, names, draw, pause = 0) {
    const place = seenOn(node, () => watching.refresh());
    const watching = this.watch(names, draw, place.seen, pause);
    return {
      refresh: watching.refresh,
      end: () => {
        watching.end();
        place.end();
      },
    };
  }
}
