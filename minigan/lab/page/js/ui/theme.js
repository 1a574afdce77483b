// Light or dark: as the system has it, until a person chooses.

import { element } from "lab/ui/dom.js";
import { themeChanged } from "lab/ui/colours.js";

const KEY = "minigan lab theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");

/** What the person chose: "light", "dark", or null. A page from a file may have no storage. */
function chosen() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function apply() {
  document.documentElement.dataset.theme = chosen() ?? (system.matches ? "dark" : "light");
  themeChanged();
}

/** The button that changes between light and dark. */
export function themeSwitch() {
  const button = element("button", { type: "button", class: "plain", "data-control": "theme" });
  const label = () => {
    const dark = document.documentElement.dataset.theme === "dark";
    button.textContent = dark ? "☀" : "☾";
    button.title = dark ? "Light colours" : "Dark colours";
    button.setAttribute("aria-label", button.title);
  };
  button.onclick = () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, next);
    } catch {
      /* The choice then lasts as long as the page. */
    }
    document.documentElement.dataset.theme = next;
    themeChanged();
    label();
  };
  system.addEventListener("change", () => {
    apply();
    label();
  });
  apply();
  label();
  return button;
}
