"""Where a NaN came from."""

import numpy as np

from minigan.backend import Array, array_module
from minigan.layers.base import Context
from minigan.model.sequential import Sequential
from minigan.models import GAN
from minigan.random import Stream

__all__ = ["first_non_finite"]


def first_non_finite(
    gan: GAN, real: Array | None, noise: Array | None, labels: tuple[Array | None, Array | None] = (None, None)
) -> str:
    """Run the batches of a failed step once more, layer by layer, and name the first value that is not finite.

    Nothing is changed. The dropout masks are other ones, which moves no NaN. `labels` are the classes of the real and
    of the generated images.
    """
    rng = Stream(0, "diagnosis")
    of_real, of_fake = (Context(training=True, rng=rng, update_stats=False, labels=classes) for classes in labels)
    # Infinities are what is looked for: no need to warn of them.
    with np.errstate(all="ignore"):
        fake = None
        if noise is not None:
            found, fake = walk(gan.generator, noise, of_fake)
            if found:
                return found
        for images, ctx in ((real, of_real), (fake, of_fake)):
            if images is not None:
                found, _ = walk(gan.discriminator.logits, images, ctx)
                if found:
                    return found
    return "every layer's parameters and outputs are finite: the loss itself went out of range"


def walk(network: Sequential, x: Array, ctx: Context) -> tuple[str, Array]:
    """The first fault in this network, or an empty text; and its output."""
    if not all_finite(x):
        return f"the input of the {network.name} is not finite", x
    for layer, y, _ in network.walk(x, ctx):
        for name, parameter in layer.parameters.items():
            if not all_finite(parameter.data):
                return f"it came from the {network.name}'s layer {layer.name}: its {name} is not finite", y
        if not all_finite(y):
            return f"it came from the {network.name}'s layer {layer.name}: its output is not finite", y
        x = y
    return "", x


def all_finite(array: Array) -> bool:
    """Whether there is no NaN and no infinity in `array`."""
    if not array.size:
        return True
    # A NaN is both the smallest and the largest; and so no array of answers as large as this one is made.
    finite = array_module(array).isfinite
    return bool(finite(array.min()) & finite(array.max()))
