"""A stack of layers: the networks of a GAN."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minigan import backend, fusion
from minigan.backend import Array
from minigan.errors import CheckpointError, ConfigError, NotBuiltError, StaleCacheError
from minigan.fusion.step import backward_of, first_with_gradients
from minigan.io.html import preformatted
from minigan.io.messages import listed
from minigan.kernels.cpu.parallel.in_place import set_to_zero
from minigan.layers.affine import Affine
from minigan.layers.base import INFERENCE, Context, Layer, Shape
from minigan.layers.checks import parameter_dtype, shape_of
from minigan.layers.identity import Identity
from minigan.layers.names import name_layers
from minigan.layers.parameter import Parameter
from minigan.layers.sigmoid import Sigmoid
from minigan.layers.spectral_normalization import SpectralNormalization
from minigan.model.plan import print_plan
from minigan.model.predict import predict
from minigan.model.summary import print_summary, summary_html
from minigan.random import Stream

__all__ = ["Sequential"]


class Sequential:
    """Layers in a row, the output of each the input of the next.

    ``y = f_L(...f_2(f_1(x)))``; by the chain rule the backward runs the layers' backwards in reverse:
    ``dx = J_1^T (J_2^T (... J_L^T dy))``.

    Parameters
    ----------
    layers : sequence of Layer
    name : str
        Shown in summaries and errors, and the name of the stream the initial weights come from.
    fuse : bool, optional
        Run neighbouring layers as one step where `minigan.fusion` knows how; the result is the same but for rounding.
        Default: ``MINIGAN_FUSE``, else yes.

    Attributes
    ----------
    steps : list of Layer
        What runs, from `build` on: layers, and fused steps in the place of several; in textbook mode
        (`minigan.backend.textbook`) the layers alone.
    flat_data, flat_grad : array
        All trainable values, and all their gradients, each in one buffer; every `Parameter` is a view of a part.

    Examples
    --------
    >>> from minigan.layers import Dense, LeakyReLU
    >>> model = Sequential([Dense(8), LeakyReLU(0.2), Dense(1, activation="sigmoid")], name="judge")
    >>> model.build((2,), seed=0)
    (1,)
    >>> y, caches = model.forward(np.zeros((5, 2), np.float32))
    >>> model.backward(np.ones_like(y), caches).shape
    (5, 2)
    """

    def __init__(self, layers: Sequence[Layer], name: str = "sequential", fuse: bool | None = None) -> None:
        self.layers = list(layers)
        self.name = name
        self.fuse = fusion.enabled() if fuse is None else fuse
        self._fused: list[Layer] = []
        self._logits: Sequential | None = None
        self.built = False
        name_layers(name, self.layers)

    # A sequence of layers

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __getitem__(self, key: int | str) -> Layer:
        """A layer by its place or its name."""
        if isinstance(key, str):
            for layer in self.layers:
                if layer.name == key:
                    return layer
            raise KeyError(f"{self.name} has no layer {key!r}: it has {', '.join(layer.name for layer in self.layers)}")
        return self.layers[key]

    def __repr__(self) -> str:
        lines = "".join(f"\n  {layer!r}" for layer in self.layers)
        return f"<Sequential {self.name!r} of {len(self.layers)} layers:{lines}>"

    def _repr_html_(self) -> str:
        """The summary, for a notebook."""
        return summary_html(self) if self.built else preformatted(repr(self))

    # Building

    def build(self, input_shape: Shape, seed: int = 0, dtype: Any = np.float32) -> Shape:
        """Infer every layer's shape, draw the initial weights, and return the output's shape.

        Parameters
        ----------
        input_shape : tuple of int
            Without the batch axis.
        seed : int
            Every parameter has a random stream of its own, named by the network, the layer and the parameter.
        dtype : dtype
            float32, or float64 for checks.
        """
        dtype = parameter_dtype(self.name, dtype)
        self.input_shape = shape = shape_of(self.name, input_shape)
        rng = Stream(seed, "init").child(self.name)
        for layer in self.layers:
            shape = layer.build(shape, rng.child(layer.name), dtype)
        self.output_shape = shape
        self._logits = None
        self.built = True
        self._share_buffers(dtype)
        self._choose_steps()
        return shape

    def _choose_steps(self) -> None:
        """Decide what runs, when the layers are built."""
        self._fused = fusion.fuse(self.layers) if self.fuse else self.layers

    def run_unfused(self) -> None:
        """Run the layers one by one from now on, as with ``fuse=False``; caches from before are stale."""
        self._check_built()
        self.fuse, self._logits = False, None
        self._choose_steps()

    @property
    def steps(self) -> list[Layer]:
        return self.layers if backend.is_textbook() else self._fused

    def _share_buffers(self, dtype: np.dtype) -> None:
        """Move all trainable parameters into one buffer, their gradients into another."""
        size = sum(parameter.data.size for parameter in self.parameters().values() if parameter.trainable)
        self.flat_data = backend.xp().zeros(size, dtype)
        self.flat_grad = backend.xp().zeros(size, dtype)
        grads = self.parts_of(self.flat_grad)
        for parameter, data in self.parts_of(self.flat_data).items():
            parameter.rebind(data, grads[parameter])

    def parts_of(self, flat: Array) -> dict[Parameter, Array]:
        """Each trainable parameter's part of a buffer like `flat_data`, in the parameter's shape: views."""
        parts, start = {}, 0
        for parameter in self.parameters().values():
            if parameter.trainable:
                stop = start + parameter.data.size
                parts[parameter] = flat[start:stop].reshape(parameter.data.shape)
                start = stop
        return parts

    def to(self, name: str) -> "Sequential":
        """Move all values and gradients to another backend, "numpy" or "cupy", and return the network.

        Caches from before are stale afterwards, and so is the network that `logits` returned. An optimizer that has
        begun has a ``to`` of its own.

        Raises
        ------
        BackendError
            There is no such backend, or it does not work here.
        """
        self._check_built()
        if backend.array_module(self.flat_data).__name__ == name:
            return self
        for parameter in self.parameters().values():
            parameter.to(name)
        with backend.using(name):
            self._share_buffers(self.flat_data.dtype)
        self._logits = None
        return self

    @property
    def logits(self) -> "Sequential":
        """The same network up to, but without, its last sigmoid: the same layers, the same parameters.

        A loss that starts from the logit keeps its gradient where the sigmoid has long become 0 or 1. A network
        without a last sigmoid gives logits as it is.
        """
        self._check_built()
        if self._logits is None:
            self._logits = self._without_last_sigmoid()
        return self._logits

    def _without_last_sigmoid(self) -> "Sequential":
        last = self.layers[-1]
        network = copy.copy(self)
        if isinstance(last, Sigmoid):
            network.layers = self.layers[:-1]
        elif isinstance(last, Affine | SpectralNormalization) and isinstance(last.activation, Sigmoid):
            bare = copy.copy(last)
            bare.activation = Identity()
            bare.activation.build(last.output_shape)
            network.layers = [*self.layers[:-1], bare]
        network._choose_steps()
        return network

    # Running

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, tuple[Any, ...]]:
        """The output for `x` (N, ...), and the caches of all steps."""
        self._check_built()
        caches = []
        for step in self.steps:
            x, cache = step.forward(x, ctx)
            caches.append(cache)
        return x, tuple(caches)

    def _steps_of(self, caches: tuple[Any, ...]) -> list[Layer]:
        """The steps that made the caches, refused where other ones run now."""
        if not isinstance(caches, tuple):
            raise ConfigError(f"{self.name}: expected the caches that forward returned, got {type(caches).__name__}")
        if len(caches) != len(self.steps):
            raise StaleCacheError(
                f"{self.name}: expected the caches of {len(self.steps)} steps, got {len(caches)}; run forward again, "
                "for textbook mode may have been switched since"
            )
        return self.steps

    def walk(self, x: Array, ctx: Context = INFERENCE) -> Iterator[tuple[Layer, Array, Any]]:
        """Run forward one layer at a time, without fusion: yields each layer, its output and its cache."""
        self._check_built()
        for layer in self.layers:
            x, cache = layer.forward(x, ctx)
            yield layer, x, cache

    def backward(self, dy: Array, caches: tuple[Any, ...], param_grads: bool = True, input_grad: bool = True) -> Array:
        """The gradient with respect to the input; adds to all parameters' gradients if `param_grads`.

        Without `input_grad` it returns None, and runs only what the gradients of the parameters need.
        """
        steps = self._steps_of(caches)
        first = 0 if input_grad else first_with_gradients(steps)
        for place in reversed(range(first, len(steps))):
            dy = backward_of(steps[place], dy, caches[place], param_grads, input_grad or place > first)
        return dy if input_grad else None

    def tangent(self, x_dot: Array, caches: tuple[Any, ...]) -> tuple[Array, tuple[Any, ...]]:
        """How the output moves where the input moves by `x_dot`, and what `tangent_backward` needs of all layers."""
        tangent_caches = []
        for step, cache in zip(self._steps_of(caches), caches):
            x_dot, tangent_cache = step.tangent(x_dot, cache)
            tangent_caches.append(tangent_cache)
        return x_dot, tuple(tangent_caches)

    def tangent_backward(
        self,
        dy: Array,
        dy_dot: Array,
        caches: tuple[Any, ...],
        tangent_caches: tuple[Any, ...],
        param_grads: bool = True,
    ) -> tuple[Array, Array]:
        """The gradients of ``<dy, y> + <dy_dot, y_dot>`` with respect to x and x_dot; adds those of the parameters.

        See `Layer` for how this differentiates a gradient penalty.
        """
        steps = zip(reversed(self._steps_of(caches)), reversed(caches), reversed(tangent_caches), strict=True)
        for step, cache, tangent_cache in steps:
            dy, dy_dot = step.tangent_backward(dy, dy_dot, cache, tangent_cache, param_grads)
        return dy, dy_dot

    def predict(self, x: Array, batch_size: int = 256, labels: Array | None = None) -> Array:
        """The output in inference mode, `batch_size` inputs at a time, so that any number fits into memory.

        `labels` (N,) are the classes of the inputs, for a conditional network.
        """
        self._check_built()
        return predict(self, x, batch_size, labels)

    # Parameters

    def parameters(self) -> dict[str, Parameter]:
        """All parameters by dotted name, such as ``conv2d_1.kernel``, in the order of the layers."""
        self._check_built()
        return {f"{layer.name}.{name}": p for layer in self.layers for name, p in layer.parameters.items()}

    def zero_grads(self) -> None:
        """Set all gradients to zero, before the backwards of a step."""
        if type(self.flat_grad) is np.ndarray and not backend.is_textbook():
            set_to_zero(self.flat_grad)
        else:
            self.flat_grad[...] = 0

    def mark_updated(self) -> None:
        """Say that the trainable values were replaced: caches from before are stale from now on."""
        for parameter in self.parameters().values():
            if parameter.trainable:
                parameter.version += 1

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of all values, moving averages included, in host memory."""
        return {name: backend.asnumpy(p.data).copy() for name, p in self.parameters().items()}

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        """Replace all values by those of `state`; nothing is changed unless all fit.

        Raises
        ------
        CheckpointError
            A name is missing or unknown, a shape or a dtype is another.
        """
        parameters = self.parameters()
        missing, unknown = parameters.keys() - state.keys(), state.keys() - parameters.keys()
        if missing or unknown:
            raise CheckpointError(
                f"weights do not fit {self.name}: missing {listed(missing)}; unknown {listed(unknown)}"
            )
        for name, parameter in parameters.items():
            expected, got = parameter.data, state[name]
            if (got.shape, got.dtype) != (expected.shape, expected.dtype):
                raise CheckpointError(
                    f"weights do not fit {self.name}: expected {name} {expected.shape} {expected.dtype}, "
                    f"got {got.shape} {got.dtype}"
                )
        for name, parameter in parameters.items():
            parameter.data[...] = backend.to(state[name], backend.array_module(parameter.data).__name__)
        self.mark_updated()

    def summary(self) -> None:
        """Print the table of layers, output shapes and parameters that Keras users know."""
        self._check_built()
        print_summary(self)

    def plan(self, batch_size: int = 16) -> None:
        """Print what runs: the steps, the kernel of each for `batch_size` images, and what they cost.

        `minigan.model.plan.rows` has the same as data, and says what is counted.
        """
        self._check_built()
        print_plan(self, batch_size)

    def _check_built(self) -> None:
        if not self.built:
            raise NotBuiltError(f"Sequential {self.name!r}: call build(input_shape, seed) first")
