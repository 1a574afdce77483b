"""What each layer does, in a sentence or two."""

from minigan.layers import Layer

__all__ = ["ARRAY_TEXTS", "text_of"]

#: By the name of the class.
TEXTS = {
    "Dense": (
        "Each output is a sum of all inputs, each times a weight of its own, plus a bias. Then comes the activation."
    ),
    "Conv2D": (
        "A small kernel slides over the image. At each place the pixels below it are multiplied by its weights and "
        "added up."
    ),
    "Conv2DTranspose": (
        "Each input pixel puts one kernel, times its value, into a larger image. Where kernels overlap they are added."
    ),
    "UpSampling2D": "Each pixel becomes a block of pixels. On the way back the gradients of a block are added up.",
    "BatchNorm": (
        "Each channel is shifted and scaled to mean 0 and variance 1 over the whole batch; then it is scaled by gamma "
        "and shifted by beta."
    ),
    "LayerNorm": (
        "The numbers of each example are shifted and scaled to mean 0 and variance 1 over its channels; then they are "
        "scaled by gamma and shifted by beta."
    ),
    "GroupNormalization": (
        "The channels of each example are shifted and scaled group by group, to mean 0 and variance 1."
    ),
    "ReLU": "Positive numbers pass, negative ones become 0. The gradient passes where the number did.",
    "LeakyReLU": "Positive numbers pass, negative ones become smaller. The gradient gets smaller at the same places.",
    "PReLU": "As LeakyReLU, with a slope for negative numbers that is learned.",
    "ELU": "Positive numbers pass; negative ones approach a limit.",
    "SELU": "As ELU, with constants that keep mean and variance near 0 and 1.",
    "GELU": "Each number is multiplied by the probability that a normal random number is below it.",
    "SiLU": "Each number is multiplied by its own sigmoid.",
    "Softplus": "A smooth form of ReLU.",
    "Tanh": (
        "Each number is mapped into the range from -1 to 1. Where the output is near -1 or 1, little gradient passes."
    ),
    "Sigmoid": (
        "Each number is mapped into the range from 0 to 1. Where the output is near 0 or 1, little gradient passes."
    ),
    "Softmax": "Scores become shares that add up to 1, so each output depends on each input.",
    "Dropout": (
        "In training, randomly chosen numbers become 0 and the others get larger. The gradient passes where the number "
        "did."
    ),
    "GaussianNoise": "In training, normal random numbers are added. The gradient passes unchanged.",
    "MaxPooling2D": "Of each window only the largest number remains. The gradient goes back to its place alone.",
    "AveragePooling2D": "Each window becomes its mean. The gradient is shared among its pixels.",
    "GlobalAveragePooling2D": "Each channel becomes its mean over the whole image.",
    "Maxout": "Each unit computes several sums and keeps the largest. The gradient goes back to that one alone.",
    "Flatten": "An image becomes one row of numbers; nothing is computed.",
    "Reshape": "The same numbers in another shape; nothing is computed.",
    "Identity": "The output is the input.",
    "ZeroPadding2D": "Rows and columns of zeros are added around the image.",
    "Residual": "Layers compute what is added to the input; the input itself is passed on.",
    "SpectralNormalization": (
        "The kernel is divided by its largest singular value, so that the layer stretches no input."
    ),
    "ChannelMax": "Of neighbouring channels only the largest remains. The gradient goes back to that one alone.",
    "ConcatenateLabels": "Each class has numbers of its own, which are learned; they are put beside the input.",
    "ProjectionHead": "One number: how well the input fits real examples in general, and those of its class.",
    "MinibatchStdDev": "One more channel shows how different the examples of the batch are.",
    "SelfAttention2D": "Each place of the image collects what it needs from all other places.",
}

#: What the arrays of a layer are.
ARRAY_TEXTS = {
    "x": "the input",
    "y": "the output",
    "dy": "the slope of the loss at each output: where the backward begins",
    "dx": "the slope of the loss at each input: what the backward returns",
    "kernel": "the weights",
    "bias": "one number for each output, added",
    "gamma": "the learned scale",
    "beta": "the learned shift",
    "vector_u": "the direction that the kernel stretches most, as estimated so far",
    "moving_mean": "the moving average of the means, for use after training",
    "moving_variance": "the moving average of the variances, for use after training",
    "cache.x": "kept by the forward: the input",
    "cache.y": "kept by the forward: the output",
    "cache.activation.x": "kept by the forward: z, the input of the activation",
    "cache.activation.y": "kept by the forward: the output of the activation",
    "cache.x_hat": "kept by the forward: the normalised input",
    "cache.inverse_std": "kept by the forward: 1 / standard deviation",
    "cache.won": "kept by the forward: 1 for the piece that is the largest",
    "cache.places": "kept by the forward: where in its window each maximum was",
    "cache.mask": "kept by the forward: 1 where the number passed",
    "x_dot": "the direction in which the input moves, for the penalty",
    "y_dot": "how the output moves then",
}


def text_of(layer: Layer) -> str:
    """What the layer does; for one that is not known here, the first line of its own documentation."""
    kind = type(layer)
    of_images = kind.__name__.replace("1D", "2D")
    return TEXTS.get(of_images) or (kind.__doc__ or "").strip().partition("\n")[0].replace("`", "")
