"""One plain sentence for each thing that the form of the set-up offers."""

from typing import NamedTuple

__all__ = ["ACTIVATIONS", "DATA", "LOSSES", "MODELS", "NOISES", "OPTIMIZERS", "PENALTIES", "DataWords"]


class DataWords(NamedTuple):
    """A data set's title, the kind of its examples ("line", "points" or "images"), their shape, and what it is."""

    title: str
    kind: str
    shape: tuple[int, ...]
    text: str


#: All data sets. Of pictures in a folder the shape is the one that they get.
DATA = {
    "gaussian": DataWords("Gaussian", "line", (1,), "One normal distribution on a line: the simplest GAN there is."),
    "ring": DataWords("Ring", "points", (2,), "Eight small clusters around a circle: G may leave some of them out."),
    "grid": DataWords("Grid", "points", (2,), "25 small clusters on a square grid: harder than the ring."),
    "spiral": DataWords("Spiral", "points", (2,), "Two turns of a spiral, with a little noise."),
    "moons": DataWords("Moons", "points", (2,), "Two half circles; the end of each lies inside the other."),
    "line": DataWords("Line", "points", (2,), "A diagonal without any width: D can separate nearly all other points."),
    "drawn": DataWords("Drawn by hand", "points", (2,), "The points that you draw, each with a small cloud around it."),
    "digits": DataWords(
        "Digits", "images", (28, 28, 1), "5,000 handwritten digits, 28 x 28 pixels; they come with minigan."
    ),
    "mnist": DataWords(
        "MNIST",
        "images",
        (28, 28, 1),
        "60,000 handwritten digits, 28 x 28 pixels; downloaded when they are first used.",
    ),
    "fashion-mnist": DataWords(
        "Fashion-MNIST",
        "images",
        (28, 28, 1),
        "60,000 grey pictures of clothes, 28 x 28 pixels; downloaded when they are first used.",
    ),
    "cifar10": DataWords(
        "CIFAR-10", "images", (32, 32, 3), "50,000 colour photos, 32 x 32 pixels; downloaded when they are first used."
    ),
    "stacked-digits": DataWords(
        "Stacked digits", "images", (28, 28, 3), "Three digits in the three colours of one image: 1,000 modes."
    ),
    "folder": DataWords("A folder", "images", (28, 28, 3), "Your own pictures, each made 28 x 28 pixels large."),
}

MODELS = {
    "small": "Small networks that suit the data: two hidden layers for points, two convolutions for images.",
    "mlp1d": "Two hidden layers of 32 units, for numbers on a line.",
    "mlp2d": "Three hidden layers of 128 units, for points in the plane.",
    "dcgan28": "Four convolutions in D, three in G, with BatchNorm: the DCGAN of the lessons.",
    "wgan-gp28": "The same with a critic for WGAN-GP: LayerNorm in place of BatchNorm, no sigmoid.",
    "gan2014-mnist": "The networks of the 2014 paper: Dense layers only, D with Maxout.",
}

LOSSES = {
    "non-saturating": "G maximises log D(G(z)): its gradient is strong while D is winning. The usual choice.",
    "minimax": "G minimises log(1 - D(G(z))), as in the theory: its gradient vanishes while D is winning.",
    "least-squares": "D learns the numbers 1 and 0 by squared errors; G learns to get 1.",
    "hinge": "D learns a score above 1 for real and below -1 for generated examples, and no more than that.",
    "wasserstein": "D is a critic: its score is unlimited, so it needs a penalty or it grows without end.",
}

PENALTIES = {
    "": "No penalty.",
    "wgan-gp": "D's gradient gets the length 1 between real and generated examples. Made for the Wasserstein loss.",
    "dragan": "D's gradient gets the length 1 around real examples.",
    "r1": "D's gradient is kept small at real examples: D becomes smooth, and training calmer.",
    "r2": "D's gradient is kept small at generated examples.",
}

OPTIMIZERS = {
    "adam": "Scales the step of each weight by its recent gradients. The usual choice for a GAN.",
    "rmsprop": "Scales the step of each weight by its recent gradients, without momentum.",
    "momentum": "Goes on in the direction of earlier steps.",
    "sgd": "Steps along the gradient, and nothing else.",
}

NOISES = {
    "normal": "Normal numbers with mean 0 and variance 1.",
    "uniform": "Numbers from -1 to 1, all equally likely.",
    "unit-uniform": "Numbers from -1.73 to 1.73, all equally likely: mean 0 and variance 1.",
}

ACTIVATIONS = {
    "elu": "x above 0, and exp(x) - 1 below.",
    "gelu": "x times the probability that a normal number is below x.",
    "leaky_relu": "x above 0, and x / 5 below: no unit stops learning.",
    "linear": "x: no activation.",
    "relu": "x above 0, and 0 below.",
    "selu": "ELU, scaled so that mean 0 and variance 1 stay from layer to layer.",
    "sigmoid": "From 0 to 1: a probability.",
    "silu": "x sigmoid(x), smooth and close to ReLU.",
    "softmax": "Positive numbers with the sum 1.",
    "softplus": "log(1 + exp(x)), a smooth ReLU.",
    "tanh": "From -1 to 1.",
}
