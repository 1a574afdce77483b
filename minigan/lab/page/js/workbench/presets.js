// Images and kernels to begin from.

const ninth = 1 / 9;

export const IMAGES = {
  step: [
    [0, 0, 1, 1],
    [0, 0, 1, 1],
    [0, 0, 1, 1],
    [0, 0, 1, 1],
  ],
  dot: [
    [0, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ],
  diagonal: [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ],
  ramp: [
    [-1, -0.5, 0.5, 1],
    [-1, -0.5, 0.5, 1],
    [-1, -0.5, 0.5, 1],
    [-1, -0.5, 0.5, 1],
  ],
  mixed: [
    [0.3, -1.2, 0.8, 0.1],
    [1.5, 0.4, -0.6, -0.9],
    [-0.2, 0.7, 1.1, -1.4],
    [0.9, -0.5, 0.2, 0.6],
  ],
};

/** For kernels of 3 x 3. */
export const KERNELS = {
  "edge detector": [
    [-1, 0, 1],
    [-1, 0, 1],
    [-1, 0, 1],
  ],
  outline: [
    [-1, -1, -1],
    [-1, 8, -1],
    [-1, -1, -1],
  ],
  blur: [
    [ninth, ninth, ninth],
    [ninth, ninth, ninth],
    [ninth, ninth, ninth],
  ],
  ones: [
    [1, 1, 1],
    [1, 1, 1],
    [1, 1, 1],
  ],
  copy: [
    [0, 0, 0],
    [0, 1, 0],
    [0, 0, 0],
  ],
};

/** Different numbers for dy, in the shape of an array. */
export function mixedLike({ shape, data }) {
  const numbers = [1, -0.5, 0.2, 0.8, -1, 0.4, -0.3];
  return { shape, data: Array.from(data, (_, place) => numbers[place % numbers.length]) };
}
