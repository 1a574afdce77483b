// Elements in one call.

const SVG = "http://www.w3.org/2000/svg";

/** Strings that are properties, not attributes. */
const PROPERTIES = new Set(["value", "textContent", "innerHTML"]);

/**
 * An HTML element: element("button", {class: "small", onclick: f, "data-control": "play"}, "Play").
 * `style` is an object; values that are null or false are left out; children are nodes, texts, or null.
 */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "style") Object.assign(node.style, value);
    else if (PROPERTIES.has(name) || (typeof value === "function" && name in node)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child || child === 0));
  return node;
}

/** An SVG element. */
export function drawn(tag, properties = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") node[name] = value;
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter(Boolean));
  return node;
}

/** An id that no other element has. */
let count = 0;
export const newId = (name) => `${name}-${++count}`;

/** Sets a text only where it differs, so that screen readers and layout have no work for nothing. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
