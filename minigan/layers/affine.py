"""What Dense and the convolutions share: a kernel, a bias, an activation."""

from typing import Any, NamedTuple

import numpy as np

from minigan import initializers
from minigan.backend import Array
from minigan.initializers import Initializer
from minigan.layers import activation as activations
from minigan.layers.base import Layer, Shape, Stamp
from minigan.random import Stream

__all__ = ["Affine", "AffineCache"]


class AffineCache(NamedTuple):
    """The input, and what the activation remembers."""

    x: Array
    activation: Any
    stamp: Stamp


class Affine(Layer):
    """A layer ``y = activation(A x + b)`` whose linear map A is made of a kernel.

    A subclass names the kernel's shape and writes its own forward and backward.

    Parameters
    ----------
    activation : str or Layer, optional
        Default none.
    use_bias : bool
        Add b, one number a unit or channel.
    kernel_initializer, bias_initializer : str or callable
        See `minigan.initializers`.
    name : str, optional
    """

    def __init__(
        self,
        activation: str | Layer | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)

    def kernel_shape(self) -> Shape:
        """The kernel's shape, when the layer's own shapes are known."""
        raise NotImplementedError

    def add_parameters(self, rng: Stream, dtype: np.dtype) -> None:
        self.kernel = self.add_parameter("kernel", self.kernel_shape(), self.kernel_initializer, rng, dtype)
        if self.use_bias:
            shape = self.output_shape[-1:]
            self.bias = self.add_parameter("bias", shape, self.bias_initializer, rng, dtype)
        self.activation.build(self.output_shape)
