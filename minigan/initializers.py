"""Initial values of parameters: by Glorot and He, uniform and normal, and of the DCGAN paper.

The fans of a kernel are its last two axes, times the receptive field: a Dense kernel is (in, out), the kernel of a
convolution (KH, KW, in, out).
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

import numpy as np

from minigan.backend import Array, xp
from minigan.errors import ConfigError, ShapeError
from minigan.numbers import finite
from minigan.random import Stream

__all__ = [
    "Initializer",
    "Normal",
    "VarianceScaling",
    "get",
    "ones",
    "parameter_budget",
    "zeros",
]


class Initializer(Protocol):
    """A function, or an object that can be called, that makes the initial values of a parameter."""

    def __call__(self, shape: tuple[int, ...], rng: Stream, dtype: Any, /) -> Array:
        """An array of this shape and dtype, with random numbers from the stream."""


def zeros(shape: tuple[int, ...], rng: Stream, dtype: Any) -> Array:
    """All 0: biases, beta, moving means."""
    _spend(shape, rng)
    return xp().zeros(shape, dtype)


def ones(shape: tuple[int, ...], rng: Stream, dtype: Any) -> Array:
    """All 1: gamma, moving variances."""
    _spend(shape, rng)
    return xp().ones(shape, dtype)


def _number(argument: str, value: Any, least: float = -math.inf) -> int | float:
    """A finite number, of at least `least`."""
    found = finite(value)
    if found is None or found < least:
        bound = "" if least == -math.inf else f" of at least {least:g}"
        raise ConfigError(f"initializer: expected {argument} to be a finite number{bound}, got {value!r}")
    return found


def _one_of(argument: str, value: Any, choices: tuple[str, ...]) -> str:
    """One of some names."""
    if value not in choices:
        raise ConfigError(f"initializer: expected {argument} to be one of {', '.join(choices)}, got {value!r}")
    return value


class Normal:
    """N(mean, stddev^2). The DCGAN paper's is ``Normal(stddev=0.02)``, by name ``"normal_0.02"``.

    Source: Radford, Metz and Chintala, arXiv:1511.06434, section 4.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.02) -> None:
        self.mean, self.stddev = _number("mean", mean), _number("stddev", stddev, least=0)

    def __repr__(self) -> str:
        return f"Normal({self.mean!r}, {self.stddev!r})"

    def __call__(self, shape: tuple[int, ...], rng: Stream, dtype: Any) -> Array:
        _spend(shape, rng)
        return rng.normal(shape, self.mean, self.stddev, dtype)


class VarianceScaling:
    """Weights with variance ``scale / fan``, so that signals keep their size from layer to layer.

    Parameters
    ----------
    scale : float
        1 for Glorot, 2 for He, since ReLU sets half of its inputs to 0.
    mode : {"fan_in", "fan_avg", "fan_out"}
        ``fan_avg`` is (fan_in + fan_out) / 2: Glorot's compromise between forward and backward.
    distribution : {"uniform", "truncated_normal"}
        Uniform in +-sqrt(3 * variance), or normal within two standard deviations.

    Notes
    -----
    Glorot and Bengio (2010), equation 16; He et al., arXiv:1502.01852, equation 10.
    """

    #: The standard deviation of N(0, 1) truncated at +-2.
    TRUNCATED_STDDEV = 0.87962566103423978

    MODES = ("fan_in", "fan_avg", "fan_out")
    DISTRIBUTIONS = ("uniform", "truncated_normal")

    def __init__(self, scale: float, mode: str, distribution: str) -> None:
        self.scale = _number("scale", scale, least=0)
        self.mode = _one_of("mode", mode, self.MODES)
        self.distribution = _one_of("distribution", distribution, self.DISTRIBUTIONS)

    def __repr__(self) -> str:
        return f"VarianceScaling({self.scale!r}, {self.mode!r}, {self.distribution!r})"

    def __call__(self, shape: tuple[int, ...], rng: Stream, dtype: Any) -> Array:
        _spend(shape, rng)
        fan_in, fan_out = fans(shape)
        fan = {"fan_in": fan_in, "fan_avg": (fan_in + fan_out) / 2, "fan_out": fan_out}[self.mode]
        stddev = float(np.sqrt(self.scale / fan))
        if self.distribution == "uniform":
            limit = float(np.sqrt(3)) * stddev
            return rng.uniform(shape, -limit, limit, dtype)
        return truncated_normal(shape, rng, dtype) * np.dtype(dtype).type(stddev / self.TRUNCATED_STDDEV)


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """The numbers of inputs and of outputs that a unit of a kernel of this shape is connected to."""
    if len(shape) < 2:
        raise ConfigError(f"a scaled initializer needs a kernel of at least two axes, got shape {shape}")
    receptive_field = int(np.prod(shape[:-2]))
    return receptive_field * shape[-2], receptive_field * shape[-1]


def truncated_normal(shape: tuple[int, ...], rng: Stream, dtype: Any) -> Array:
    """N(0, 1) within +-2: numbers outside are drawn again, about one in 22."""
    numbers = rng.normal(shape, dtype=dtype)
    outside = abs(numbers) > 2
    while outside.any():
        numbers[outside] = rng.normal((int(outside.sum()),), dtype=dtype)
        outside = abs(numbers) > 2
    return numbers


_BY_NAME: dict[str, Initializer] = {
    "zeros": zeros,
    "ones": ones,
    "glorot_uniform": VarianceScaling(1.0, "fan_avg", "uniform"),
    "glorot_normal": VarianceScaling(1.0, "fan_avg", "truncated_normal"),
    "he_uniform": VarianceScaling(2.0, "fan_in", "uniform"),
    "he_normal": VarianceScaling(2.0, "fan_in", "truncated_normal"),
    "normal_0.02": Normal(stddev=0.02),
}


def get(initializer: str | Initializer) -> Initializer:
    """The initializer of that name; a callable is returned as it is."""
    if callable(initializer):
        return initializer
    if not isinstance(initializer, str) or initializer not in _BY_NAME:
        raise ConfigError(
            f"unknown initializer {initializer!r}: expected one of {', '.join(_BY_NAME)}, or a function of a shape, a "
            "Stream and a dtype"
        )
    return _BY_NAME[initializer]


# A limit for networks whose sizes come from a file that may be damaged

#: How many numbers the initializers may still make.
_budget: ContextVar[float] = ContextVar("budget", default=math.inf)


@contextmanager
def parameter_budget(numbers: float) -> Iterator[None]:
    """A block in which this module's initializers make at most `numbers` numbers in total.

    Beyond that they raise a `ShapeError` before they allocate the array.
    """
    token = _budget.set(numbers)
    try:
        yield
    finally:
        _budget.reset(token)


def _spend(shape: tuple[int, ...], rng: Stream) -> None:
    """Take an array of this shape from the budget; the stream is named after the parameter."""
    _budget.set(_budget.get() - math.prod(shape))
    if _budget.get() < 0:
        raise ShapeError(f"{rng.path}: expected fewer weights in all than with an array of shape {shape}")
