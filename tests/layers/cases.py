"""The package's own cases, with parameters away from their special values and random arrays to run them on."""

import numpy as np

from minigan.gradcheck.cases import LAYERS as CASES
from minigan.gradcheck.cases import Case
from minigan.layers import Context, Layer
from minigan.random import Stream

BY_NAME = {case.name: case for case in CASES}


def inference(x: np.ndarray, first: int = 0) -> Context:
    """An inference context for `x`, with classes for the layers that ask for them: `first`, the next, and so on."""
    return Context(labels=np.arange(first, first + len(x)) % 3)


def training(x: np.ndarray) -> Context:
    """A training context for `x`, at the beginning of its random stream."""
    return inference(x)._replace(training=True, rng=Stream(0, "test"))


def built(case: Case, dtype: type = np.float64) -> Layer:
    """The case's layer with parameters away from their special initial values."""
    layer = case.make()
    layer.build(case.shape[1:], Stream(1, case.name), dtype)
    rng = np.random.default_rng(7)
    for name, parameter in layer.parameters.items():
        noise = rng.standard_normal(parameter.data.shape)
        parameter.data[...] = 1 + 0.3 * abs(noise) if "variance" in name else parameter.data + 0.3 * noise
    return layer


def random_arrays(layer: Layer, case: Case, dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray]:
    """A random input and a random upstream gradient: ones would hide what BatchNorm and Softmax subtract."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal(case.shape).astype(dtype)
    dy = rng.standard_normal((case.shape[0], *layer.output_shape)).astype(dtype)
    return x, dy
