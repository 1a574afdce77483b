// Images of a batch, as images: a row of small ones, by which to choose the example.

import { element } from "lab/ui/dom.js";

/** Images that are shown. */
const COUNT = 6;

/** Whether an array holds images that can be seen: grey, or red, green and blue. */
export const holdsImages = ({ name, shape }) =>
  ["real", "fake"].includes(name) && shape.length === 4 && [1, 3].includes(shape[3]);

/** The row; load(choice) gives one channel of an example, choose(example) is called on a click. */
export function imageStrip({ shape: [batch, , , channels] }, load, choose) {
  const buttons = Array.from({ length: Math.min(COUNT, batch) }, (_, example) => {
    const picture = element("canvas");
    // What cannot be loaded is said in the figure below.
    drawImage(picture, example, channels, load).catch(() => picture.remove());
    return element(
      "button",
      {
        type: "button",
        class: "image-choice",
        "aria-label": `Example ${example}`,
        "aria-pressed": String(example === 0),
        "data-control": `example-${example}`,
        onclick: () => press(example),
      },
      picture,
    );
  });
  function press(example) {
    buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(place === example)));
    choose(example);
  }
  return element("div", { class: "image-strip", role: "group", "aria-label": "Examples" }, ...buttons);
}

async function drawImage(picture, example, channels, load) {
  const parts = await Promise.all(Array.from({ length: channels }, (_, channel) => load({ example, channel })));
  const [height, width] = parts[0].values.shape;
  Object.assign(picture, { width, height });
  const grey = greyOf(parts);
  const pixels = new ImageData(width, height);
  for (let place = 0; place < width * height; place++) {
    for (let colour = 0; colour < 3; colour++) {
      pixels.data[4 * place + colour] = grey(parts[Math.min(colour, channels - 1)].values.data[place]);
    }
    pixels.data[4 * place + 3] = 255;
  }
  picture.getContext("2d").putImageData(pixels, 0, 0);
}

/** From a value to 0 ... 255: D sees images with values from -1 to 1, from 0 to 1, or from 0 to 255. */
function greyOf(parts) {
  const values = parts.flatMap((part) => [...part.values.data]);
  if (Math.max(...values) > 1) return (value) => value;
  return Math.min(...values) < 0 ? (value) => (value + 1) * 127.5 : (value) => value * 255;
}
