// The colours of lab.css for canvases, and the two scales of heat maps.

const known = new Map();
const listeners = new Set();

/** The value of a CSS variable: colour("real"), colour("text"). */
export function colour(name) {
  if (!known.has(name))
    known.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
  return known.get(name);
}

/** Calls `listener` when the page turns light or dark; returns a function that ends this. */
export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** To be called by the theme switch. */
export function themeChanged() {
  known.clear();
  for (const listener of listeners) listener();
}

/** The parts [r, g, b] of "#rrggbb". */
export function parts(hex) {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

const mixed = (one, other, share) => one.map((value, i) => Math.round(value + (other[i] - value) * share));

/** From one end over the middle to the other end, by a share from 0 to 1. */
function scale(share, names) {
  const [low, middle, high] = names.map((name) => parts(colour(name)));
  return share < 0.5 ? mixed(low, middle, share * 2) : mixed(middle, high, share * 2 - 1);
}

const bounded = (share) => Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0.5));

/** [r, g, b] of D's pale tones: 0 is generated (vermilion), 0.5 undecided (white), 1 real (blue). */
export function tonesOf(share) {
  return scale(bounded(share), ["tone-generated", "ground", "tone-real"]);
}

/** [r, g, b] of a signed number: blue below 0, the ground's colour at 0, vermilion above; full at `limit`. */
export function divergingOf(value, limit) {
  return scale(bounded(0.5 + value / (2 * (limit || 1))), ["negative", "ground", "positive"]);
}

const css = ([red, green, blue]) => `rgb(${red}, ${green}, ${blue})`;

/** `tonesOf` as a CSS colour. */
export const tones = (share) => css(tonesOf(share));

/** `divergingOf` as a CSS colour. */
export const diverging = (value, limit) => css(divergingOf(value, limit));

/** The relative luminance of [r, g, b], from 0 to 1: WCAG 2.2. */
function luminance(rgb) {
  const [red, green, blue] = rgb.map((part) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Black or white, whichever is easier to read on [r, g, b]: the contrast is at least 4.5. */
export const inkOn = (rgb) => (luminance(rgb) > 0.179 ? "#000000" : "#ffffff");

/** 256 colours of a scale as pixels of ImageData (a Uint32Array), for a share from 0 to 1. */
export function pixelsOf(toParts) {
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const [red, green, blue] = toParts(i / 255);
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}
