"""The activations with a gate over slabs.

In float32 Phi is ``(1 + tanh(v)) / 2`` with a polynomial ``v = x (c_0 + c_1 x^2 + c_2 x^4 + ...)``, of which the gate
"tanh" has the first two terms: the definition's sum takes ten times as long. The coefficients were fitted to
``v(x) = log(Phi(x) / Phi(-x)) / 2`` for x from 0 to 6, so that the largest error of ``x Phi(x)`` is 4e-8.
"""

import math

import numpy as np

from minigan.kernels.cpu.activations import by_slabs, each
from minigan.kernels.cpu.algorithms import slab_activations as of_slabs
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.reference import gates as definitions

__all__ = ["gated", "gated_grad", "gated_second_derivative"]

#: Of the polynomial v, and the x beyond which it is not raised further: the tanh is -1 or 1 there.
COEFFICIENTS = (
    0.7978855502703143,
    0.036331367904632386,
    -3.1283149998660145e-05,
    -5.562369792494407e-05,
    3.954309279880528e-06,
    -1.1749292152751126e-07,
    -4.393181976215235e-10,
    1.34850158816566e-10,
    -3.545647876463421e-12,
    3.064653571753656e-14,
)
FAR = 6.0


def normal_cdf(x: np.ndarray, out: np.ndarray) -> None:
    """``out <- Phi(x)``; out is not x."""
    with np.errstate(over="ignore"):
        square = np.multiply(x, x, out=scratch("activation", x.shape, x.dtype))
    np.minimum(square, x.dtype.type(FAR * FAR), out=square)
    out[...] = COEFFICIENTS[-1]
    for coefficient in COEFFICIENTS[-2::-1]:
        out *= square
        out += x.dtype.type(coefficient)
    out *= x
    np.tanh(out, out=out)
    out += x.dtype.type(1)
    out *= x.dtype.type(0.5)


def gated(x: np.ndarray, gate: str) -> np.ndarray:
    """The twin of `minigan.kernels.reference.gates.gated`."""

    def work(x: np.ndarray, y: np.ndarray) -> None:
        (of_slabs.sigmoid if gate == "sigmoid" else normal_cdf)(x, y)
        y *= x

    return each(work, x) if has_twin(x, gate) else defined(x, gate)


def gated_grad(dy: np.ndarray, x: np.ndarray, gate: str) -> np.ndarray:
    """The twin of `minigan.kernels.reference.gates.gated_grad`."""

    def through_sigmoid(dy: np.ndarray, x: np.ndarray, dx: np.ndarray) -> None:
        of_slabs.sigmoid(x, dx)  # s (1 + x (1 - s)) dy
        slope = np.subtract(x.dtype.type(1), dx, out=scratch("gate", x.shape, x.dtype))
        slope *= x
        slope += x.dtype.type(1)
        dx *= slope
        dx *= dy

    def through_normal(dy: np.ndarray, x: np.ndarray, dx: np.ndarray) -> None:
        normal_cdf(x, dx)
        with np.errstate(over="ignore"):  # exp(-infinity) is the 0 that is wanted
            density = np.multiply(x, x, out=scratch("gate", x.shape, x.dtype))
        density *= x.dtype.type(-0.5)
        np.exp(density, out=density)
        density *= x.dtype.type(1 / math.sqrt(2 * math.pi))
        density *= x
        dx += density
        dx *= dy

    if not has_twin(x, gate):
        return defined_grad(dy, x, gate)
    return each(through_sigmoid if gate == "sigmoid" else through_normal, dy, x)


def has_twin(x: np.ndarray, gate: str) -> bool:
    """Whether the formulas of this file serve."""
    return gate == "sigmoid" or (gate == "normal" and x.dtype == np.float32)


#: The definitions over slabs, for what the formulas above do not serve.
defined, defined_grad = by_slabs(definitions.gated), by_slabs(definitions.gated_grad, arrays=2)
defined_second_derivative = by_slabs(definitions.gated_second_derivative)


def gated_second_derivative(x: np.ndarray, gate: str) -> np.ndarray:
    """The twin of `minigan.kernels.reference.gates.gated_second_derivative`."""
    return defined_second_derivative(x, gate)
