"""Constraints on a network's weights, applied after each update.

A training step calls them with the network: ``partial(max_norm, bound=2.0)`` is one.
"""

from minigan import numbers
from minigan.backend import Array, array_module
from minigan.errors import ConfigError
from minigan.layers import Conv2D, Conv2DTranspose, Dense, Layer, Maxout
from minigan.layers.residual import every_layer
from minigan.model.sequential import Sequential

__all__ = ["clip_weights", "max_norm"]


def clip_weights(network: Sequential, bound: float) -> None:
    """Clip every trainable number of a network to [-bound, bound], in place: after each update of a critic.

    It bounds the network's slope, by an unknown number that depends on the depth. All trainable numbers are clipped,
    also biases, as in the paper's code, where the bound is 0.01.

    Raises
    ------
    ConfigError
        The bound is no number above 0.

    Notes
    -----
    Arjovsky, Chintala and Bottou, arXiv:1701.07875, algorithm 1, line 7.
    """
    bound = check_bound("clip_weights", bound)
    weights = network.flat_data
    array_module(weights).clip(weights, -bound, bound, out=weights)
    network.mark_updated()


def max_norm(network: Sequential, bound: float) -> None:
    """Scale the weights of each unit to a norm of at most `bound`, in place: ``w <- w min(1, bound / |w|)``.

    The weights of a unit are the factors of its inputs: a column of a Dense kernel, the whole kernel of a filter, one
    linear piece of a maxout unit. So a large learning rate cannot make the weights grow without limit. It applies to
    kernels of Dense, Maxout, Conv2D and Conv2DTranspose; biases and all other weights are not bounded.

    Raises
    ------
    ConfigError
        The bound is no number above 0.

    Notes
    -----
    Srebro and Shraibman, "Rank, trace-norm and max-norm", COLT 2005; with dropout: Srivastava et al., "Dropout", JMLR
    15 (2014), section 5.1. It is ``max_col_norm`` in the files of the 2014 paper, and MaxNorm in Keras.
    """
    bound = check_bound("max_norm", bound)
    for layer in every_layer(network):
        axes = axes_of_unit(layer)
        if axes:
            shorten(layer.parameters["kernel"].data, axes, bound)
    network.mark_updated()


def axes_of_unit(layer: Layer) -> tuple[int, ...]:
    """The axes of the layer's kernel that hold one unit's weights; none where the layer has no bound."""
    match layer:
        case Dense() | Maxout():
            return (0,)
        case Conv2D():
            return (0, 1, 2)
        case Conv2DTranspose():
            return (0, 1, 3)
    return ()


def shorten(kernel: Array, axes: tuple[int, ...], bound: float) -> None:
    """Scale vectors that are longer than `bound` to that length; the others keep their bits."""
    xp = array_module(kernel)
    every = list(range(kernel.ndim))
    # Squares and their sums in one call, which makes no other array of the kernel's size.
    squares = xp.einsum(kernel, every, kernel, every, [axis for axis in every if axis not in axes])
    length = xp.expand_dims(xp.sqrt(squares), axes)
    kernel *= bound / xp.maximum(length, kernel.dtype.type(bound))


def check_bound(name: str, bound: float) -> float:
    """The bound as a number above 0; infinity bounds nothing."""
    found = numbers.number(bound)
    if found is None or not found > 0:
        raise ConfigError(f"expected the bound of {name} to be positive, got {bound!r}")
    return found
