"""What the fused steps share: the contract of a layer, and the way back to the layers they stand for."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigan import edits
from minigan.backend import Array
from minigan.kernels import Activation, Operation
from minigan.kernels.cpu.parallel.in_place import add_up
from minigan.layers.base import CacheStamp, Layer
from minigan.layers.identity import Identity, IdentityCache
from minigan.layers.leaky_relu import LeakyReLU, LeakyReLUCache
from minigan.layers.relu import ReLU, ReLUCache
from minigan.layers.sigmoid import Sigmoid, SigmoidCache
from minigan.layers.tanh import Tanh, TanhCache

__all__ = [
    "LinearStep",
    "Step",
    "StepTangent",
    "activation_cache",
    "activation_of",
    "add_grad",
    "backward_of",
    "first_with_gradients",
    "is_builtin",
]


class StepTangent(NamedTuple):
    """The caches of the layers, and what their tangent passes remember."""

    caches: tuple[Any, ...]
    tangent_caches: tuple[Any, ...]
    stamp: CacheStamp


class Step(Layer):
    """Built layers in a row, run as one.

    To whoever runs it a step is a layer. A subclass writes `forward`, `backward`, and `unfold`, by which the tangent
    pass goes through the layers themselves: a gradient penalty needs every f''. Where f'' is zero, a subclass may write
    its own.

    Parameters
    ----------
    layers : sequence of Layer
        Built, the output of each the input of the next; not more than one of them has parameters.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        super().__init__("+".join(layer.name for layer in layers))
        self.layers = list(layers)
        self.input_shape, self.output_shape = layers[0].input_shape, layers[-1].output_shape
        self.parameters = {name: p for layer in layers for name, p in layer.parameters.items()}
        self.built = True

    @property
    def title(self) -> str:
        """The title of the layer whose parameters it uses, or of the first."""
        return next((layer for layer in self.layers if layer.parameters), self.layers[0]).title

    def check_input(self, x: Array) -> None:
        """Refuse what the first layer refuses, and an x of another dtype than the parameters."""
        self.layers[0].check_input(x)
        if not self.layers[0].parameters:
            super().check_input(x)

    def rng_blocks(self, examples: int, dtype: Any) -> int:
        return sum(layer.rng_blocks(examples, dtype) for layer in self.layers)

    def unfold(self, cache: Any) -> tuple[Any, ...]:
        """The caches that the layers would have made."""
        raise NotImplementedError

    def tangent(self, x_dot: Array, cache: Any) -> tuple[Array, Any]:
        self.check_tangent(x_dot, cache)
        caches, tangent_caches = self.unfold(cache), []
        for layer, its in zip(self.layers, caches):
            x_dot, tangent_cache = layer.tangent(x_dot, its)
            tangent_caches.append(tangent_cache)
        return x_dot, StepTangent(caches, tuple(tangent_caches), cache.stamp)

    def tangent_backward(
        self, dy: Array, dy_dot: Array, cache: Any, tangent_cache: Any, param_grads: bool = True
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        for layer, its, remembered in zip(
            self.layers[::-1], tangent_cache.caches[::-1], tangent_cache.tangent_caches[::-1]
        ):
            dy, dy_dot = layer.tangent_backward(dy, dy_dot, its, remembered, param_grads)
        return dy, dy_dot


class LinearStep(Step):
    """A step whose products with a kernel are one ``minigan.kernels.Operation``."""

    operation: Operation

    def backward(self, dy: Array, cache: Any, param_grads: bool = True, input_grad: bool = True) -> Array:
        """As a layer's; without `input_grad` the gradient with respect to the input is not computed, but None."""
        raise NotImplementedError

    @property
    def matrix(self) -> Array:
        """The kernel, as the operation takes it."""
        raise NotImplementedError


def add_grad(total: Array, grad: Array) -> None:
    """Add to a parameter's gradient: on the CPU to a large one on several threads, for the time goes to memory."""
    grad = grad.reshape(total.shape)
    if type(grad) is np.ndarray and grad.flags.c_contiguous:
        add_up(total, grad)
    else:
        total += grad


def first_with_gradients(steps: Sequence[Layer]) -> int:
    """The place of the first step that has trainable parameters; the number of all steps where none has."""
    places = (place for place, step in enumerate(steps) if any(p.trainable for p in step.parameters.values()))
    return next(places, len(steps))


def backward_of(step: Layer, dy: Array, cache: Any, param_grads: bool, input_grad: bool) -> Array:
    """The backward of a step; without `input_grad` nobody reads dx, and a step that can leaves it out."""
    if isinstance(step, LinearStep) and not input_grad:
        return step.backward(dy, cache, param_grads, input_grad=False)
    return step.backward(dy, cache, param_grads)


def is_builtin(layer: Layer) -> bool:
    """Whether what the layer does is known: its class is one of minigan's, and its file was not edited.

    A subclass may override anything, and so does an edit (`minigan.edits`): such a layer runs as it is written.
    """
    module = type(layer).__module__
    return module.startswith("minigan.layers.") and not edits.edited_behind(module)


def activation_of(layer: Layer) -> Activation | None:
    """A layer as an activation whose derivative is a function of its output; None for other layers."""
    if not is_builtin(layer):
        return None
    match layer:
        case Identity():
            return Activation()
        case Tanh():
            return Activation("tanh")
        case Sigmoid():
            return Activation("sigmoid")
        case LeakyReLU() if 0 <= layer.negative_slope <= 1:
            return Activation("leaky_relu", layer.negative_slope)
        case ReLU() if layer.max_value is None and not layer.threshold and 0 <= layer.negative_slope <= 1:
            return Activation("leaky_relu", layer.negative_slope)
    return None


def activation_cache(layer: Layer, y: Array) -> Any:
    """The cache that such a layer would have made, from its output: a rectifier needs only the sign of its input."""
    stamp = layer.stamp(y)
    match layer:
        case Tanh():
            return TanhCache(y, stamp)
        case Sigmoid():
            return SigmoidCache(y, stamp)
        case LeakyReLU():
            return LeakyReLUCache(y, stamp)
        case ReLU():
            return ReLUCache(y, stamp)
    return IdentityCache(stamp)
