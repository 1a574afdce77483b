"""Labels joined to the input."""

from typing import NamedTuple

import numpy as np

from minigan import initializers
from minigan.backend import Array, array_module
from minigan.initializers import Initializer, Normal
from minigan.layers.base import INFERENCE, CacheStamp, Context, Layer, Shape
from minigan.layers.labels import labels_of, one_hot
from minigan.layers.validation import positive_int, require_last_axis
from minigan.random import Stream


class ConcatenateLabelsCache(NamedTuple):
    """The class of each example."""

    labels: Array
    stamp: CacheStamp


class ConcatenateLabelsTangent(NamedTuple):
    """Only the stamp: the backward needs nothing else."""

    stamp: CacheStamp


class ConcatenateLabels(Layer):
    """A learned vector for the class of each example, joined to its input: ``y_n = (x_n, E[label_n])``.

    E is a table with one row a class, the label's embedding. A vector is made longer by `units` numbers; an image
    gets `units` more channels, each of one value everywhere. So all layers that follow know the class: this is the
    conditional GAN, at the input of both networks.

    Backward: dy is cut where y was joined. The front is dx; the rear, summed over an image's places, is the gradient
    of the row that was used, and a row that several examples used gets the sum of theirs:
    ``dE[k] = sum of dy_rear[n] over all n with label_n = k``.

    The layer only copies numbers, so the tangent pass copies x_dot; E does not depend on x, so its part of y_dot is 0.

    Shapes: x (N, ..., C), E (classes, units), y (N, ..., C + units).

    Parameters
    ----------
    classes : int
        Labels are whole numbers from 0 to ``classes - 1``, in `Context.labels`.
    units : int
        Numbers per label.
    embeddings_initializer : str or callable, optional
        Default: N(0, 1), the size of noise and images.
    name : str, optional

    Notes
    -----
    Mirza and Osindero, "Conditional generative adversarial nets", arXiv:1411.1784, section 3.2.
    """

    def __init__(
        self,
        classes: int,
        units: int,
        embeddings_initializer: str | Initializer | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.classes = positive_int(self, "classes", classes)
        self.units = positive_int(self, "units", units)
        default = Normal(stddev=1.0) if embeddings_initializer is None else embeddings_initializer
        self.embeddings_initializer = initializers.get(default)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        *places, channels = require_last_axis(self, input_shape)
        return (*places, channels + self.units)

    def add_parameters(self, rng: Stream, dtype: np.dtype) -> None:
        shape = (self.classes, self.units)
        self.embeddings = self.add_parameter("embeddings", shape, self.embeddings_initializer, rng, dtype)

    def joined(self, x: Array, rows: Array) -> Array:
        """x with a row (N, units) joined to every vector of its example."""
        xp = array_module(x)
        places = (len(rows), *(1 for _ in x.shape[1:-1]), self.units)
        return xp.concatenate([x, xp.broadcast_to(rows.reshape(places), (*x.shape[:-1], self.units))], axis=-1)

    def front(self, dy: Array) -> Array:
        """The part that belongs to x, in memory of its own."""
        return dy[..., : self.input_shape[-1]].copy()

    def add_gradient(self, dy: Array, labels: Array) -> None:
        """Sum the rear over an image's places, then over the examples of each class."""
        rear = dy[..., self.input_shape[-1] :].sum(axis=tuple(range(1, dy.ndim - 1)))
        self.embeddings.grad += one_hot(labels, self.classes, rear).T @ rear

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, ConcatenateLabelsCache]:
        self.check_input(x)
        labels = labels_of(self, ctx, x, self.classes)
        y = self.joined(x, self.embeddings.data[labels])
        return y, ConcatenateLabelsCache(labels, self.stamp(y))

    def backward(self, dy: Array, cache: ConcatenateLabelsCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        if param_grads:
            self.add_gradient(dy, cache.labels)
        return self.front(dy)

    def tangent(self, x_dot: Array, cache: ConcatenateLabelsCache) -> tuple[Array, ConcatenateLabelsTangent]:
        self.check_tangent(x_dot, cache)
        zeros = array_module(x_dot).zeros((len(x_dot), self.units), x_dot.dtype)
        return self.joined(x_dot, zeros), ConcatenateLabelsTangent(cache.stamp)

    def tangent_backward(
        self,
        dy: Array,
        dy_dot: Array,
        cache: ConcatenateLabelsCache,
        tangent_cache: ConcatenateLabelsTangent,
        param_grads: bool = True,
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        return self.backward(dy, cache, param_grads), self.front(dy_dot)
