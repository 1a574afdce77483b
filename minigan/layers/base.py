"""What every layer shares: the contract of `Layer`, its `Parameter`, and the `Context` of a forward pass."""

import copy
import re
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from minigan import backend
from minigan.backend import Array, array_module
from minigan.errors import DtypeError, NotBuiltError, ShapeError, StaleCacheError
from minigan.initializers import Initializer
from minigan.random import Stream

__all__ = ["INFERENCE", "CacheStamp", "Context", "Layer", "Parameter", "Shape"]

#: A shape without its batch axis.
Shape = tuple[int, ...]


class Context(NamedTuple):
    """How a forward pass is to be run.

    Parameters
    ----------
    training : bool
        BatchNorm normalises by the batch, Dropout drops.
    rng : Stream, optional
        Where Dropout and GaussianNoise draw from; needed while training.
    update_stats : bool
        BatchNorm moves its averages. The generator's step runs the discriminator in training mode without it.
    labels : array of int (N,), optional
        The classes of the inputs, from 0: conditional layers need them.
    deferred : list of callables, optional
        For concurrent passes: collects the updates of a pass that runs at the same time as another (see `defer`).
    """

    training: bool = False
    rng: Stream | None = None
    update_stats: bool = True
    labels: Array | None = None
    deferred: list[Callable[[], None]] | None = None

    def defer(self, update: Callable[[], None]) -> None:
        """Run `update`, of what a layer keeps, now; or after the other pass, if two passes run at the same time."""
        if self.deferred is None:
            update()
        else:
            self.deferred.append(update)


#: What a forward assumes unless told otherwise.
INFERENCE = Context()


class Parameter:
    """An array a layer learns or keeps, with its gradient.

    Parameters
    ----------
    data : array
        The value.
    trainable : bool
        Optimizers move it; `grad` is None otherwise (BatchNorm's moving averages).

    Attributes
    ----------
    grad : array or None
        The sum of the gradients of all backwards since it was last set to zero.
    version : int
        How often the value was replaced. A cache remembers it, and a backward refuses an older one.
    """

    __slots__ = ("data", "grad", "trainable", "version")

    def __init__(self, data: Array, trainable: bool = True) -> None:
        self.data = data
        self.grad: Array | None = array_module(data).zeros_like(data) if trainable else None
        self.trainable = trainable
        self.version = 0

    def __repr__(self) -> str:
        kind = "" if self.trainable else ", trainable=False"
        return f"Parameter(shape={self.data.shape}, dtype={self.data.dtype}{kind})"

    def move(self, data: Array, grad: Array | None) -> None:
        """Live in other memory, such as a part of a network's flat buffers, with the same values."""
        data[...] = self.data
        self.data = data
        if grad is not None:
            grad[...] = self.grad
            self.grad = grad

    def to(self, name: str) -> None:
        """Live in the memory of another backend, "numpy" or "cupy": caches from before are stale from now on."""
        self.data = backend.to(self.data, name)
        if self.grad is not None:
            self.grad = backend.to(self.grad, name)
        self.version += 1

    def with_grad(self, grad: Array) -> "Parameter":
        """The same value and version, with `grad` for the gradient: for concurrent passes."""
        parameter = copy.copy(self)
        parameter.grad = grad
        return parameter


class CacheStamp(NamedTuple):
    """What a forward leaves in its cache for the other passes to check: they must be given arrays that fit.

    `backend` names the memory that the output lies in.
    """

    shape: tuple[int, ...]
    dtype: Any
    version: int
    backend: str = "numpy"


class Layer:
    """The contract of all layers.

    ::

        output_shape = layer.build(input_shape, rng)      # shapes without the batch axis; makes the parameters
        y, cache = layer.forward(x, ctx)
        dx = layer.backward(dy, cache, param_grads=True)  # adds to each parameter's grad, returns dL/dx

        y_dot, tangent_cache = layer.tangent(x_dot, cache)       # y moves by y_dot where x moves by x_dot
        dx, dx_dot = layer.tangent_backward(dy, dy_dot, cache, tangent_cache, param_grads=True)

    The cache is returned, never kept: a GAN runs its discriminator on two batches before either backward.
    No pass changes its arguments. With ``param_grads=False`` the backward returns the same `dx` and leaves the
    parameters' gradients alone: so a discriminator is held fixed while its generator learns.

    `tangent` is the derivative in one direction, ``y_dot = J x_dot`` with the Jacobian J at the x of the cache.
    `tangent_backward` is the reverse pass through forward and tangent together: for the number
    ``S = <dy, y> + <dy_dot, y_dot>`` it returns dS/dx and dS/dx_dot and adds dS/dparameter to each grad. So a
    penalty P on the gradient ``g = J^T dy`` is differentiated without a second backward: with ``v = dP/dg``,
    ``<v, g> = <dy, J v>`` is a directional derivative, whose gradient at this v is that of P. Run `tangent` along v,
    then `tangent_backward` with zeros for dy and this dy as dy_dot.

    A layer of your own defines `compute_output_shape` (where the shape changes), `add_parameters` (where it has
    any), `forward` and `backward`; its forward begins with `check_input` and puts `stamp(y)` in its cache, its
    backward begins with `check_backward`. A gradient penalty also needs its `tangent`, which begins with
    `check_tangent` and puts the cache's stamp in its own, and its `tangent_backward`, which begins with
    `check_tangent_backward`; `LinearMap` and `Elementwise` have them ready.

    Parameters
    ----------
    name : str, optional
        Default: the class's name in snake case; `minigan.Sequential` numbers equal names.

    Notes
    -----
    The tangent pass: Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6 (1994).
    """

    #: For concurrent passes: whether two forwards at the same time give what one after the other gives.
    concurrent_safe: ClassVar[bool] = True

    def __init__(self, name: str | None = None) -> None:
        self.named = name is not None
        self.name = name or snake_case(type(self).__name__)
        self.built = False
        self.input_shape: Shape = ()
        self.output_shape: Shape = ()
        self.parameters: dict[str, Parameter] = {}

    def __repr__(self) -> str:
        shapes = f": {self.input_shape} -> {self.output_shape}" if self.built else ""
        return f"<{type(self).__name__} {self.name!r}{shapes}>"

    # Building

    def build(self, input_shape: Shape, rng: Stream | None = None, dtype: Any = np.float32) -> Shape:
        """Fix the shapes and make the parameters.

        Parameters
        ----------
        input_shape : tuple of int
            Without the batch axis.
        rng : Stream, optional
            Where initial values are drawn from; default ``Stream(0)``.
        dtype : dtype
            Of the parameters: float32, or float64 for checks.

        Returns
        -------
        tuple of int
            The output's shape, without the batch axis.
        """
        self.input_shape = tuple(int(size) for size in input_shape)
        self.output_shape = self.compute_output_shape(self.input_shape)
        self.parameters = {}
        self.add_parameters(rng or Stream(0), np.dtype(dtype))
        self.built = True
        return self.output_shape

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The output's shape for an input's, both without the batch axis."""
        return input_shape

    def add_parameters(self, rng: Stream, dtype: np.dtype) -> None:
        """Make the parameters, with `add_parameter`; called by `build` when the shapes are known."""

    def add_parameter(
        self,
        name: str,
        shape: Shape,
        initializer: Initializer,
        rng: Stream,
        dtype: np.dtype,
        trainable: bool = True,
    ) -> Parameter:
        """Make one parameter, drawn from the stream that bears its name."""
        parameter = Parameter(initializer(shape, rng.child(name), dtype), trainable)
        self.parameters[name] = parameter
        return parameter

    def to(self, name: str) -> "Layer":
        """Move the parameters to another backend, "numpy" or "cupy", and return the layer.

        A layer of a network moves with it: `minigan.Sequential.to` keeps all parameters in one buffer.
        """
        for parameter in self.parameters.values():
            parameter.to(name)
        return self

    # Running

    def rng_blocks(self, examples: int, dtype: Any) -> int:
        """Blocks of the random stream that a training forward of so many examples of that dtype uses."""
        return 0

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, Any]:
        """The output for `x`, and what `backward` needs to know of it."""
        raise NotImplementedError

    def backward(self, dy: Array, cache: Any, param_grads: bool = True) -> Array:
        """The gradient with respect to the input; adds to the parameters' gradients if `param_grads`."""
        raise NotImplementedError

    def tangent(self, x_dot: Array, cache: Any) -> tuple[Array, Any]:
        """How y moves where x moves by `x_dot`, and what `tangent_backward` needs to know of it."""
        raise NotImplementedError(f"{self.title} has no tangent pass")

    def tangent_backward(
        self, dy: Array, dy_dot: Array, cache: Any, tangent_cache: Any, param_grads: bool = True
    ) -> tuple[Array, Array]:
        """The gradients of ``<dy, y> + <dy_dot, y_dot>`` with respect to x and x_dot, and to the parameters."""
        raise NotImplementedError(f"{self.title} has no tangent pass")

    # Checks

    @property
    def version(self) -> int:
        """Counts the replacements of any of the layer's trainable values."""
        return sum(parameter.version for parameter in self.parameters.values())

    def stamp(self, y: Array) -> CacheStamp:
        """What the checks below compare with: `y`'s shape and dtype, the parameters' version."""
        return CacheStamp(y.shape, y.dtype, self.version, array_module(y).__name__)

    def check_input(self, x: Array) -> None:
        """Refuse an `x` of another shape, dtype or backend than the layer was built for."""
        if not self.built:
            raise NotBuiltError(f"{self.title}: call build(input_shape, rng) before forward")
        if x.shape[1:] != self.input_shape or not x.shape:
            expected = ", ".join(["N", *map(str, self.input_shape)])
            raise ShapeError(f"{self.title}: expected x ({expected}), got {x.shape}")
        # Complex numbers are for the complex step, the derivative without a difference.
        if x.dtype.kind not in "fc":
            raise DtypeError(f"{self.title}: expected x of a floating dtype, got {x.dtype}")
        for name, parameter in self.parameters.items():
            if type(parameter.data) is not type(x):
                backend.check_same(self.title, array_module(parameter.data).__name__, x=x)
            if parameter.data.dtype != x.dtype:
                raise DtypeError(f"{self.title}: expected x {parameter.data.dtype}, as its {name}, got {x.dtype}")

    def check_backward(self, dy: Array, cache: Any) -> None:
        """Refuse a `dy` that is not like the output, and a cache from before the last optimizer step."""
        self.check_like("dy", dy, cache.stamp)

    def check_tangent(self, x_dot: Array, cache: Any) -> None:
        """Refuse an `x_dot` that is not like the input, and an old cache."""
        batch, *_ = cache.stamp.shape
        self.check_like("x_dot", x_dot, cache.stamp._replace(shape=(batch, *self.input_shape)))

    def check_tangent_backward(self, dy: Array, dy_dot: Array, cache: Any, tangent_cache: Any) -> None:
        """Refuse a `dy` or `dy_dot` that is not like the output, and old caches or those of two passes."""
        self.check_like("dy", dy, cache.stamp)
        self.check_like("dy_dot", dy_dot, cache.stamp)
        self.check_like("dy_dot", dy_dot, tangent_cache.stamp)

    def check_like(self, argument: str, array: Array, stamp: CacheStamp) -> None:
        """Refuse an array of another shape, dtype or backend than the stamp's, and a stamp of replaced parameters."""
        if array.shape != stamp.shape:
            raise ShapeError(f"{self.title}: expected {argument} {stamp.shape}, got {array.shape}")
        if array_module(array).__name__ != stamp.backend:
            backend.check_same(self.title, stamp.backend, **{argument: array})
        if array.dtype != stamp.dtype:
            raise DtypeError(f"{self.title}: expected {argument} {stamp.dtype}, got {array.dtype}")
        if stamp.version != self.version:
            raise StaleCacheError(
                f"{self.title}: the cache is from before the last update of the parameters; run forward again"
            )

    @property
    def title(self) -> str:
        """Class and name, as errors show them: ``Conv2D 'conv2d_1'``."""
        return f"{type(self).__name__} {self.name!r}"


def snake_case(name: str) -> str:
    """``UpSampling2D`` becomes ``up_sampling2d``, as in Keras."""
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
