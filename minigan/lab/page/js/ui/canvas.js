// A canvas that is sharp on every screen and follows the width of its place.

import { element } from "lab/ui/dom.js";

/**
 * A canvas with `ratio` = height / width; draw(context, width, height) gets lengths in CSS pixels.
 * Returns {node, redraw(), end()}; many calls of redraw() in one frame draw once.
 */
export function sharpCanvas(properties, ratio, draw) {
  const node = element("canvas", properties);
  const context = node.getContext("2d");
  let frame = 0;
  const paint = () => {
    frame = 0;
    const width = node.clientWidth;
    if (!width) return;
    const height = Math.round(width * ratio),
      scale = window.devicePixelRatio || 1;
    if (node.width !== Math.round(width * scale) || node.height !== Math.round(height * scale)) {
      node.width = Math.round(width * scale);
      node.height = Math.round(height * scale);
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, width, height);
  };
  const redraw = () => {
    frame ||= requestAnimationFrame(paint);
  };
  node.style.aspectRatio = String(1 / ratio);
  const sizes = new ResizeObserver(redraw);
  sizes.observe(node);
  return {
    node,
    redraw,
    end: () => {
      sizes.disconnect();
      cancelAnimationFrame(frame);
    },
  };
}
