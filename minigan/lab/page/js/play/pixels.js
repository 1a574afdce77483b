// Images of the session on canvases.

/** Paints one of the images (n, H, W, C) of a view, of bytes, grey or colour, into a canvas. */
export function paint(canvas, { data, shape }, index = 0) {
  const [height, width, channels] = shape.slice(-3),
    size = height * width * channels;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d"),
    image = context.createImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    const from = index * size + i * channels;
    for (let part = 0; part < 3; part++) image.data[4 * i + part] = data[from + (channels === 1 ? 0 : part)];
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
