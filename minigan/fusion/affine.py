"""Dense and Conv2D with their activation, and with an upsampling before them."""

from typing import Any, NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.fusion.step import LinearStep, StepTangent, activation_cache, add_grad
from minigan.kernels import LINEAR, Activation, Operation
from minigan.layers.affine import Affine, AffineCache
from minigan.layers.base import INFERENCE, CacheStamp, Context, Layer
from minigan.layers.up_sampling2d import UpSampling2D, UpSampling2DCache

__all__ = ["AffineStep"]


class AffineStepCache(NamedTuple):
    """Input and output: the derivative of the activation is a function of its output."""

    x: Array
    y: Array
    stamp: CacheStamp


class AffineStepTangent(NamedTuple):
    """The direction: the kernel's gradient has a part along it."""

    x_dot: Array
    stamp: CacheStamp


class AffineStep(LinearStep):
    """``y = f(A x + b)`` in one step: a slab is multiplied, biased and activated while it is in the cache.

    Parameters
    ----------
    layers : list of Layer
        Perhaps an UpSampling2D, a Dense or Conv2D, perhaps its activation as a layer.
    operation : Operation
        What A is.
    activation : Activation
        What f is.
    """

    def __init__(self, layers: list[Layer], operation: Operation, activation: Activation) -> None:
        super().__init__(layers)
        self.operation, self.activation = operation, activation
        self.affine = next(layer for layer in layers if isinstance(layer, Affine))

    @property
    def matrix(self) -> Array:
        return self.affine.kernel.data

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, AffineStepCache]:
        self.check_input(x)
        bias = self.affine.bias.data if self.affine.use_bias else None
        y = kernels.affine(x, self.matrix, bias, self.operation, self.activation)
        return y, AffineStepCache(x, y, self.stamp(y))

    def backward(self, dy: Array, cache: AffineStepCache, param_grads: bool = True, input_grad: bool = True) -> Array:
        self.check_backward(dy, cache)
        dx, dkernel, dbias = kernels.affine_grads(
            dy, cache.y, cache.x, self.matrix, self.operation, self.activation, param_grads, input_grad
        )
        if dkernel is not None and dbias is not None:
            add_grad(self.affine.kernel.grad, dkernel)
            if self.affine.use_bias:
                add_grad(self.affine.bias.grad, dbias)
        return dx

    @property
    def straight(self) -> bool:
        """Whether f is made of straight pieces, so that ``f'' = 0``: its passes need no unfolding."""
        return self.activation.name in ("linear", "leaky_relu")

    def tangent(self, x_dot: Array, cache: AffineStepCache) -> tuple[Array, AffineStepTangent | StepTangent]:
        """``y_dot = f'(z) A x_dot``."""
        if not self.straight:
            return super().tangent(x_dot, cache)
        self.check_tangent(x_dot, cache)
        y_dot = kernels.affine(x_dot, self.matrix, None, self.operation, LINEAR)
        if self.activation != LINEAR:
            y_dot = kernels.leaky_relu_grad(y_dot, cache.y, self.activation.slope)
        return y_dot, AffineStepTangent(x_dot, cache.stamp)

    def tangent_backward(
        self,
        dy: Array,
        dy_dot: Array,
        cache: AffineStepCache,
        tangent_cache: AffineStepTangent | StepTangent,
        param_grads: bool = True,
    ) -> tuple[Array, Array]:
        """With ``f'' = 0``, y and y_dot are two maps without a common term: each has the gradients of `backward`."""
        if isinstance(tangent_cache, StepTangent):
            return super().tangent_backward(dy, dy_dot, cache, tangent_cache, param_grads)
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        dx = self.backward(dy, cache, param_grads)
        dx_dot, dkernel, _ = kernels.affine_grads(
            dy_dot, cache.y, tangent_cache.x_dot, self.matrix, self.operation, self.activation, param_grads
        )
        if dkernel is not None:
            add_grad(self.affine.kernel.grad, dkernel)
        return dx, dx_dot

    def unfold(self, cache: AffineStepCache) -> tuple[Any, ...]:
        caches: list[Any] = []
        x = cache.x
        for layer in self.layers:
            if isinstance(layer, UpSampling2D):
                x = layer.apply(x)
                caches.append(UpSampling2DCache(layer.stamp(x)))
            elif isinstance(layer, Affine):
                inner = activation_cache(layer.activation, cache.y)
                caches.append(AffineCache(x, inner, layer.stamp(cache.y)))
            else:
                caches.append(activation_cache(layer, cache.y))
        return tuple(caches)
