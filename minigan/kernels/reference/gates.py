"""Activations that multiply x by a gate, ``y = x P(x)``: P rises from 0 to 1, and lets x through the more, the larger
it is.

========  ===================================================  =====================
gate      P(x)                                                 y is called
========  ===================================================  =====================
sigmoid   ``1 / (1 + exp(-x))``                                SiLU, swish
normal    ``Phi(x)``, the part of N(0, 1) below x              GELU
tanh      ``(1 + tanh(u)) / 2``, near to ``Phi(x)``            GELU, approximately
========  ===================================================  =====================

with ``u = sqrt(2 / pi) (x + 0.044715 x^3)``. By the product rule ``y' = P + x P'`` and ``y'' = 2 P' + x P''``.

Sources: Hendrycks and Gimpel, arXiv:1606.08415; Elfwing, Uchibe and Doya, arXiv:1702.03118.
"""

import math

from minigan.backend import Array, array_module
from minigan.kernels.reference.activations import sigmoid, softplus_second_derivative

__all__ = ["gated", "gated_grad", "gated_second_derivative"]

#: Beyond this P is 0 or 1 to the last bit of float64; up to here the sum in `normal_cdf` has all its digits.
FAR, TERMS = 8.5, 110

#: Beyond this the density is 0, the smallest number of float64 included.
VANISHING = 40.0

#: Of the polynomial u.
SLOPE, CUBE = math.sqrt(2 / math.pi), 0.044715


def gated(x: Array, gate: str) -> Array:
    """``y = x P(x)``."""
    return x * part(x, gate)


def gated_grad(dy: Array, x: Array, gate: str) -> Array:
    """``dy (P(x) + x P'(x))``."""
    first, _ = derivatives(x, gate)
    return dy * (part(x, gate) + x * first)


def gated_second_derivative(x: Array, gate: str) -> Array:
    """``2 P'(x) + x P''(x)``."""
    first, second = derivatives(x, gate)
    return 2 * first + x * second


def part(x: Array, gate: str) -> Array:
    """``P(x)``: the part of x that passes."""
    match gate:
        case "sigmoid":
            return sigmoid(x)
        case "normal":
            return normal_cdf(x)
    return (1 + array_module(x).tanh(u(near(x, FAR)))) / 2


def derivatives(x: Array, gate: str) -> tuple[Array, Array]:
    """``P'(x)`` and ``P''(x)``."""
    match gate:
        case "sigmoid":
            first = softplus_second_derivative(x)
            return first, first * (1 - 2 * sigmoid(x))
        case "normal":
            first = normal_density(x)
            return first, -x * first
    x = near(x, FAR)
    t, rise = array_module(x).tanh(u(x)), SLOPE * (1 + 3 * CUBE * x * x)
    first = (1 - t * t) / 2
    return first * rise, first * (6 * SLOPE * CUBE * x - 2 * t * rise * rise)


def near(x: Array, far: float) -> Array:
    """x within bounds beyond which a result no longer changes, so that nothing overflows."""
    xp = array_module(x)
    return xp.minimum(xp.maximum(x, -far), far)


def u(x: Array) -> Array:
    """``sqrt(2 / pi) (x + 0.044715 x^3)``."""
    return SLOPE * (x + CUBE * x * x * x)


def normal_density(x: Array) -> Array:
    """``exp(-x^2 / 2) / sqrt(2 pi)``, the derivative of `normal_cdf`."""
    inside = near(x, VANISHING)
    return array_module(x).exp(-inside * inside / 2) / math.sqrt(2 * math.pi)


def normal_cdf(x: Array) -> Array:
    """``Phi(x) = 1/2 + density(x) (x + x^3 / 3 + x^5 / (3 5) + x^7 / (3 5 7) + ...)``.

    All terms have the sign of x, so none cancels another. The sum is in float64, whatever x is.
    """
    xp = array_module(x)
    wide = x if x.dtype.kind == "c" else x.astype("float64")
    inside = near(wide, FAR)
    total = term = inside
    for number in range(1, TERMS):
        term = term * inside * inside / (2 * number + 1)
        total = total + term
    cdf = 0.5 + normal_density(inside) * total
    return xp.where(abs(wide.real) > FAR, xp.where(wide.real > 0, 1, 0), cdf).astype(x.dtype)
