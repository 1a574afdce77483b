"""What is given: the arrays of one pass, read entry by entry as Python's float64 numbers."""

from typing import Any

import numpy as np

from minigan.backend import Array, asnumpy
from minigan.errors import ConfigError
from minigan.explaining.explanation import Factor, Index
from minigan.layers import Layer

__all__ = ["Given"]


class Given:
    """A layer with the cache of one of its passes, and the arrays beside it.

    Every array is copied to the host once, when its first entry is read.

    Parameters
    ----------
    layer : Layer
    cache : NamedTuple
        Of the layer's forward.
    x, dy : array or None
        The input, where the cache does not hold it; the gradient with respect to the output.
    """

    #: What the layer's input is called: z for an activation inside of another layer.
    input_name = "x"

    #: Those of the places in an image; 1 where the image is the one row of a sequence.
    axes = 2

    def __init__(self, layer: Layer, cache: Any, x: Array | None = None, dy: Array | None = None) -> None:
        self.layer, self.cache = layer, cache
        self.arrays: dict[str, np.ndarray] = {}
        self.x_array, self.dy_array = x, dy

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: a pass of {self.layer.title}>"

    @property
    def batch(self) -> int:
        """The number of examples."""
        return self.cache.stamp.shape[0]

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of y, with the batch axis."""
        return self.cache.stamp.shape

    def x(self, index: Index) -> Factor:
        """An entry of the input."""
        return Factor(self.input_name, index, self.read("x", index))

    def dy(self, index: Index) -> Factor:
        """An entry of the gradient with respect to the output."""
        return Factor("dy", index, self.read("dy", index))

    def cached(self, field: str, index: Index) -> Factor:
        """An entry of an array in the cache."""
        name = self.input_name if field == "x" else field
        return Factor(name, index, self.read(f"cache.{field}", index))

    def parameter(self, name: str, index: Index) -> Factor:
        """An entry of a parameter."""
        return Factor(name, index, self.read(f"parameter.{name}", index))

    def read(self, name: str, index: Index) -> float:
        """An entry of an array by its name: x, dy, or a field of the cache, or a parameter."""
        array = self.arrays.get(name)
        if array is None:
            array = self.arrays[name] = asnumpy(self.array(name))
        return float(array.item(index))

    def array(self, name: str) -> Array:
        """An array by its name, as `read` takes it."""
        kind, _, rest = name.partition(".")
        match kind:
            case "cache":
                return getattr(self.cache, rest)
            case "parameter":
                return self.layer.parameters[rest].data
            case "dy":
                return self.dy_array
        cached = getattr(self.cache, "x", None)
        if cached is None and self.x_array is None:
            raise ConfigError(
                f"{self.layer.title}: its cache does not hold the input, of which y is made: "
                "give the x of its forward, x=..."
            )
        return self.x_array if cached is None else cached
