"""The contract of all layers, and the `Context` of a forward pass.

A parameter is in parameter.py, and the checks that begin each pass are in checks.py.
"""

import re
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from minigan import initializers
from minigan.backend import Array
from minigan.errors import ConfigError
from minigan.initializers import Initializer
from minigan.layers.checks import CacheStamp, Checks, parameter_dtype, shape_of
from minigan.layers.parameter import Parameter
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
        BatchNorm updates its moving averages. The generator's step runs the discriminator in training mode without it.
    labels : array of int (N,), optional
        The classes of the inputs, from 0; conditional layers need them.
    deferred : list of callables, optional
        For concurrent passes: collects the updates of a pass that runs at the same time as another (see `defer`).
    """

    training: bool = False
    rng: Stream | None = None
    update_stats: bool = True
    labels: Array | None = None
    deferred: list[Callable[[], None]] | None = None

    def defer(self, update: Callable[[], None]) -> None:
        """Run `update` now; or, where two passes run at the same time, after the other one."""
        if self.deferred is None:
            update()
        else:
            self.deferred.append(update)


#: The default of a forward.
INFERENCE = Context()


class Layer(Checks):
    """The contract of all layers.

    ::

        output_shape = layer.build(input_shape, rng)      # shapes without the batch axis; makes the parameters
        y, cache = layer.forward(x, ctx)
        dx = layer.backward(dy, cache, param_grads=True)  # adds to each parameter's grad, returns dL/dx

        y_dot, tangent_cache = layer.tangent(x_dot, cache)  # the derivative of y along x_dot
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

    #: In training, an output depends on the other examples of the batch, too: penalties on each example's gradient
    #: do not fit such a layer.
    mixes_examples: ClassVar[bool] = False

    #: Two forwards at the same time give the same as one after the other.
    concurrent_safe: ClassVar[bool] = True

    def __init__(self, name: str | None = None) -> None:
        if not isinstance(name, str | None):
            raise ConfigError(f"{type(self).__name__}: expected name to be a text, got {name!r}")
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
        dtype = parameter_dtype(self.title, dtype)
        self.input_shape = shape_of(self.title, input_shape)
        self.output_shape = self.compute_output_shape(self.input_shape)
        self.parameters = {}
        self.add_parameters(rng or Stream(0), dtype)
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
        initializer: str | Initializer,
        rng: Stream,
        dtype: np.dtype,
        trainable: bool = True,
    ) -> Parameter:
        """Make one parameter; its initial values are drawn from the stream with its name.

        Parameters
        ----------
        name : str
            The parameter is ``self.parameters[name]``, and ``layer.name`` in a network's weights.
        shape : tuple of int
        initializer : str or callable
            A name such as "zeros" or "glorot_uniform", or a function of the shape, a stream and the dtype; see
            `minigan.initializers`.
        rng, dtype
            As `add_parameters` got them.
        trainable : bool
            Whether it has a gradient and is updated by optimizers.

        Raises
        ------
        ConfigError
            The initializer is no known name, and no function.
        """
        make = initializers.get(initializer)
        parameter = Parameter(make(shape, rng.child(name), dtype), trainable)
        self.parameters[name] = parameter
        return parameter

    def to(self, name: str) -> "Layer":
        """Copy the parameters to another backend, "numpy" or "cupy", and return the layer.

        For the layers of a network use `minigan.Sequential.to`, which keeps all parameters in one buffer.
        """
        for parameter in self.parameters.values():
            parameter.to(name)
        return self

    # Running

    def rng_blocks(self, examples: int, dtype: Any) -> int:
        """Blocks of the random stream that a training forward draws, for concurrent passes."""
        return 0

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, Any]:
        """The output for `x`, and the cache that `backward` needs."""
        raise NotImplementedError

    def backward(self, dy: Array, cache: Any, param_grads: bool = True) -> Array:
        """The gradient with respect to the input; adds to the parameters' gradients if `param_grads`."""
        raise NotImplementedError

    def tangent(self, x_dot: Array, cache: Any) -> tuple[Array, Any]:
        """The derivative of y along `x_dot`, and the cache that `tangent_backward` needs."""
        raise NotImplementedError(f"{self.title} has no tangent pass")

    def tangent_backward(
        self, dy: Array, dy_dot: Array, cache: Any, tangent_cache: Any, param_grads: bool = True
    ) -> tuple[Array, Array]:
        """The gradients of ``<dy, y> + <dy_dot, y_dot>`` with respect to x and x_dot; adds those of the parameters."""
        raise NotImplementedError(f"{self.title} has no tangent pass")


def snake_case(name: str) -> str:
    """``UpSampling2D`` becomes ``up_sampling2d``, as in Keras."""
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
