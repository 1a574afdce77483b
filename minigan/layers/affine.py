"""What Dense and the convolutions share: a kernel, a bias, an activation."""

from typing import Any, NamedTuple

import numpy as np

from minigan import initializers, kernels
from minigan.backend import Array
from minigan.errors import ConfigError
from minigan.initializers import Initializer
from minigan.layers import activation as activations
from minigan.layers.base import INFERENCE, CacheStamp, Context, Layer, Shape
from minigan.layers.validation import boolean
from minigan.random import Stream

__all__ = ["Affine", "AffineCache", "AffineTangent"]


class AffineCache(NamedTuple):
    """The input, and the cache of the activation."""

    x: Array
    activation: Any
    stamp: CacheStamp


class AffineTangent(NamedTuple):
    """The direction, and the tangent cache of the activation."""

    x_dot: Array
    activation: Any
    stamp: CacheStamp


class Affine(Layer):
    """A layer ``y = activation(A x + b)`` whose linear map A is made of a kernel w.

    A subclass names the kernel's shape and writes the product A x and its two gradients; all passes are made of them.
    The tangent pass leaves b out, because the derivative of a constant is 0: ``z_dot = A x_dot``. As w occurs in z and
    in z_dot, the reverse pass through both collects ``dw`` from the pair (x, dz) and from the pair (x_dot, dz_dot).

    Parameters
    ----------
    activation : str or Layer, optional
        Default none.
    use_bias : bool
        Add b, one number per unit or channel.
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
        self.use_bias = boolean(self, "use_bias", use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)

    def kernel_shape(self) -> Shape:
        """The kernel's shape, when the layer's own shapes are known."""
        raise NotImplementedError

    def product(self, x: Array) -> Array:
        """``A x``, in new memory."""
        raise NotImplementedError

    def kernel_grad(self, x: Array, dz: Array) -> Array:
        """The gradient of ``<dz, A x>`` with respect to the kernel."""
        raise NotImplementedError

    def input_grad(self, dz: Array) -> Array:
        """The gradient of ``<dz, A x>`` with respect to x: ``A^T dz``."""
        raise NotImplementedError

    def add_parameters(self, rng: Stream, dtype: np.dtype) -> None:
        self.kernel = self.add_parameter("kernel", self.kernel_shape(), self.kernel_initializer, rng, dtype)
        if self.use_bias:
            shape = self.output_shape[-1:]
            self.bias = self.add_parameter("bias", shape, self.bias_initializer, rng, dtype)
        self.activation.build(self.output_shape)
        if self.activation.parameters:
            raise ConfigError(
                f"{self.title}: expected an activation without weights, got {self.activation!r}: make it a layer by "
                "itself, after this one"
            )

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, AffineCache]:
        self.check_input(x)
        z = self.product(x)
        if self.use_bias:
            z += self.bias.data
        y, activation_cache = self.activation.forward(z, ctx)
        return y, AffineCache(x, activation_cache, self.stamp(y))

    def backward(self, dy: Array, cache: AffineCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        dz = self.activation.backward(dy, cache.activation)
        if param_grads:
            self.kernel.grad += self.kernel_grad(cache.x, dz)
            if self.use_bias:
                self.bias.grad += kernels.channel_sum(dz)
        return self.input_grad(dz)

    def tangent(self, x_dot: Array, cache: AffineCache) -> tuple[Array, AffineTangent]:
        self.check_tangent(x_dot, cache)
        y_dot, activation_cache = self.activation.tangent(self.product(x_dot), cache.activation)
        return y_dot, AffineTangent(x_dot, activation_cache, cache.stamp)

    def tangent_backward(
        self, dy: Array, dy_dot: Array, cache: AffineCache, tangent_cache: AffineTangent, param_grads: bool = True
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        dz, dz_dot = self.activation.tangent_backward(dy, dy_dot, cache.activation, tangent_cache.activation)
        if param_grads:
            self.kernel.grad += self.kernel_grad(cache.x, dz)
            self.kernel.grad += self.kernel_grad(tangent_cache.x_dot, dz_dot)
            if self.use_bias:
                self.bias.grad += kernels.channel_sum(dz)
        return self.input_grad(dz), self.input_grad(dz_dot)
