// The frame of the page: the connection, and a tab for each part.

import { Connection } from "lab/connection.js";
import { Lab } from "lab/lab.js";
import { play } from "lab/play/play.js";

/** The parts: each has a title and mount(root, lab), which fills `root` and returns a function that ends it. */
const PARTS = [play];

export function start(connection = null) {
  const status = document.getElementById("connection");
  const token = new URLSearchParams(location.search).get("token");
  const lab = new Lab(connection ?? new Connection(token, (text) => { status.textContent = text; }));
  const content = document.getElementById("content");
  const tabs = document.getElementById("tabs");
  let end = () => {};
  const buttons = PARTS.map((part) => {
    const button = document.createElement("button");
    Object.assign(button, { textContent: part.title, type: "button" });
    button.setAttribute("role", "tab");
    button.onclick = () => show(part);
    tabs.append(button);
    return button;
  });
  function show(part) {
    end();
    content.replaceChildren();
    buttons.forEach((button, place) => button.setAttribute("aria-selected", String(PARTS[place] === part)));
    end = part.mount(content, lab);
  }
  show(PARTS[0]);
  return lab;
}
