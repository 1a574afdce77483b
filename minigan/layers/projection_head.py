"""The end of a projection discriminator."""

from typing import NamedTuple

import numpy as np

from minigan import initializers
from minigan.backend import Array
from minigan.errors import ShapeError
from minigan.initializers import Initializer
from minigan.layers.base import INFERENCE, CacheStamp, Context, Layer, Shape
from minigan.layers.labels import labels_of, one_hot
from minigan.layers.validation import positive_int
from minigan.random import Stream


class ProjectionHeadCache(NamedTuple):
    """The features, their classes, and the weights that each example met."""

    x: Array
    labels: Array
    weights: Array
    stamp: CacheStamp


class ProjectionHeadTangent(NamedTuple):
    """The direction."""

    x_dot: Array
    stamp: CacheStamp


class ProjectionHead(Layer):
    """Features and a class to one logit: ``y_n = <w, x_n> + b + <V[label_n], x_n>``.

    ``<w, x> + b`` judges whether x looks real at all, and ``<V[k], x>`` whether it looks like class k. This is the
    form that the best discriminator takes where the classes' log-odds are linear in the features.

    Example n meets the weights ``m_n = w + V[label_n]``, so that ``y_n = <m_n, x_n> + b`` and

    - ``dx_n = dy_n m_n``;
    - ``dw = sum_n dy_n x_n``;
    - ``dV[k] = sum of dy_n x_n over all n with label_n = k``;
    - ``db = sum_n dy_n``.

    The layer is linear in x: ``y_dot_n = <m_n, x_dot_n>``, from which w and V get the same gradients with
    (x_dot, dy_dot) in the place of (x, dy).

    Shapes: x (N, D), w (D, 1), b (1,), V (classes, D), y (N, 1).

    Parameters
    ----------
    classes : int
        Labels are whole numbers from 0 to ``classes - 1``, in `Context.labels`.
    kernel_initializer, bias_initializer, embeddings_initializer : str or callable
        Of w, b and V; see `minigan.initializers`.
    name : str, optional

    Notes
    -----
    Miyato and Koyama, "cGANs with projection discriminator", arXiv:1802.05637, equation 3.
    """

    def __init__(
        self,
        classes: int,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        embeddings_initializer: str | Initializer = "glorot_uniform",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.classes = positive_int(self, "classes", classes)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.embeddings_initializer = initializers.get(embeddings_initializer)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise ShapeError(f"{self.title}: expected vectors (D), got an input of shape {input_shape}")
        return (1,)

    def add_parameters(self, rng: Stream, dtype: np.dtype) -> None:
        (features,) = self.input_shape
        self.kernel = self.add_parameter("kernel", (features, 1), self.kernel_initializer, rng, dtype)
        self.bias = self.add_parameter("bias", (1,), self.bias_initializer, rng, dtype)
        shape = (self.classes, features)
        self.embeddings = self.add_parameter("embeddings", shape, self.embeddings_initializer, rng, dtype)

    def add_gradients(self, x: Array, dy: Array, labels: Array) -> None:
        """Those of w and V from one pair of an input and a gradient."""
        terms = dy * x
        self.kernel.grad += terms.sum(axis=0)[:, None]
        self.embeddings.grad += one_hot(labels, self.classes, terms).T @ terms

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, ProjectionHeadCache]:
        self.check_input(x)
        labels = labels_of(self, ctx, x, self.classes)
        weights = self.kernel.data[:, 0] + self.embeddings.data[labels]
        y = (weights * x).sum(axis=1, keepdims=True) + self.bias.data
        return y, ProjectionHeadCache(x, labels, weights, self.stamp(y))

    def backward(self, dy: Array, cache: ProjectionHeadCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        if param_grads:
            self.add_gradients(cache.x, dy, cache.labels)
            self.bias.grad += dy.sum(axis=0)
        return dy * cache.weights

    def tangent(self, x_dot: Array, cache: ProjectionHeadCache) -> tuple[Array, ProjectionHeadTangent]:
        self.check_tangent(x_dot, cache)
        y_dot = (cache.weights * x_dot).sum(axis=1, keepdims=True)
        return y_dot, ProjectionHeadTangent(x_dot, cache.stamp)

    def tangent_backward(
        self,
        dy: Array,
        dy_dot: Array,
        cache: ProjectionHeadCache,
        tangent_cache: ProjectionHeadTangent,
        param_grads: bool = True,
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        if param_grads:
            self.add_gradients(tangent_cache.x_dot, dy_dot, cache.labels)
        return self.backward(dy, cache, param_grads), dy_dot * cache.weights
