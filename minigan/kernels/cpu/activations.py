"""The activations and their derivatives over slabs.

They work entry by entry, so the shape of an array does not matter: it is split as one long row, and all steps of a
formula run on a slab while it is in the cache. A definition without ``np.where`` needs no more than that (`by_slabs`).
Where a definition chooses between two numbers by the sign of a third, as rectifiers do, `select` replaces ``np.where``,
which takes eight times as long for random signs.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.kernels.cpu.algorithms import slab_activations as of_slabs
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.cpu.parallel.slabs import split, split_coarse
from minigan.kernels.reference import activations as definitions

__all__ = [
    "by_slabs",
    "elu",
    "elu_grad",
    "elu_second_derivative",
    "leaky_relu",
    "leaky_relu_grad",
    "relu",
    "relu_grad",
    "select",
    "sigmoid",
    "sigmoid_grad",
    "sigmoid_second_derivative",
    "softplus",
    "softplus_grad",
    "softplus_second_derivative",
    "tanh",
    "tanh_grad",
    "tanh_second_derivative",
]


def each(
    work: Callable[..., Any], *arrays: np.ndarray, divide: Callable[[int, int], tuple[slice, ...]] = split_coarse
) -> np.ndarray:
    """A new array like the first, by ``work(*parts, out)`` with a slab of each array.

    Declines arrays that differ in shape or dtype, such as complex and real ones.
    """
    first = arrays[0]
    if any(getattr(a, "shape", None) != first.shape or a.dtype != first.dtype for a in arrays[1:]):
        return NotImplemented
    result = memory_pool.empty(first.shape, first.dtype)
    rows = [memory_pool.contiguous(array).reshape(-1) for array in arrays]
    rows.append(result.reshape(-1))
    slabs = divide(result.size, result.itemsize * (len(rows) + 2))

    def slab(number: int) -> None:
        work(*(row[slabs[number]] for row in rows))

    if len(slabs) == 1:  # not worth asking other threads
        slab(0)
    else:
        parallel_for(slab, len(slabs))
    return result


def by_slabs(definition: Callable[..., np.ndarray], arrays: int = 1) -> Callable[..., Any]:
    """The twin that runs a definition slab by slab; its first `arrays` arguments are arrays of one shape."""

    @functools.wraps(definition)
    def twin(*args: Any, **options: Any) -> np.ndarray:
        if len(args) < arrays:
            return NotImplemented
        settings = args[arrays:]

        def work(*parts: np.ndarray) -> None:
            parts[-1][...] = definition(*parts[:-1], *settings, **options)

        return each(work, *args[:arrays], divide=split)  # small slabs, because every operation allocates

    return twin


def select(condition: np.ndarray, a: np.ndarray, b: np.ndarray | None, out: np.ndarray) -> None:
    """``out <- a where the condition holds, else b``, or 0 without b; out may be a.

    Without a branch, by operations on bits: with a mask m of ones or of zeros it is ``((a ^ b) & m) ^ b``. So a NaN
    that is not chosen does not reach the result, as it would in a sum of products.
    """
    whole = np.dtype(f"i{a.itemsize}")
    mask = scratch("mask", a.shape, whole)
    np.copyto(mask, condition)
    np.negative(mask, out=mask)
    bits = out.view(whole)
    if b is None:
        np.bitwise_and(a.view(whole), mask, out=bits)
        return
    np.bitwise_xor(a.view(whole), b.view(whole), out=bits)
    bits &= mask
    bits ^= b.view(whole)


def above(x: np.ndarray, bound: float) -> np.ndarray:
    """Where x is above a bound, in scratch memory."""
    return np.greater(x, x.dtype.type(bound), out=scratch("above", x.shape, np.bool_))


# Rectifiers


def leaky_relu(x: np.ndarray, negative_slope: float) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.leaky_relu`."""
    if not negative_slope:
        return NotImplemented  # 0 times infinity is a NaN there
    return each(lambda x, y: of_slabs.rectify(x, negative_slope, y), x)


def leaky_relu_grad(dy: np.ndarray, x: np.ndarray, negative_slope: float) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.leaky_relu_grad`."""

    def work(dy: np.ndarray, x: np.ndarray, dx: np.ndarray) -> None:
        lower = np.multiply(dy, dy.dtype.type(negative_slope), out=scratch("activation", dy.shape, dy.dtype))
        select(above(x, 0), dy, lower, dx)

    return each(work, dy, x)


def relu(
    x: np.ndarray, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.relu`."""
    if threshold:
        return NotImplemented

    def work(x: np.ndarray, y: np.ndarray) -> None:
        of_slabs.rectify(x, negative_slope, y)
        if max_value is not None:
            np.minimum(y, y.dtype.type(max_value), out=y)

    return each(work, x)


def relu_grad(
    dy: np.ndarray,
    x: np.ndarray,
    max_value: float | None = None,
    negative_slope: float = 0.0,
    threshold: float = 0.0,
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.relu_grad`."""

    def work(dy: np.ndarray, x: np.ndarray, dx: np.ndarray) -> None:
        lower = None
        if negative_slope:
            lower = np.multiply(dy, dy.dtype.type(negative_slope), out=scratch("activation", dy.shape, dy.dtype))
        select(above(x, threshold), dy, lower, dx)
        if max_value is not None:
            held = np.less(x, x.dtype.type(max_value), out=scratch("above", x.shape, np.bool_))
            select(held, dx, None, dx)

    return each(work, dy, x)


# Smooth functions


def elu(x: np.ndarray, alpha: float) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.elu`."""

    def work(x: np.ndarray, y: np.ndarray) -> None:
        lower = np.minimum(x, x.dtype.type(0), out=scratch("activation", x.shape, x.dtype))
        np.expm1(lower, out=lower)
        lower *= x.dtype.type(alpha)
        select(above(x, 0), x, lower, y)

    return each(work, x)


def elu_grad(dy: np.ndarray, x: np.ndarray, alpha: float) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.elu_grad`."""

    def work(dy: np.ndarray, x: np.ndarray, dx: np.ndarray) -> None:
        lower = np.minimum(x, x.dtype.type(0), out=scratch("activation", x.shape, x.dtype))
        np.exp(lower, out=lower)
        lower *= x.dtype.type(alpha)
        lower *= dy
        select(above(x, 0), dy, lower, dx)

    return each(work, dy, x)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.sigmoid`."""
    return each(of_slabs.sigmoid, x)


def tanh(x: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.tanh`."""
    return each(np.tanh, x)


def sigmoid_grad(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.sigmoid_grad`."""

    def work(dy: np.ndarray, y: np.ndarray, dx: np.ndarray) -> None:
        np.multiply(dy, y, out=dx)
        dx *= np.subtract(y.dtype.type(1), y, out=scratch("activation", y.shape, y.dtype))

    return each(work, dy, y)


def tanh_grad(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.tanh_grad`."""

    def work(dy: np.ndarray, y: np.ndarray, dx: np.ndarray) -> None:
        np.multiply(y, y, out=dx)
        np.subtract(y.dtype.type(1), dx, out=dx)
        dx *= dy

    return each(work, dy, y)


def softplus_grad(dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The twin of `minigan.kernels.reference.activations.softplus_grad`."""

    def work(dy: np.ndarray, x: np.ndarray, dx: np.ndarray) -> None:
        of_slabs.sigmoid(x, dx)
        dx *= dy

    return each(work, dy, x)


elu_second_derivative = by_slabs(definitions.elu_second_derivative)
sigmoid_second_derivative = by_slabs(definitions.sigmoid_second_derivative)
softplus = by_slabs(definitions.softplus)
softplus_second_derivative = by_slabs(definitions.softplus_second_derivative)
tanh_second_derivative = by_slabs(definitions.tanh_second_derivative)
