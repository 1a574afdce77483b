"""Spectral normalisation."""

import copy
from typing import NamedTuple

import numpy as np

from minigan.backend import Array, array_module
from minigan.errors import ConfigError
from minigan.initializers import Normal
from minigan.layers.affine import Affine, AffineCache, AffineTangent
from minigan.layers.base import INFERENCE, CacheStamp, Context, Layer, Shape
from minigan.layers.parameter import Parameter
from minigan.layers.validation import positive_int
from minigan.random import Stream


class Spectrum(NamedTuple):
    """The kernel's largest singular value as it is estimated, and its two vectors."""

    sigma: Array
    u: Array
    v: Array


class SpectralNormalizationCache(NamedTuple):
    """The kernel that ran, what it was divided by, and the wrapped layer's cache."""

    kernel: Array
    spectrum: Spectrum
    layer: AffineCache
    stamp: CacheStamp


class SpectralNormalizationTangent(NamedTuple):
    """The wrapped layer's."""

    layer: AffineTangent
    stamp: CacheStamp


class SpectralNormalization(Layer):
    """Run a layer with its kernel divided by the kernel's largest singular value: ``W_bar = W / sigma(W)``.

    So the layer stretches no input by more than about 1, and a discriminator of such layers has a bounded slope. W is
    the kernel as a matrix, with its last axis for columns; W itself is what is learned and stored.

    Power iteration finds sigma: with a vector u, ``v = W u / |W u|`` and ``u <- W^T v / |W^T v|`` bring u nearer to the
    first right singular vector each time. u is kept from step to step, because W changes little in one; it is updated
    only in training, before it is used, and never by a gradient. Then, with u scaled to length 1,

    ``v = W u / |W u|``,  ``sigma = v^T W u = |W u|``.

    Backward. With ``G`` the wrapped layer's gradient with respect to W_bar, and u a constant, the gradient of sigma is
    ``d|W u| / dW = (W u) u^T / |W u| = v u^T``, with or without v held constant: a change of v alone changes
    ``v^T W u`` only in second order, as v points along W u already. By the quotient rule

    ``dW = (G - <G, W_bar> v u^T) / sigma``,

    which is exact for every u; at the limit of the iteration it is the gradient of the largest singular value itself.
    In the tangent pass W_bar is a constant factor, so that all passes are the wrapped layer's with another kernel.

    Shapes: the wrapped layer's. Parameters: its kernel and bias under their own names, and ``vector_u``, which is not
    trained, as long as the kernel's last axis.

    Parameters
    ----------
    layer : Dense, Conv2D or Conv2DTranspose
        What is run.
    power_iterations : int
        In a training forward.
    name : str, optional
        Default: the wrapped layer's.

    Notes
    -----
    Miyato et al., "Spectral normalization for generative adversarial networks", arXiv:1802.05957, algorithm 1 and
    equation 12. There u and v are updated together; here v and sigma belong to the new u, which is one product more
    and makes sigma a function of W and u alone, that differences can check. Matrix and ``vector_u`` are as in Keras:
    the last axis of a kernel is that of the outputs, but of a Conv2DTranspose's that of the inputs.
    """

    #: A training forward updates u and uses it at once.
    concurrent_safe = False

    def __init__(self, layer: Layer, power_iterations: int = 1, name: str | None = None) -> None:
        if not isinstance(layer, Affine):
            raise ConfigError(f"SpectralNormalization: expected a Dense, Conv2D or Conv2DTranspose, got {layer!r}")
        super().__init__(name or layer.name)
        self.named = name is not None or layer.named
        self.layer = layer
        self.activation = layer.activation
        self.power_iterations = positive_int(self, "power_iterations", power_iterations)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.layer.compute_output_shape(input_shape)

    def add_parameters(self, rng: Stream, dtype: np.dtype) -> None:
        self.layer.build(self.input_shape, rng, dtype)
        self.parameters.update(self.layer.parameters)
        self.kernel = self.layer.kernel
        if not self.kernel.data.any():
            raise ConfigError(f"{self.title}: expected a kernel with a direction to normalise, got one of zeros")
        size = self.kernel.data.shape[-1:]
        self.vector_u = self.add_parameter("vector_u", size, Normal(stddev=1.0), rng, dtype, trainable=False)

    @property
    def matrix(self) -> Array:
        """The kernel as a matrix."""
        return self.kernel.data.reshape(-1, self.kernel.data.shape[-1])

    def iterate(self) -> None:
        """Bring u nearer to the first right singular vector."""
        u = self.vector_u.data
        for _ in range(self.power_iterations):
            u[...] = unit(unit(self.matrix @ u) @ self.matrix)

    def spectrum(self) -> Spectrum:
        """The largest singular value by the present u, and copies of both vectors."""
        u = unit(self.vector_u.data)
        stretched = self.matrix @ u
        sigma = length(stretched)
        return Spectrum(sigma, u, stretched / sigma)

    def with_kernel(self, kernel: Array) -> Affine:
        """The wrapped layer with this kernel for its own, and with a gradient for it that begins at 0."""
        layer = copy.copy(self.layer)
        layer.kernel, layer.activation = Parameter(kernel), self.activation
        return layer

    def add_gradient(self, dkernel: Array, cache: SpectralNormalizationCache) -> None:
        """From the gradient of the divided kernel to that of the kernel."""
        sigma, u, v = cache.spectrum
        along = (dkernel * cache.kernel).sum()
        outer = (v[:, None] * u).reshape(dkernel.shape)
        self.kernel.grad += (dkernel - along * outer) / sigma

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, SpectralNormalizationCache]:
        self.check_input(x)
        if ctx.training and ctx.update_stats:
            self.iterate()
        spectrum = self.spectrum()
        kernel = self.kernel.data / spectrum.sigma
        y, cache = self.with_kernel(kernel).forward(x, ctx)
        return y, SpectralNormalizationCache(kernel, spectrum, cache, self.stamp(y))

    def backward(self, dy: Array, cache: SpectralNormalizationCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        layer = self.with_kernel(cache.kernel)
        dx = layer.backward(dy, cache.layer, param_grads)
        if param_grads:
            self.add_gradient(layer.kernel.grad, cache)
        return dx

    def tangent(self, x_dot: Array, cache: SpectralNormalizationCache) -> tuple[Array, SpectralNormalizationTangent]:
        self.check_tangent(x_dot, cache)
        y_dot, tangent_cache = self.with_kernel(cache.kernel).tangent(x_dot, cache.layer)
        return y_dot, SpectralNormalizationTangent(tangent_cache, cache.stamp)

    def tangent_backward(
        self,
        dy: Array,
        dy_dot: Array,
        cache: SpectralNormalizationCache,
        tangent_cache: SpectralNormalizationTangent,
        param_grads: bool = True,
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        layer = self.with_kernel(cache.kernel)
        dx, dx_dot = layer.tangent_backward(dy, dy_dot, cache.layer, tangent_cache.layer, param_grads)
        if param_grads:
            self.add_gradient(layer.kernel.grad, cache)
        return dx, dx_dot


def length(vector: Array) -> Array:
    """``|v|``, by squares: an absolute value would take a complex step's derivative away."""
    return array_module(vector).sqrt((vector * vector).sum())


def unit(vector: Array) -> Array:
    """``v / |v|``."""
    return vector / length(vector)
