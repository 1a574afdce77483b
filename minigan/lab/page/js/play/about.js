// What each number and each picture is: plain words with the formula.

import { math } from "lab/ui/math.js";

const text = (words, formula = null, after = null) =>
  `<p>${words}</p>${formula ? math(formula) : ""}${after ? `<p>${after}</p>` : ""}`;

export const ABOUT = {
  outputs: text(
    "The mean of D over the real and over the generated samples of the batch, before D's update.",
    "D(x) = frac{p_{data}(x)}{p_{data}(x) + p_G(x)}",
    "This is the best D for a given G. If G is perfect, both means are 1/2.",
  ),
  accuracies: text(
    "The share of the batch on which D is right: real samples above the limit, generated ones below.",
    "frac{right}{right + wrong}",
    "At the end of a good training D can only guess: 50% of both together.",
  ),
  norms: text(
    "The size of the gradient of each layer: the root of the sum of the squares of all its gradients. The scale is " +
      "logarithmic. A layer with a gradient near 0 does not learn.",
    "| g | = {(∑ g_i^2)}^{1/2}",
  ),
  modes: text(
    "The data have several modes (groups). A generated sample is good if it is near the centre of a mode; a mode " +
      "is covered if enough good samples are there.",
    "coverage = frac{modes covered}{modes}",
  ),
  divergence: text(
    "How far the density of the generated samples is from that of the data, on a grid of squares. 0 means equal.",
    "KL(p | q) = ∑ p_i log frac{p_i}{q_i}",
    `JS compares both with their mean m = (p + q) / 2. ${math("JS = frac{1}{2} KL(p | m) + frac{1}{2} KL(q | m)")} ` +
      "JS is between 0 and log 2 = 0.693. D's best loss is log 4 - 2 JS.",
  ),
  real: text("Samples of the data: what G should learn to make.", "x ~ p_{data}"),
  generated: text(
    "What G makes of noise. The noise is the same at every look, so you see the same points move.",
    "G(z), z ~ p_z",
  ),
  field: text(
    "D at each place of the plane: blue where D says real, vermilion where D says generated, white where D is " +
      "undecided. The line is where D is exactly undecided.",
    "D(x)",
  ),
  grid: text(
    "G moves each noise z to a point. Here G moves a straight grid of noise: it bends and folds. " +
      "The darker a cell, the more samples fall into it.",
  ),
  arrows: text(
    "How each generated point should move so that G's loss gets smaller. G's weights change so that the points " +
      "follow the arrows.",
    "-frac{∂ L_G}{∂ x}",
  ),
  line: text(
    "Above: D, the density of the data and that of the generated numbers. Below: G moves each noise z to x = G(z). " +
      "Where the arrows are dense, G generates many numbers. This is figure 1 of the GAN paper (2014).",
    "D(x) = frac{p_{data}(x)}{p_{data}(x) + p_G(x)}",
    "That is the best D for this G.",
  ),
  samples: text(
    "G of fixed noise vectors: the same noise at every look, so you see each image change. The number is D of the " +
      "image. Choose two images for the walk.",
    "G(z_i)",
  ),
  walk: text(
    "The images on the straight way from the noise of one image to the noise of another. If G has learnt " +
      "and not only stored images, each step looks like an image.",
    "G((1 - t) z_i + t z_j)",
  ),
  histogram: text(
    "How often D gives each value to real and to generated images. If both lie on top of each other, D cannot " +
      "tell them apart.",
    "D(x), D(G(z))",
  ),
  nearest: text(
    "The training image with the smallest distance to the sample, pixel by pixel. If it is much smaller than the " +
      "usual distance between training images, G has stored this image.",
    "min_i | x_i - G(z) |",
  ),
  graph: text(
    "G makes samples of noise; D judges real and generated samples. In D's step the gradient changes D only. In G's " +
      "step the gradient goes back through D to the samples, and on into G; it changes G only. " +
      "Click a layer to look inside.",
    "z → G → G(z) → D → L",
  ),
  steps: text("One round is k steps of D and one step of G."),
  penalty: text(
    "A term that is added to D's loss and keeps D's gradient small or near 1, so that D stays smooth. The weight " +
      "says how much it counts.",
    "L_D + λ P",
  ),
  learning_rate: text("How far one step changes the weights against the gradient.", "w = w - η g"),
  momentum: text(
    "How much of the earlier gradients a step keeps. GANs often learn better with a small value. In Adam it is β₁.",
    "m = β m + (1 - β) g",
  ),
  batch_size: text("The number of real and of generated samples in one step."),
  d_steps: text("Steps of D for each step of G: k in the GAN paper."),
  latent_size: text("How many noise numbers G gets for one sample.", "z = (z_1, ..., z_n)"),
  label_smoothing: text("D's target for real samples is 1 less this number, so that D does not get too sure."),
  instance_noise: text(
    "Noise that is added to real and to generated samples before D sees them: their densities then overlap. " +
      "The number is the standard deviation.",
    "x + σ ε",
  ),
  seed: text("The number that all random choices come from. The same seed gives the same training, to the last bit."),
  loss: text("What D and G make smaller. The lesson on GAN losses explains each."),
  optimizer: text("How a gradient changes the weights."),
  noise: text("The distribution of the noise that G gets."),
};

/** D's loss, G's loss, and both if D can only guess. D is the value after the sigmoid, d the score before it. */
const LOSSES = {
  "non-saturating": [
    "-mean log D(x) - mean log(1 - D(G(z)))",
    "-mean log D(G(z))",
    "If D can only guess, D = 1/2: then L<sub>D</sub> is log 4 = 1.386 and L<sub>G</sub> is log 2 = 0.693.",
  ],
  minimax: [
    "-mean log D(x) - mean log(1 - D(G(z)))",
    "mean log(1 - D(G(z)))",
    "If D can only guess, D = 1/2: then L<sub>D</sub> is log 4 = 1.386 and L<sub>G</sub> is -log 2 = -0.693.",
  ],
  "least-squares": [
    "frac{1}{2} mean {(d(x) - 1)}^2 + frac{1}{2} mean {d(G(z))}^2",
    "frac{1}{2} mean {(d(G(z)) - 1)}^2",
    "If D can only guess, d = 1/2: then L<sub>D</sub> is 1/4 and L<sub>G</sub> is 1/8.",
  ],
  hinge: [
    "mean max(0, 1 - d(x)) + mean max(0, 1 + d(G(z)))",
    "-mean d(G(z))",
    "If D can only guess, L<sub>D</sub> is 2.",
  ],
  wasserstein: [
    "mean d(G(z)) - mean d(x)",
    "-mean d(G(z))",
    "-L<sub>D</sub>, without the penalty, estimates the Wasserstein distance: 0 if G is perfect.",
  ],
};

/** What the losses are, for the loss of the set-up. */
export function lossFormulas(name) {
  const [ofD, ofG, end] = LOSSES[name] ?? LOSSES["non-saturating"];
  return (
    text("D's loss is small if D gives real samples high values and generated ones low values.", `L_D = ${ofD}`) +
    text("G's loss is small if D gives the generated samples high values.", `L_G = ${ofG}`, end)
  );
}
