"""The rectifier."""

from typing import NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.layers.base import INFERENCE, CacheStamp, Context
from minigan.layers.elementwise import Elementwise
from minigan.layers.validation import real_number


class ReLUCache(NamedTuple):
    """The input: its sign decides where the gradient passes."""

    x: Array
    stamp: CacheStamp


class ReLU(Elementwise):
    """Rectified linear unit: ``y = max(x, 0)``.

    With Keras's options: ``y = x`` above the threshold, ``y = negative_slope * (x - threshold)`` below it, and
    never more than `max_value`.

    The function is made of straight pieces, so its derivative is the slope of the piece x lies on:
    ``dx = dy`` above the threshold, ``dx = negative_slope * dy`` below, 0 where `max_value` held y back. At a
    kink itself the lower piece counts (0 for the plain form), as in Keras and PyTorch.

    Parameters
    ----------
    max_value : float, optional
        The largest output; default: no limit.
    negative_slope : float
        The slope below the threshold.
    threshold : float
        Where the function turns.
    name : str, optional

    Notes
    -----
    Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.

    A default run executes this layer fused with its neighbours, with the same result but for rounding;
    `minigan.backend.textbook` runs this file instead.
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.max_value = None if max_value is None else real_number(self, "max_value", max_value)
        self.negative_slope = real_number(self, "negative_slope", negative_slope)
        self.threshold = real_number(self, "threshold", threshold)

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, ReLUCache]:
        self.check_input(x)
        y = kernels.relu(x, self.max_value, self.negative_slope, self.threshold)
        return y, ReLUCache(x, self.stamp(y))

    def backward(self, dy: Array, cache: ReLUCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        return kernels.relu_grad(dy, cache.x, self.max_value, self.negative_slope, self.threshold)
