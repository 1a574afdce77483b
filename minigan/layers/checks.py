"""The checks at the beginning of every pass: broadcasting and old caches would hide wrong gradients."""

from typing import Any, NamedTuple

import numpy as np

from minigan import backend
from minigan.backend import Array, array_module
from minigan.errors import BackendError, ConfigError, DtypeError, NotBuiltError, ShapeError, StaleCacheError
from minigan.layers.parameter import Parameter
from minigan.numbers import whole

__all__ = ["CacheStamp", "Checks", "check_array", "parameter_dtype", "shape_of"]

#: What layers compute in; complex numbers are for the complex step, the derivative without a difference.
FLOATS = ("float32", "float64", "complex64", "complex128")


class CacheStamp(NamedTuple):
    """What a forward puts in its cache, by which the other passes check their arguments.

    Attributes
    ----------
    shape, dtype
        Of the output.
    version : int
        Of the layer's parameters, see `Checks.version`.
    backend : str
        Of the output's memory.
    """

    shape: tuple[int, ...]
    dtype: Any
    version: int
    backend: str = "numpy"


class Checks:
    """What a layer's passes check, before they compute anything."""

    name: str
    built: bool
    input_shape: tuple[int, ...]
    parameters: dict[str, Parameter]

    @property
    def version(self) -> int:
        """The number of times that any of the layer's values was replaced."""
        return sum(parameter.version for parameter in self.parameters.values())

    def stamp(self, y: Array) -> CacheStamp:
        """The stamp of an output, for the checks below."""
        return CacheStamp(y.shape, y.dtype, self.version, array_module(y).__name__)

    def check_input(self, x: Array) -> None:
        """Refuse an `x` of another shape, dtype or backend than the layer was built for."""
        if not self.built:
            raise NotBuiltError(f"{self.title}: call build(input_shape, rng) before forward")
        if type(x) is not np.ndarray:
            check_array(self.title, "x", x)
        if x.shape[1:] != self.input_shape or not x.shape:
            expected = ", ".join(["N", *map(str, self.input_shape)])
            raise ShapeError(f"{self.title}: expected x ({expected}), got {x.shape}")
        if x.dtype.kind not in "fc":
            raise DtypeError(f"{self.title}: expected x of a floating dtype, got {x.dtype}: {converted('x', x)}")
        for name, parameter in self.parameters.items():
            if type(parameter.data) is not type(x):
                backend.check_same(self.title, array_module(parameter.data).__name__, x=x)
            if parameter.data.dtype != x.dtype:
                raise DtypeError(
                    f"{self.title}: expected x {parameter.data.dtype}, as its {name}, got {x.dtype}: "
                    f"{converted('x', x, parameter.data.dtype)}"
                )

    def check_backward(self, dy: Array, cache: Any) -> None:
        """Refuse a `dy` that is not like the output, and a cache from before the last optimizer step."""
        self.check_like("dy", dy, self.stamp_in(cache))

    def check_tangent(self, x_dot: Array, cache: Any) -> None:
        """Refuse an `x_dot` that is not like the input, and an old cache."""
        stamp = self.stamp_in(cache)
        batch, *_ = stamp.shape
        self.check_like("x_dot", x_dot, stamp._replace(shape=(batch, *self.input_shape)))

    def check_tangent_backward(self, dy: Array, dy_dot: Array, cache: Any, tangent_cache: Any) -> None:
        """Refuse a `dy` or `dy_dot` that is not like the output, and old caches or those of two passes."""
        self.check_like("dy", dy, self.stamp_in(cache))
        self.check_like("dy_dot", dy_dot, cache.stamp)
        self.check_like("dy_dot", dy_dot, self.stamp_in(tangent_cache))

    def stamp_in(self, cache: Any) -> CacheStamp:
        """The stamp of a cache, refused where it is none."""
        try:
            return cache.stamp
        except AttributeError:
            raise ConfigError(
                f"{self.title}: expected the cache that its forward returned, got {type(cache).__name__}"
            ) from None

    def check_like(self, argument: str, array: Array, stamp: CacheStamp) -> None:
        """Refuse an array of another shape, dtype or backend than the stamp's, and a stamp of replaced parameters."""
        if type(array) is not np.ndarray:
            check_array(self.title, argument, array)
        if array.shape != stamp.shape:
            raise ShapeError(f"{self.title}: expected {argument} {stamp.shape}, got {array.shape}")
        if array_module(array).__name__ != stamp.backend:
            backend.check_same(self.title, stamp.backend, **{argument: array})
        if array.dtype != stamp.dtype:
            raise DtypeError(
                f"{self.title}: expected {argument} {stamp.dtype}, got {array.dtype}: "
                f"{converted(argument, array, stamp.dtype)}"
            )
        if stamp.version != self.version:
            raise StaleCacheError(
                f"{self.title}: the cache is from before the last update of the parameters; run forward again"
            )

    @property
    def title(self) -> str:
        """Class and name, as errors show them: ``Conv2D 'conv2d_1'``."""
        return f"{type(self).__name__} {self.name!r}"


def check_array(where: str, argument: str, array: Any, dtype: str = "float32") -> None:
    """Refuse what is no array of NumPy or CuPy: a list, a tensor, a table of data, None.

    Parameters
    ----------
    where : str
        The layer or network.
    argument : str
        The user's name for the array.
    array : object
    dtype : str
        The dtype that the array should have, for the message.

    Raises
    ------
    DtypeError
        It says how to make an array of it. A masked array is refused because no layer looks at its mask.
    """
    if isinstance(array, np.ma.MaskedArray):
        raise DtypeError(f"{where}: expected {argument} without a mask, got a masked array: use {argument}.filled(0)")
    try:
        array_module(array)
    except BackendError:
        known = False
    else:
        known = not isinstance(array, np.matrix)  # whose * is a product of matrices
    if not known:
        raise DtypeError(
            f"{where}: expected {argument} to be an array of NumPy or CuPy, got {type(array).__name__}: "
            f"use np.asarray({argument}, np.{dtype})"
        )


def converted(argument: str, array: Array, dtype: Any = "float32") -> str:
    """How to give an array the right dtype."""
    if array_module(array) is np:
        return f"use np.asarray({argument}, np.{dtype})"
    return f"use {argument}.astype({str(dtype)!r})"


def shape_of(where: str, shape: Any) -> tuple[int, ...]:
    """A shape without the batch axis, as a tuple of Python's own numbers."""
    try:
        sizes = tuple(whole(size) or 0 for size in shape)
    except TypeError:
        sizes = (0,)
    if min(sizes, default=1) < 1:
        raise ShapeError(
            f"{where}: expected a shape without the batch axis, whole numbers of at least 1 such as (28, 28, 1), "
            f"got {shape!r}"
        )
    return sizes


def parameter_dtype(where: str, dtype: Any) -> np.dtype:
    """The dtype of parameters: float32 or float64."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = np.dtype(object)
    if found.name not in FLOATS:
        raise DtypeError(f"{where}: expected dtype to be float32 or float64, got {dtype!r}")
    return found
