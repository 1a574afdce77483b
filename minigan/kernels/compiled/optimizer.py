"""The optimizers' updates in one pass: each number is read and written once, as fast as the memory can.

The loops and their scalars are those of ``optimizer.cu``.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from minigan.kernels.compiled.compiler import Loop, compiled
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.slabs import split
from minigan.kernels.reference.optimizer import StepScalars

__all__ = ["update_in_place"]


@compiled
def sgd(w: np.ndarray, g: np.ndarray, rate: float) -> None:
    """``w <- w - rate g``."""
    for i in range(w.size):
        w[i] -= rate * g[i]


@compiled
def momentum(w: np.ndarray, g: np.ndarray, velocity: np.ndarray, rate: float, past: float) -> None:
    """``v <- past v - rate g``, ``w <- w + v``."""
    for i in range(w.size):
        v = past * velocity[i] - rate * g[i]
        velocity[i] = v
        w[i] += v


@compiled
def rmsprop(w: np.ndarray, g: np.ndarray, square: np.ndarray, rate: float, share: float, epsilon: float) -> None:
    """``s <- s + share (g^2 - s)``, ``w <- w - rate g / sqrt(s + epsilon)``."""
    for i in range(w.size):
        s = square[i] + share * (g[i] * g[i] - square[i])
        square[i] = s
        w[i] -= rate * (g[i] / math.sqrt(s + epsilon))


@compiled
def adam(
    w: np.ndarray,
    g: np.ndarray,
    mean: np.ndarray,
    square: np.ndarray,
    alpha: float,
    share: float,
    square_share: float,
    epsilon: float,
) -> None:
    """``m <- m + share (g - m)``, ``v <- v + square_share (g^2 - v)``, ``w <- w - alpha m / (sqrt(v) + epsilon)``."""
    for i in range(w.size):
        m = mean[i] + share * (g[i] - mean[i])
        v = square[i] + square_share * (g[i] * g[i] - square[i])
        mean[i] = m
        square[i] = v
        w[i] -= alpha * (m / (math.sqrt(v) + epsilon))


def adam_scalars(step: float, rate: float, beta_1: float, beta_2: float, epsilon: float) -> Sequence[float]:
    """With ``alpha = rate sqrt(1 - beta_2^step) / (1 - beta_1^step)``."""
    alpha = rate * (1 - beta_2**step) ** 0.5 / (1 - beta_1**step)
    return alpha, 1 - beta_1, 1 - beta_2, epsilon


#: By the update's name: its loop, and the loop's scalars by `minigan.optimizers.Optimizer.numbers`.
UPDATES: dict[str, tuple[Loop, Callable[..., Sequence[float]]]] = {
    "sgd": (sgd, lambda step, rate, past: (rate,)),
    "momentum": (momentum, lambda step, rate, past: (rate, past)),
    "rmsprop": (rmsprop, lambda step, rate, past, rho, epsilon: (rate, 1 - rho, epsilon)),
    "adam": (adam, adam_scalars),
}


def update_in_place(
    first: np.ndarray,
    *others: np.ndarray,
    rule: Callable[..., None],
    scalars: StepScalars | None = None,
    numbers: tuple[float, ...] = (),
) -> None:
    """The twin of `minigan.kernels.reference.optimizer.update_in_place`, for updates that have a loop."""
    vectors = (first, *others)
    if scalars is None or scalars.kernel not in UPDATES:
        return NotImplemented
    if not all(vector.shape == (first.size,) and vector.flags.c_contiguous for vector in vectors):
        return NotImplemented
    loop, scalars_of = UPDATES[scalars.kernel]
    settings = [first.dtype.type(value) for value in scalars_of(*numbers)]
    slabs = split(first.size, first.itemsize * len(vectors))

    def work(number: int) -> None:
        loop(*(vector[slabs[number]] for vector in vectors), *settings)

    parallel_for(work, len(slabs))
    return None
