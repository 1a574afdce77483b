"""The function `explain`, and its checks."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import numpy as np

from minigan.backend import Array
from minigan.errors import ConfigError, DtypeError, ShapeError, StaleCacheError
from minigan.explaining.explainer import Explainer
from minigan.explaining.explanation import Explanation, Index
from minigan.explaining.given import Given
from minigan.explaining.registry import explainer_of
from minigan.layers import Layer
from minigan.numbers import whole

__all__ = ["explain", "quantities"]


def explain(
    layer: Layer,
    cache: Any,
    quantity: str,
    index: int | tuple[int, ...],
    *,
    x: Array | None = None,
    dy: Array | None = None,
) -> Explanation:
    """The sum that makes one entry of a layer's output or of one of its gradients, with its numbers.

    The arithmetic is that of the formula in the layer's docstring, spelled out in Python's float64 numbers: no kernel
    of minigan takes part.

    Parameters
    ----------
    layer : Layer
        A built layer of `minigan.layers`.
    cache : NamedTuple
        What the layer's own forward returned: not that of a fused step.
    quantity : str
        "y", "dx", or the gradient of a parameter: "dkernel", "dbias", "dgamma", "dbeta", "dalpha", ...
    index : tuple of int
        The entry's place in that array, with the batch axis where it has one.
    x : array, optional
        The input of the forward; needed for "y" of layers whose cache does not hold it.
    dy : array, optional
        The gradient with respect to the output; needed for all but "y".

    Returns
    -------
    Explanation
        Its terms, in order, their total, and the entries of arrays that they come from. Printed, it is a table.

    Raises
    ------
    ConfigError
        The layer, the quantity or the index is not one that can be explained, or an array is missing.
    ShapeError, DtypeError, StaleCacheError
        An array or the cache does not fit the layer as it is now.

    Notes
    -----
    A gradient of a parameter is that of this pass alone. `Parameter.grad` is the sum over all passes since it was last
    set to zero.

    Examples
    --------
    >>> import numpy as np
    >>> import minigan as mg
    >>> layer = mg.layers.Dense(2, activation="tanh")
    >>> _ = layer.build((3,))
    >>> layer.kernel.data[...] = [[0.5, -1], [0.25, 2], [1, 0.5]]
    >>> y, cache = layer.forward(np.array([[1, 2, -0.5]], np.float32))
    >>> mg.explain(layer, cache, "y", (0, 0))
    y[0, 0] of Dense 'dense' = 0.462117
    y = tanh(z)
    <BLANKLINE>
      term             z     value
      tanh(z[0, 0])  0.5  0.462117
    <BLANKLINE>
    z[0, 0] = 0.5
    z[n, u] = sum_d x[n, d] kernel[d, u] + bias[u]
      term                       x  kernel  bias  value
      x[0, 0] * kernel[0, 0]     1     0.5          0.5
      x[0, 1] * kernel[1, 0]     2    0.25          0.5
      x[0, 2] * kernel[2, 0]  -0.5       1         -0.5
      bias[0]                                  0      0
      sum                                           0.5
    """
    explainer_class = explainer_of(layer)
    check_cache(layer, cache)
    check_given(layer, cache, quantity, x, dy)
    place = index_in(layer, quantity, shape_of(layer, cache, quantity), index)
    method: Callable[[Index], Explanation] = getattr(explainer_class(layer, Given(layer, cache, x, dy)), quantity)
    return replace(method(place), layer=layer.title)


def quantities(layer: Layer) -> list[str]:
    """The quantities of a layer that `explain` takes: y, dx, and the gradients of its parameters.

    Raises
    ------
    ConfigError
        The layer cannot be explained.
    """
    explainer = explainer_of(layer)
    trained = (f"d{name}" for name, parameter in layer.parameters.items() if parameter.trainable)
    written = (name for name in ("y", "dx", *trained) if hasattr(explainer, name))
    return [name for name in written if getattr(explainer, name) is not getattr(Explainer, name, None)]


def check_cache(layer: Layer, cache: Any) -> None:
    """Refuse the cache of another layer or of a fused step, and one from before the last update of the parameters."""
    stamp, expected = layer.stamp_in(cache), cache_class(layer)
    if not isinstance(cache, expected) or stamp.shape[1:] != layer.output_shape:
        raise ConfigError(
            f"{layer.title}: expected the {expected.__name__} of its own forward, got {type(cache).__name__} of an "
            f"output {stamp.shape}: a network made with fuse=False gives the caches of its layers"
        )
    if np.dtype(stamp.dtype).kind == "c":
        raise DtypeError(f"{layer.title}: expected a pass of float32 or float64, got {stamp.dtype}")
    if stamp.version != layer.version:
        raise StaleCacheError(
            f"{layer.title}: the cache is from before the last update of the parameters; run forward again"
        )


def cache_class(layer: Layer) -> type:
    """The class of the caches that a layer's forward returns, by its annotation ``-> tuple[Array, DenseCache]``."""
    annotated = get_args(type(layer).forward.__annotations__.get("return"))
    return annotated[1] if len(annotated) == 2 and isinstance(annotated[1], type) else object


def check_given(layer: Layer, cache: Any, quantity: str, x: Array | None, dy: Array | None) -> None:
    """Refuse a quantity that the layer does not have, an x unlike the input, and a dy that is missing or unlike y."""
    if quantity not in (known := quantities(layer)):
        raise ConfigError(f"{layer.title}: expected a quantity, one of {', '.join(known)}, got {quantity!r}")
    shape = cache.stamp.shape
    if x is not None:
        layer.check_input(x)
        if len(x) != shape[0]:
            raise ShapeError(f"{layer.title}: expected the x of this cache, {shape[0]} examples, got {len(x)}")
    if dy is not None:
        layer.check_backward(dy, cache)
    elif quantity != "y":
        raise ConfigError(
            f"{layer.title}: {quantity} is made of the gradient with respect to y: give it, dy=..., of shape {shape}"
        )


def shape_of(layer: Layer, cache: Any, quantity: str) -> tuple[int, ...]:
    """The shape of the array that a quantity is an entry of."""
    batch, *_ = shape = cache.stamp.shape
    match quantity:
        case "y":
            return shape
        case "dx":
            return (batch, *layer.input_shape)
    return layer.parameters[quantity.removeprefix("d")].data.shape


def index_in(layer: Layer, quantity: str, shape: tuple[int, ...], index: Any) -> Index:
    """The index as a tuple of Python's numbers; a whole number does for an array of one axis."""
    entries = index if isinstance(index, tuple | list) else (index,)
    places = tuple(-1 if (at := whole(entry)) is None else at for entry in entries)
    if len(places) != len(shape) or not all(0 <= at < size for at, size in zip(places, shape)):
        raise ConfigError(
            f"{layer.title}: expected an index of {quantity} {shape}: {len(shape)} whole numbers from 0 on, each less "
            f"than the size of its axis, got {index!r}"
        )
    return places
