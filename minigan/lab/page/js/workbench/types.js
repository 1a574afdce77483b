// The layers of the workbench, with the settings that one can change there.

const count = (value, max) => ({ value, min: 1, max, step: 1 });
const share = (value, max = 1, step = 0.05) => ({ value, min: 0, max, step });
const PADDING = { value: "valid", choices: ["valid", "same"] };

/**
 * By the layer's class: {settings: {name: form}, fixed, mixes}. A form has `choices`, or min, max and step; `fixed` are
 * settings that stay. A layer that `mixes` numbers has dx = 0 where dy is 1 everywhere, so it begins with another dy.
 */
export const TYPES = {
  Conv2D: { settings: { kernel_size: count(3, 4), strides: count(1, 3), padding: PADDING }, fixed: { filters: 1 } },
  Conv2DTranspose: {
    settings: { kernel_size: count(3, 4), strides: count(2, 3), padding: { ...PADDING, value: "same" } },
    fixed: { filters: 1 },
  },
  UpSampling2D: {
    settings: { size: count(2, 3), interpolation: { value: "nearest", choices: ["nearest", "bilinear"] } },
  },
  MaxPooling2D: { settings: { pool_size: count(2, 4), strides: count(2, 3), padding: PADDING } },
  AveragePooling2D: { settings: { pool_size: count(2, 4), strides: count(2, 3), padding: PADDING } },
  Dense: { settings: { units: count(3, 6) } },
  Maxout: { settings: { units: count(2, 4), pieces: count(2, 4) } },
  BatchNorm: { settings: { epsilon: share(0.001, 1, 0.001) }, mixes: true },
  LayerNorm: { settings: { epsilon: share(0.001, 1, 0.001) }, mixes: true },
  ReLU: { settings: {} },
  LeakyReLU: { settings: { negative_slope: share(0.2) } },
  ELU: { settings: { alpha: share(1, 5) } },
  Sigmoid: { settings: {} },
  Tanh: { settings: {} },
  Softplus: { settings: {} },
  SiLU: { settings: {} },
  GELU: { settings: {} },
  Softmax: { settings: {}, mixes: true },
  Dropout: { settings: { rate: share(0.5, 0.95) } },
};

/** The layer of this type as the session takes it, with the settings one begins with. */
export function specOf(type) {
  const { settings, fixed } = TYPES[type];
  const begun = Object.fromEntries(Object.entries(settings).map(([name, { value }]) => [name, value]));
  return { type, ...fixed, ...begun };
}
