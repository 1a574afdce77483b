"""Values that are NaN or infinite: whether a step checks for them, and where the first one came from.

On the CPU every step checks its losses and weights. On a GPU a check is a wait: the host, which sends the work ahead,
has to let the GPU catch up and then run idle. So there the trainer checks the losses of many steps at once, and finds
the step that failed when it runs them again in a block of `check_values_on_gpu`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from minigan.backend import Array, array_module, asnumpy
from minigan.errors import NonFiniteError
from minigan.layers.base import Context
from minigan.model.sequential import Sequential
from minigan.models import GAN
from minigan.random import Stream

__all__ = [
    "all_finite",
    "check_finite",
    "check_values_on_gpu",
    "check_weights",
    "first_non_finite",
    "values_are_checked",
]

_checked_on_gpu = False


def values_are_checked(array: Array) -> bool:
    """Whether steps check values in the memory of `array`: always on the CPU, on a GPU only if asked to."""
    return _checked_on_gpu or array_module(array) is np


@contextmanager
def check_values_on_gpu() -> Iterator[None]:
    """A block in which steps check their values on a GPU too."""
    global _checked_on_gpu
    before, _checked_on_gpu = _checked_on_gpu, True
    try:
        yield
    finally:
        _checked_on_gpu = before


def check_finite(loss: Array, network: str) -> Array | float:
    """The loss as a number; on a GPU, where values are not checked, as it is.

    Raises
    ------
    NonFiniteError
        It is NaN or infinite.
    """
    if not values_are_checked(loss):
        return loss
    value = float(asnumpy(loss))
    if not np.isfinite(value):
        raise NonFiniteError(f"the {network}'s loss is {value}")
    return value


def check_weights(network: Sequential) -> None:
    """Refuse weights that an update made NaN or infinite: not every loss shows it, for tanh makes 1 of an infinity."""
    if values_are_checked(network.flat_data) and not all_finite(network.flat_data):
        raise NonFiniteError(f"a weight of the {network.name} is no longer finite")


def first_non_finite(
    gan: GAN, real: Array | None, noise: Array | None, labels: tuple[Array | None, Array | None] = (None, None)
) -> str:
    """Run the batches of a failed step once more, layer by layer, and name the first value that is not finite.

    Nothing is changed. The dropout masks differ from the step's, which makes no NaN and hides none. `labels` are the
    classes of the real and of the generated images.
    """
    rng = Stream(0, "diagnosis")
    of_real, of_fake = (Context(training=True, rng=rng, update_stats=False, labels=classes) for classes in labels)
    # Infinities are expected here: no need to warn of them.
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
    # A NaN is both the smallest and the largest value; so no array of booleans as large as this one is needed.
    finite = array_module(array).isfinite
    return bool(finite(array.min()) & finite(array.max()))
