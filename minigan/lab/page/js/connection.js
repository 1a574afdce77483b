// The connection to the server: requests with numbers, answers, and states as they come. It opens again by itself.

import { unpack } from "lab/wire.js";

/** The first and the longest pause before another attempt, in milliseconds. */
const PAUSE = 400,
  LONGEST = 8000;

/** The server closes with this code if it does not know the token. */
const REFUSED = 4401;

/** The cause of errors that are over when the connection is back. */
export const NOT_CONNECTED = "not connected";

const LOST = "The connection to the lab was lost before the answer came. The page tries again by itself.";
const CLOSED =
  "The lab is not connected. Is `minigan lab` still running in the terminal? The page tries again by itself.";

export class Connection {
  /** `onStatus(name)` gets "connecting", "connected", "lost" or "refused". */
  constructor(token, onStatus) {
    this.token = token;
    this.onStatus = onStatus;
    this.onState = () => {};
    this.waiting = new Map();
    this.next = 1;
    this.pause = PAUSE;
    this.open();
  }

  open() {
    this.onStatus("connecting");
    this.socket = new WebSocket(`ws://${location.host}/socket?token=${encodeURIComponent(this.token ?? "")}`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => {
      this.pause = PAUSE;
      this.onStatus("connected");
    };
    this.socket.onmessage = ({ data }) => this.take(unpack(data));
    this.socket.onclose = ({ code }) => this.closed(code);
  }

  closed(code) {
    for (const { reject } of this.waiting.values()) reject(new Error(LOST, { cause: NOT_CONNECTED }));
    this.waiting.clear();
    if (code === REFUSED) return this.onStatus("refused");
    this.onStatus("lost");
    setTimeout(() => this.open(), this.pause);
    this.pause = Math.min(LONGEST, this.pause * 1.6);
  }

  take(message) {
    if (message.kind === "state") return this.onState(message.state);
    const { resolve, reject } = this.waiting.get(message.id) ?? {};
    this.waiting.delete(message.id);
    if (message.error) reject?.(new Error(message.error));
    else resolve?.(message.result);
  }

  /** A promise of the answer. */
  ask(request) {
    if (this.socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error(CLOSED, { cause: NOT_CONNECTED }));
    return new Promise((resolve, reject) => {
      const id = this.next++;
      this.waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, ...request }));
    });
  }
}
