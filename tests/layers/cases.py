"""The package's own cases, with parameters away from their special values and random arrays, on the active backend."""

from typing import Any

import numpy as np

from minigan import backend
from minigan.backend import Array, asnumpy
from minigan.gradcheck.builtin.cases import LAYERS as CASES
from minigan.gradcheck.builtin.cases import Case
from minigan.layers import Context, Layer
from minigan.random import Stream

BY_NAME = {case.name: case for case in CASES}


def assert_equal(got: Array, expected: Array) -> None:
    """Bit for bit, wherever the arrays lie."""
    np.testing.assert_array_equal(asnumpy(got), asnumpy(expected))


def assert_close(got: Array, expected: Array, **tolerances: float) -> None:
    """To within tolerances, wherever the arrays lie."""
    np.testing.assert_allclose(asnumpy(got), asnumpy(expected), **tolerances)


def inference(x: Array, first: int = 0) -> Context:
    """An inference context for `x`, with classes for the layers that ask for them: `first`, the next, and so on."""
    return Context(labels=backend.array_module(x).arange(first, first + len(x)) % 3)


def training(x: Array) -> Context:
    """A training context for `x`, at the beginning of its random stream."""
    return inference(x)._replace(training=True, rng=Stream(0, "test"))


def built(case: Case, dtype: Any = np.float64) -> Layer:
    """The case's layer with parameters away from their special initial values."""
    layer = case.make()
    layer.build(case.shape[1:], Stream(1, case.name), dtype)
    rng = np.random.default_rng(7)
    for name, parameter in layer.parameters.items():
        noise = rng.standard_normal(parameter.data.shape)
        noise = 0.3 * backend.asarray(noise)
        parameter.data[...] = 1 + abs(noise) if "variance" in name else parameter.data + noise
    return layer


def random_arrays(layer: Layer, case: Case, dtype: Any = np.float64) -> tuple[Array, Array]:
    """A random input and a random upstream gradient: ones would hide what BatchNorm and Softmax subtract."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal(case.shape).astype(dtype)
    dy = rng.standard_normal((case.shape[0], *layer.output_shape)).astype(dtype)
    return backend.asarray(x), backend.asarray(dy)
