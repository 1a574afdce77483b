"""The same network twice, fused and not, and the small networks that every fused step is tried on."""

import copy
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from minigan.fusion import Step
from minigan.layers import (
    BatchNorm,
    Context,
    Conv2D,
    Dense,
    Dropout,
    Identity,
    Layer,
    LeakyReLU,
    Maxout,
    ReLU,
    Sigmoid,
    Tanh,
    UpSampling2D,
)
from minigan.model.sequential import Sequential
from minigan.random import Stream

#: A layer to be made: its class, then its arguments.
Spec = tuple[type[Layer], dict[str, Any]]


def network(
    specs: list[Spec], shape: tuple[int, ...], fuse: bool = True, dtype: type = np.float64, seed: int = 0
) -> Sequential:
    """Built, with parameters away from their special initial values, zero above all."""
    model = Sequential([cls(**copy.deepcopy(arguments)) for cls, arguments in specs], "pair", fuse=fuse)
    model.build(shape, seed, dtype)
    rng = np.random.default_rng(seed)
    for parameter in model.parameters().values():
        noise = 0.2 * rng.standard_normal(parameter.data.shape)
        # What is not trained is an average: variances stay positive.
        parameter.data += (noise if parameter.trainable else abs(noise)).astype(dtype)
    return model


def pair(specs: list[Spec], shape: tuple[int, ...], dtype: type = np.float64) -> tuple[Sequential, Sequential]:
    """The network fused, and layer by layer."""
    return network(specs, shape, True, dtype), network(specs, shape, False, dtype)


def arrays(model: Sequential, n: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A random input and a random upstream gradient."""
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((n, *model.input_shape)), rng.standard_normal((n, *model.output_shape))
    return x.astype(model.flat_data.dtype), dy.astype(model.flat_data.dtype)


def training(update_stats: bool = True) -> Context:
    """A training context at the beginning of its random stream."""
    return Context(training=True, rng=Stream(5, "fusion"), update_stats=update_stats)


def arrays_in(cache: Any) -> Iterator[np.ndarray]:
    """All arrays of a cache, those of the caches inside it included."""
    if isinstance(cache, np.ndarray):
        yield cache
    elif isinstance(cache, tuple):
        for item in cache:
            yield from arrays_in(item)


def averages(model: Sequential) -> dict[str, np.ndarray]:
    """Copies of what is not trained."""
    return {name: p.data.copy() for name, p in model.parameters().items() if not p.trainable}


def gradients(model: Sequential) -> dict[str, np.ndarray]:
    """Copies of all gradients."""
    return {name: p.grad.copy() for name, p in model.parameters().items() if p.trainable}


def assert_close(got: dict[str, np.ndarray], expected: dict[str, np.ndarray], dtype: type) -> None:
    """Equal up to rounding, in units of the largest number of all: a gradient that cancels out is rounding alone."""
    tolerance = 1e-10 if dtype is np.float64 else 1e-4
    assert got.keys() == expected.keys()
    scale = max(1.0, *(float(abs(array).max()) for array in expected.values()))
    for name, array in expected.items():
        assert got[name].shape == array.shape, name
        assert got[name].dtype == array.dtype == dtype, name
        assert abs(got[name] - array).max() <= tolerance * scale, name


class Case(NamedTuple):
    """Layers that become one step."""

    name: str
    specs: list[Spec]
    shape: tuple[int, ...]

    def model(self, dtype: type = np.float64, fuse: bool = True) -> Sequential:
        return network(self.specs, self.shape, fuse, dtype)

    def step(self, dtype: type = np.float64) -> Step:
        (step,) = self.model(dtype).steps
        assert isinstance(step, Step)
        return step


def case(name: str, shape: tuple[int, ...], *specs: Spec) -> Case:
    return Case(name, list(specs), shape)


IMAGE = (5, 4, 3)
UP: Spec = (UpSampling2D, {"size": 2})
SAME = {"filters": 4, "kernel_size": 3, "padding": "same"}

#: Every kind of step there is.
CASES = [
    case("dense", (6,), (Dense, {"units": 4})),
    case("dense-without-bias", (6,), (Dense, {"units": 4, "use_bias": False})),
    case("dense-of-images", IMAGE, (Dense, {"units": 4, "activation": "tanh"})),
    case("dense-tanh", (6,), (Dense, {"units": 4, "activation": "tanh"})),
    case("dense-then-sigmoid", (6,), (Dense, {"units": 4}), (Sigmoid, {})),
    case("dense-then-identity", (6,), (Dense, {"units": 4}), (Identity, {})),
    case("dense-outweighing-its-batch", (30,), (Dense, {"units": 40, "activation": "tanh"})),
    case("maxout", (6,), (Maxout, {"units": 3, "pieces": 2})),
    case("maxout-outweighing-its-batch", (30,), (Maxout, {"units": 9, "pieces": 5})),
    case("conv", IMAGE, (Conv2D, {"filters": 2, "kernel_size": (2, 3), "strides": (2, 1)})),
    case("conv-relu", IMAGE, (Conv2D, {**SAME, "activation": "relu"})),
    case("conv-without-bias-then-relu", IMAGE, (Conv2D, {**SAME, "use_bias": False}), (ReLU, {})),
    case("conv-then-leaky-relu", IMAGE, (Conv2D, {**SAME, "strides": 2}), (LeakyReLU, {"negative_slope": 0.2})),
    case("conv-to-few-channels", (4, 5, 12), (Conv2D, {**SAME, "filters": 1, "activation": "tanh"})),
    case("conv-framed", IMAGE, (Conv2D, {"filters": 2, "kernel_size": 2, "padding": ((0, 2), (1, 0))})),
    case("conv-dilated-then-relu", IMAGE, (Conv2D, {**SAME, "dilation_rate": (2, 1)}), (ReLU, {})),
    case("conv-grouped", (5, 4, 4), (Conv2D, {**SAME, "groups": 2, "activation": "tanh"})),
    case("conv-depthwise-then-relu", (5, 4, 2), (Conv2D, {**SAME, "groups": 2, "strides": 2}), (ReLU, {})),
    case("up-conv", IMAGE, UP, (Conv2D, SAME)),
    case("up-conv-relu", IMAGE, UP, (Conv2D, {**SAME, "activation": "relu"})),
    case("up-conv-without-bias-then-tanh", IMAGE, UP, (Conv2D, {**SAME, "use_bias": False}), (Tanh, {})),
    case("up-conv-of-one-pixel", (1, 1, 2), UP, (Conv2D, SAME)),
    case("norm", IMAGE, (BatchNorm, {"momentum": 0.7})),
    case("norm-of-vectors", (6,), (BatchNorm, {})),
    case("norm-relu", IMAGE, (BatchNorm, {}), (ReLU, {})),
    case("norm-dropout", IMAGE, (BatchNorm, {}), (Dropout, {"rate": 0.3})),
    case("norm-leaky-relu-dropout", IMAGE, (BatchNorm, {}), (LeakyReLU, {}), (Dropout, {"rate": 0.25})),
    case("norm-identity-no-dropout", (6,), (BatchNorm, {}), (Identity, {}), (Dropout, {"rate": 0})),
]


def counting(calls: list[Any], function: Callable) -> Callable:
    """The function, which also notes its arguments and its result."""

    def called(*arguments: Any, **named: Any) -> Any:
        result = function(*arguments, **named)
        calls.append((arguments, result))
        return result

    return called
