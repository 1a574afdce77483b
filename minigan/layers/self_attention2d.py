"""Attention among the places of an image."""

from typing import NamedTuple

import numpy as np

from minigan import initializers, kernels
from minigan.backend import Array
from minigan.initializers import Initializer
from minigan.layers.base import INFERENCE, CacheStamp, Context, Layer, Shape
from minigan.layers.validation import image_shape, positive_int
from minigan.random import Stream


class SelfAttention2DCache(NamedTuple):
    """All that the forward computed: X, Q, K, V, A, M and O, each (N, P, ...)."""

    x: Array
    q: Array
    k: Array
    v: Array
    attention: Array
    mixed: Array
    output: Array
    stamp: CacheStamp


class SelfAttention2DTangent(NamedTuple):
    """The derivatives of these along the direction, and that of S."""

    x_dot: Array
    q_dot: Array
    k_dot: Array
    v_dot: Array
    scores_dot: Array
    attention_dot: Array
    mixed_dot: Array
    output_dot: Array
    stamp: CacheStamp


class SelfAttention2D(Layer):
    """Every place of an image looks at all others: ``y = x + gamma * o(x)``, with a number gamma that is learned.

    A convolution sees a few pixels around each place. Here what is far away counts as well, as the two eyes of a face
    have to fit. With the P = H * W places of an image as the rows of a matrix X (P, C), and four matrices of weights:

    ``Q = X Wq``, ``K = X Wk``, ``V = X Wv``, ``S = Q K^T``, ``A = softmax(S)``, ``M = A V``, ``O = M Wo``,
    ``Y = X + gamma O``.

    S (P, P) says how well the query of each place fits the key of every place. Softmax makes each row sum to 1, so that
    each row of M is a mean of all values, with the weights that its place gives them. gamma begins at 0: the layer
    begins as the identity.

    Backward, from the last product to the first:

    - ``dgamma = sum dY * O``, ``dO = gamma dY``, ``dWo = M^T dO``, ``dM = dO Wo^T``;
    - ``dA = dM V^T``, ``dV = A^T dM``, and dS from dA as in `Softmax`;
    - ``dQ = dS K``, ``dK = dS^T Q``, ``dWq = X^T dQ`` and so on, ``dX = dY + dQ Wq^T + dK Wk^T + dV Wv^T``.

    Tangent: a product of two factors has two terms, ``S_dot = Q_dot K^T + Q K_dot^T`` and
    ``M_dot = A_dot V + A V_dot``; the other products are linear in X. On the way back each factor collects from both.

    Shapes: x, y (N, H, W, C); Wq, Wk (C, key_channels), Wv (C, value_channels), Wo (value_channels, C), gamma (1,).
    A holds N * P * P numbers, 64 MiB for 16 images of 32x32 in float32: use the layer where images are small.

    Parameters
    ----------
    key_channels : int, optional
        Of queries and keys; default C / 8, at least 1.
    value_channels : int, optional
        Default C / 2, at least 1.
    kernel_initializer, gamma_initializer : str or callable
        See `minigan.initializers`.
    name : str, optional

    Notes
    -----
    Zhang et al., "Self-attention generative adversarial networks", arXiv:1805.08318, equations 1 to 3: Wk, Wq, Wv and
    Wo are W_f, W_g, W_h and W_v there, all with C / 8 channels; the authors' program has C / 2 for values. They also
    normalise the matrices by their spectra, which is left out here. Keras has no layer of this form.
    """

    def __init__(
        self,
        key_channels: int | None = None,
        value_channels: int | None = None,
        kernel_initializer: str | Initializer = "glorot_uniform",
        gamma_initializer: str | Initializer = "zeros",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.key_channels = None if key_channels is None else positive_int(self, "key_channels", key_channels)
        self.value_channels = None if value_channels is None else positive_int(self, "value_channels", value_channels)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return image_shape(self, input_shape)

    def add_parameters(self, rng: Stream, dtype: np.dtype) -> None:
        channels = self.input_shape[-1]
        keys, values = self.key_channels or max(1, channels // 8), self.value_channels or max(1, channels // 2)
        how = self.kernel_initializer, rng, dtype
        self.query_kernel = self.add_parameter("query_kernel", (channels, keys), *how)
        self.key_kernel = self.add_parameter("key_kernel", (channels, keys), *how)
        self.value_kernel = self.add_parameter("value_kernel", (channels, values), *how)
        self.output_kernel = self.add_parameter("output_kernel", (values, channels), *how)
        self.gamma = self.add_parameter("gamma", (1,), self.gamma_initializer, rng, dtype)

    @property
    def kernels(self) -> tuple[Array, Array, Array]:
        """Those that multiply x: Wq, Wk and Wv."""
        return self.query_kernel.data, self.key_kernel.data, self.value_kernel.data

    def places(self, images: Array) -> Array:
        """Images (N, H, W, C) as matrices (N, P, C)."""
        height, width, channels = self.input_shape
        return images.reshape(len(images), height * width, channels)

    def images(self, places: Array) -> Array:
        """Matrices (N, P, C) as images (N, H, W, C)."""
        return places.reshape(len(places), *self.input_shape)

    def add_gradients(self, x: Array, dqkv: tuple[Array, Array, Array], mixed: Array, doutput: Array) -> None:
        """Those of all four kernels."""
        for kernel, gradient in zip((self.query_kernel, self.key_kernel, self.value_kernel), dqkv):
            kernel.grad += sum_of_products(x, gradient)
        self.output_kernel.grad += sum_of_products(mixed, doutput)

    def input_grad(self, dy: Array, dqkv: tuple[Array, Array, Array]) -> Array:
        """That of x, which reaches y on four paths."""
        return self.images(dy + sum(gradient @ kernel.T for gradient, kernel in zip(dqkv, self.kernels)))

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, SelfAttention2DCache]:
        self.check_input(x)
        x = self.places(x)
        q, k, v = (x @ kernel for kernel in self.kernels)
        attention = kernels.softmax(q @ turned(k), -1)
        mixed = attention @ v
        output = mixed @ self.output_kernel.data
        y = self.images(x + self.gamma.data * output)
        return y, SelfAttention2DCache(x, q, k, v, attention, mixed, output, self.stamp(y))

    def backward(self, dy: Array, cache: SelfAttention2DCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        x, q, k, v, attention, mixed, output, _ = cache
        dy = self.places(dy)
        doutput = self.gamma.data * dy
        dmixed = doutput @ self.output_kernel.data.T
        dscores = kernels.softmax_grad(dmixed @ turned(v), attention, -1)
        dqkv = dscores @ k, turned(dscores) @ q, turned(attention) @ dmixed
        if param_grads:
            self.gamma.grad += (dy * output).sum()
            self.add_gradients(x, dqkv, mixed, doutput)
        return self.input_grad(dy, dqkv)

    def tangent(self, x_dot: Array, cache: SelfAttention2DCache) -> tuple[Array, SelfAttention2DTangent]:
        self.check_tangent(x_dot, cache)
        _, q, k, v, attention, *_ = cache
        x_dot = self.places(x_dot)
        q_dot, k_dot, v_dot = (x_dot @ kernel for kernel in self.kernels)
        scores_dot = q_dot @ turned(k) + q @ turned(k_dot)
        attention_dot = kernels.softmax_grad(scores_dot, attention, -1)
        mixed_dot = attention_dot @ v + attention @ v_dot
        output_dot = mixed_dot @ self.output_kernel.data
        along = x_dot, q_dot, k_dot, v_dot, scores_dot, attention_dot, mixed_dot, output_dot
        return self.images(x_dot + self.gamma.data * output_dot), SelfAttention2DTangent(*along, cache.stamp)

    def tangent_backward(
        self,
        dy: Array,
        dy_dot: Array,
        cache: SelfAttention2DCache,
        tangent_cache: SelfAttention2DTangent,
        param_grads: bool = True,
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        x, q, k, v, attention, mixed, output, _ = cache
        x_dot, q_dot, k_dot, v_dot, scores_dot, attention_dot, mixed_dot, output_dot, _ = tangent_cache
        dy, dy_dot = self.places(dy), self.places(dy_dot)
        doutput, doutput_dot = self.gamma.data * dy, self.gamma.data * dy_dot
        dmixed, dmixed_dot = doutput @ self.output_kernel.data.T, doutput_dot @ self.output_kernel.data.T
        dattention = dmixed @ turned(v) + dmixed_dot @ turned(v_dot)
        dscores, dscores_dot = kernels.softmax_tangent_grad(
            dattention, dmixed_dot @ turned(v), scores_dot, attention, -1
        )
        dqkv_dot = dscores_dot @ k, turned(dscores_dot) @ q, turned(attention) @ dmixed_dot
        dqkv = (
            dscores @ k + dscores_dot @ k_dot,
            turned(dscores) @ q + turned(dscores_dot) @ q_dot,
            turned(attention) @ dmixed + turned(attention_dot) @ dmixed_dot,
        )
        if param_grads:
            self.gamma.grad += (dy * output + dy_dot * output_dot).sum()
            self.add_gradients(x, dqkv, mixed, doutput)
            self.add_gradients(x_dot, dqkv_dot, mixed_dot, doutput_dot)
        return self.input_grad(dy, dqkv), self.input_grad(dy_dot, dqkv_dot)


def turned(matrices: Array) -> Array:
    """Each matrix of (N, A, B) transposed."""
    return matrices.swapaxes(1, 2)


def sum_of_products(a: Array, b: Array) -> Array:
    """``sum_n a_n^T b_n``, of (N, P, A) and (N, P, B): one product of all rows."""
    return a.reshape(-1, a.shape[-1]).T @ b.reshape(-1, b.shape[-1])
