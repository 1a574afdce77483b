"""Targets of a check in one form: named arrays, a forward, a backward, possibly a tangent pass.

A layer, a network, a loss and a pair of plain functions become a `Target`: functions of a dictionary of arrays.
So the checks can change any array, or pass complex or float32 arrays, and need not know about layers.
"""

import inspect
import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from minigan import backend, numbers
from minigan.backend import Array
from minigan.errors import ConfigError, ShapeError
from minigan.layers.base import Context, Layer
from minigan.layers.parameter import Parameter
from minigan.layers.residual import every_layer
from minigan.model.sequential import Sequential
from minigan.random import Stream

__all__ = ["BLANK", "Arrays", "FunctionTarget", "ModelTarget", "Target", "copies", "make_target"]

#: What is said of ``...`` in place of a result.
BLANK = "`...`, a blank that is still to be written"

#: Arrays by name: the input ``x`` and the parameters, or a function's arguments.
Arrays: TypeAlias = dict[str, Array]


def copies(arrays: Arrays) -> Arrays:
    """Copy the arrays, so that a pass that writes into its arguments does not affect other checks."""
    return {name: array.copy() for name, array in arrays.items()}


@dataclass
class Target:
    """Something with a forward and a backward.

    Attributes
    ----------
    name : str
    point : dict of arrays
        The point of the check, in float64: every array whose gradient is checked.
    """

    name: str
    point: Arrays

    def forward(self, values: Arrays) -> tuple[Array, Any]:
        """The output for these values, and the cache."""
        raise NotImplementedError

    def backward(self, values: Arrays, dy: Array, cache: Any) -> Arrays:
        """The gradient of ``<y, dy>`` with respect to each value."""
        raise NotImplementedError

    def value(self, values: Arrays, dy: Array) -> Any:
        """``<y, dy>``, complex for complex values."""
        return (self.forward(copies(values))[0] * dy).sum()


class ModelTarget(Target):
    """A layer or a network, with its input and its trainable parameters.

    Every forward starts with the same state of the random stream, so that dropout masks are the same, and does not
    update the moving averages, so that all forwards are the same function.
    """

    def __init__(self, model: Layer | Sequential, x: Array, training: bool, seed: int) -> None:
        self.model, self.training, self.seed = model, training, seed
        self.parameters: dict[str, Parameter] = dict(
            model.parameters if isinstance(model, Layer) else model.parameters()
        )
        self.trainable = {name: p for name, p in self.parameters.items() if p.trainable}
        super().__init__(
            model.name, {"x": x, **{name: p.data.astype(np.float64) for name, p in self.trainable.items()}}
        )
        layers = list(every_layer([model] if isinstance(model, Layer) else model))
        classes = [layer.classes for layer in layers if hasattr(layer, "classes")]
        #: For conditional layers: each class in turn.
        self.labels = backend.array_module(x).arange(len(x)) % min(classes) if classes else None
        self.has_tangent = all(type(layer).tangent is not Layer.tangent for layer in layers)

    def context(self, update_stats: bool = False) -> Context:
        """A context with the random stream at its beginning."""
        return Context(self.training, Stream(self.seed, "gradcheck"), update_stats, self.labels)

    @contextmanager
    def holding(self, values: Arrays, with_grads: bool = True) -> Iterator[Array]:
        """Set the parameters to these values (with the moving averages, all in one dtype) for a while; yields x."""
        kept = {name: (p.data, p.grad) for name, p in self.parameters.items()}
        dtype = np.result_type(*(array.dtype for array in values.values()))
        try:
            for name, p in self.parameters.items():
                array: Array = values.get(name, p.data)
                # An average is copied: a wrong forward that updates it must not change the user's.
                p.data = array.astype(dtype, copy=name not in values)
                p.grad = backend.array_module(p.data).zeros_like(p.data) if p.trainable and with_grads else None
            yield values["x"].astype(dtype, copy=False)
        finally:
            for name, p in self.parameters.items():
                p.data, p.grad = kept[name]

    def gradients(self, dx: Array) -> Arrays:
        """The gradients of the input and of the parameters."""
        return {"x": dx, **{name: p.grad for name, p in self.trainable.items()}}

    def forward(self, values: Arrays) -> tuple[Array, Any]:
        with self.holding(values, with_grads=False) as x:
            return self.model.forward(x, self.context())

    def backward(self, values: Arrays, dy: Array, cache: Any, param_grads: bool = True) -> Arrays:
        with self.holding(values), explaining_sums(self.name):
            return self.gradients(self.model.backward(dy, cache, param_grads))

    def tangent(self, values: Arrays, x_dot: Array, cache: Any) -> tuple[Array, Any]:
        """The directional derivative along `x_dot`, and its cache."""
        with self.holding(values, with_grads=False):
            return self.model.tangent(x_dot, cache)

    def tangent_backward(
        self, values: Arrays, dy: Array, dy_dot: Array, cache: Any, tangent_cache: Any, param_grads: bool = True
    ) -> Arrays:
        """The gradient of ``<y, dy> + <y_dot, dy_dot>`` with respect to each value and to x_dot."""
        with self.holding(values), explaining_sums(self.name):
            dx, dx_dot = self.model.tangent_backward(dy, dy_dot, cache, tangent_cache, param_grads)
            return {**self.gradients(dx), "x_dot": dx_dot}


class FunctionTarget(Target):
    """A pair of plain functions: ``forward(*arrays) -> (y, cache)`` and ``backward(dy, cache) -> gradients``.

    The gradients come as one array, a sequence in the order of the arguments, or a mapping by their names.
    """

    def __init__(self, name: str, forward: Callable, backward: Callable, point: Arrays) -> None:
        super().__init__(name, point)
        self.functions = forward, backward

    def forward(self, values: Arrays) -> tuple[Array, Any]:
        result = self.functions[0](*values.values())
        if not isinstance(result, tuple) or len(result) != 2:
            count = f" of {len(result)}" if isinstance(result, tuple) else ""
            kind = BLANK if result is ... else type(result).__name__
            raise ConfigError(f"{self.name}: expected forward to return (y, cache), got {kind}{count}")
        y, cache = result
        if type(y) in (int, float, complex):  # a Python number gets the arrays' dtype
            arrays = list(values.values())
            y = backend.array_module(arrays[0]).asarray(y, np.result_type(y, *(array.dtype for array in arrays)))
        return y, cache

    def backward(self, values: Arrays, dy: Array, cache: Any) -> Arrays:
        gradients = self.functions[1](dy, cache)
        if isinstance(gradients, Mapping):
            named = dict(gradients)
        else:
            parts = list(gradients) if isinstance(gradients, Sequence) else [gradients]
            named = dict(zip(self.point, parts))
            if len(parts) != len(self.point):
                raise ShapeError(f"{self.name}: expected gradients of {', '.join(self.point)}, got {len(parts)}")
        if named.keys() != self.point.keys():
            raise ShapeError(f"{self.name}: expected gradients of {', '.join(self.point)}, got {', '.join(named)}")
        return named


def loss_functions(loss: Callable) -> tuple[Callable, Callable]:
    """A loss ``f(z) -> (value, dz)`` as a forward and a backward: dz is the cache, dz times dy the gradient."""

    def forward(z: Array) -> tuple[Array, Array]:
        result = loss(z)
        if not isinstance(result, tuple) or len(result) != 2 or not hasattr(result[1], "shape"):
            raise ConfigError(f"{name_of(loss)}: expected (value, dz), got {result!r}; or give its backward")
        return result

    def backward(dy: Array, dz: Array) -> Array:
        return dy * dz

    return forward, backward


def make_target(
    target: Any, inputs: Sequence[Any], backward: Callable | None, training: bool, seed: int, name: str | None
) -> Target:
    """Make the `Target` for the arguments of `minigan.gradcheck.check`."""
    model = isinstance(target, Layer | Sequential)
    is_class = inspect.isclass(target) and issubclass(target, Layer | Sequential)
    if is_class or not (model or callable(target)):
        raise ConfigError(f"expected a layer, a Sequential, a loss or a pair of functions, got {target!r}")
    label = name or (target.name if model else name_of(target))
    if model and backward is not None:
        raise ConfigError(f"{label}: expected no backward: a layer or network has its own")
    if not inputs or (len(inputs) > 1 and (model or backward is None)):
        expected = "at least one input" if backward else "one input"
        raise ConfigError(f"{label}: expected {expected}, an array or a shape, got {len(inputs)}")
    rng = Stream(seed, "gradcheck/point")
    arrays = [as_point(item, rng) for item in inputs]
    if model:
        if not target.built:
            build(target, arrays[0].shape[1:], seed)
        made: Target = ModelTarget(target, arrays[0], training, seed)
    else:
        forward, backward = (target, backward) if backward else loss_functions(target)
        made = FunctionTarget(label, forward, backward, dict(zip(argument_names(target, len(arrays)), arrays)))
    made.name = label
    return made


def name_of(function: Callable) -> str:
    """The name of a function or a callable object."""
    return getattr(function, "__name__", type(function).__name__)


def build(model: Layer | Sequential, shape: tuple[int, ...], seed: int) -> None:
    """Build in float64, and add noise to the parameters, whose initial values are often special, such as zero."""
    if isinstance(model, Sequential):
        model.build(shape, seed, np.float64)
        parameters = model.parameters()
    else:
        model.build(shape, Stream(seed, "gradcheck/build"), np.float64)
        parameters = model.parameters
    rng = Stream(seed, "gradcheck/parameters")
    for parameter in parameters.values():
        noise = 0.2 * rng.normal(parameter.data.shape, dtype=np.float64)
        # Parameters that are not trained are averages: variances stay positive.
        parameter.data += noise if parameter.trainable else abs(noise)


def as_point(item: Any, rng: Stream) -> Array:
    """Convert to an array in float64; a shape gives random numbers."""
    if isinstance(item, tuple) or (isinstance(item, list) and item):
        sizes = [numbers.whole(size) or 0 for size in item]
        if all(size > 0 for size in sizes):
            return rng.normal(tuple(sizes), dtype=np.float64)
    hint = ": use numpy.asarray" if isinstance(item, list) and item else ""
    if not hasattr(item, "astype") or item.dtype.kind not in "fiub" or not item.size:
        raise ConfigError(f"expected an array of real numbers or a shape, without a size of 0, got {item!r}{hint}")
    if not bool(backend.array_module(item).isfinite(item).all()):
        raise ConfigError("expected an array of finite numbers, got one with NaN or infinity")
    return item.astype(np.float64)


def describe_error(error: BaseException) -> str:
    """The error in one line, with its last place outside minigan, such as in a user's file, or else the checker."""
    own = Path(__file__).parent
    frames = traceback.extract_tb(error.__traceback__)
    for inside in (str(own.parent), str(own)):
        if places := [frame for frame in frames if not frame.filename.startswith((inside, "<"))]:
            break
    place = f" ({Path(places[-1].filename).name}, line {places[-1].lineno})" if places else ""
    return f"{type(error).__name__}: {error}{place}"


@contextmanager
def explaining_sums(name: str) -> Iterator[None]:
    """Raise a `ShapeError` with the parameter's name where ``self.a.grad += da`` cannot add the two shapes."""
    try:
        yield
    except ValueError as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        parameter, shapes = re.search(r"(\w+)\.grad\b", place.line or ""), re.findall(r"\([\d,]+\)", str(error))
        if parameter and (shapes[2:] == shapes[:1] or (len(shapes) == 2 and "output operand" in str(error))):
            found = f"{parameter[1]}.grad has the shape {shapes[0]}, got {shapes[1]} to add"
            where = f"{Path(place.filename).name}, line {place.lineno}"
            raise ShapeError(f"{name}: {found}: is it summed over the right axes? ({where})") from error
        raise


def argument_names(function: Callable, count: int) -> list[str]:
    """The names of a function's arguments, or ``x0, x1 ...`` where they are unknown."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][:count]
    return [*names, *(f"x{i}" for i in range(len(names), count))]
