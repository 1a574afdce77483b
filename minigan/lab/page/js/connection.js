// The connection to the server: requests with numbers, answers, and states as they come.

import { unpack } from "lab/wire.js";

export class Connection {
  /** `onStatus(text)` is told how the connection is. */
  constructor(token, onStatus) {
    this.token = token;
    this.onStatus = onStatus;
    this.onState = () => {};
    this.open();
    this.waiting = new Map();
    this.next = 1;
  }

  open() {
    this.onStatus("connecting ...");
    this.ready = new Promise((resolve) => {
      this.socket = new WebSocket(`ws://${location.host}/socket?token=${encodeURIComponent(this.token)}`);
      this.socket.binaryType = "arraybuffer";
      this.socket.onopen = () => { this.onStatus("connected"); resolve(); };
      this.socket.onmessage = ({ data }) => this.take(unpack(data));
      this.socket.onclose = () => this.onStatus("the connection is lost");
    });
  }

  take(message) {
    if (message.kind === "state") return this.onState(message.state);
    const { resolve, reject } = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error) reject(new Error(message.error));
    else resolve(message.result);
  }

  async ask(request) {
    await this.ready;
    return new Promise((resolve, reject) => {
      const id = this.next++;
      this.waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, ...request }));
    });
  }
}
