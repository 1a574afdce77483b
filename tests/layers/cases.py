"""Every layer in the forms that matter, for the tests that run on all of them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from minigan.layers import (
    ELU,
    AveragePooling2D,
    BatchNorm,
    Context,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    Identity,
    Layer,
    LayerNorm,
    LeakyReLU,
    Maxout,
    MaxPooling2D,
    ReLU,
    Reshape,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
    UpSampling2D,
    ZeroPadding2D,
)
from minigan.random import Stream


class Case(NamedTuple):
    """A layer, and the shape of an input for it, with the batch axis."""

    name: str
    make: Callable[[], Layer]
    shape: tuple[int, ...]


CASES = [
    Case("dense", lambda: Dense(4), (3, 5)),
    Case("dense-activation", lambda: Dense(4, activation="tanh"), (3, 5)),
    Case("dense-no-bias", lambda: Dense(4, use_bias=False), (1, 5)),
    Case("dense-on-images", lambda: Dense(3, activation="sigmoid"), (2, 3, 2, 4)),
    Case("conv2d-valid", lambda: Conv2D(3, 3), (2, 5, 6, 2)),
    Case("conv2d-same", lambda: Conv2D(3, 3, padding="same", activation="softplus"), (2, 5, 4, 2)),
    Case("conv2d-same-stride", lambda: Conv2D(2, 3, strides=2, padding="same"), (2, 5, 6, 3)),
    Case("conv2d-stride-leaves-a-rest", lambda: Conv2D(2, 3, strides=3), (2, 8, 7, 1)),
    Case("conv2d-rectangular", lambda: Conv2D(2, (2, 3), strides=(2, 1), padding="same"), (1, 7, 5, 2)),
    Case("conv2d-explicit", lambda: Conv2D(2, 3, strides=2, padding=((2, 0), (1, 3)), use_bias=False), (2, 4, 5, 2)),
    Case("conv2d-1x1", lambda: Conv2D(3, 1, strides=2), (2, 5, 5, 2)),
    Case("conv2d-stride-over-kernel", lambda: Conv2D(2, 2, strides=3, padding="same"), (2, 7, 8, 2)),
    Case("conv2d-transpose-same", lambda: Conv2DTranspose(3, 3, strides=2, padding="same"), (2, 3, 4, 2)),
    Case("conv2d-transpose-valid", lambda: Conv2DTranspose(2, 3, strides=2, activation="tanh"), (2, 3, 2, 2)),
    Case("conv2d-transpose-even", lambda: Conv2DTranspose(2, 4, strides=2, padding="same"), (1, 3, 3, 2)),
    Case("conv2d-transpose-gaps", lambda: Conv2DTranspose(2, 2, strides=3), (2, 2, 3, 2)),
    Case("conv2d-transpose-explicit", lambda: Conv2DTranspose(2, 3, strides=2, padding=((1, 0), (0, 2))), (2, 3, 4, 2)),
    Case("maxout", lambda: Maxout(4, 3), (3, 5)),
    Case("batch-norm", lambda: BatchNorm(), (5, 3)),
    Case("batch-norm-images", lambda: BatchNorm(momentum=0.8), (3, 4, 3, 2)),
    Case("batch-norm-bare", lambda: BatchNorm(center=False, scale=False), (4, 3)),
    Case("layer-norm", lambda: LayerNorm(), (3, 5)),
    Case("layer-norm-images", lambda: LayerNorm(), (2, 3, 2, 4)),
    Case("layer-norm-bare", lambda: LayerNorm(center=False, scale=False), (3, 4)),
    Case("relu", lambda: ReLU(), (3, 5)),
    Case("relu-options", lambda: ReLU(max_value=0.9, negative_slope=0.1, threshold=0.2), (4, 6)),
    Case("leaky-relu", lambda: LeakyReLU(0.2), (3, 5)),
    Case("leaky-relu-negative-slope", lambda: LeakyReLU(-0.5), (3, 5)),
    Case("elu", lambda: ELU(0.7), (3, 5)),
    Case("sigmoid", lambda: Sigmoid(), (3, 5)),
    Case("tanh", lambda: Tanh(), (3, 5)),
    Case("softplus", lambda: Softplus(), (3, 5)),
    Case("softmax", lambda: Softmax(), (3, 5)),
    Case("softmax-axis", lambda: Softmax(axis=1), (2, 3, 4)),
    Case("identity", lambda: Identity(), (3, 5)),
    Case("dropout", lambda: Dropout(0.4), (4, 6)),
    Case("gaussian-noise", lambda: GaussianNoise(0.3), (3, 5)),
    Case("flatten", lambda: Flatten(), (2, 3, 4, 2)),
    Case("reshape", lambda: Reshape((2, -1)), (3, 4, 3)),
    Case("up-sampling-nearest", lambda: UpSampling2D((2, 3)), (2, 3, 2, 2)),
    Case("up-sampling-bilinear", lambda: UpSampling2D((2, 3), interpolation="bilinear"), (2, 3, 4, 2)),
    Case("zero-padding", lambda: ZeroPadding2D(((0, 1), (2, 0))), (2, 3, 2, 2)),
    Case("max-pooling", lambda: MaxPooling2D(2), (2, 5, 4, 2)),
    Case("max-pooling-overlap", lambda: MaxPooling2D(3, strides=2, padding="same"), (2, 5, 6, 2)),
    Case("average-pooling", lambda: AveragePooling2D(2), (2, 5, 4, 2)),
    Case("average-pooling-overlap", lambda: AveragePooling2D((3, 2), strides=(2, 1), padding="same"), (2, 5, 6, 2)),
    Case("global-average-pooling", lambda: GlobalAveragePooling2D(), (2, 3, 4, 3)),
]

BY_NAME = {case.name: case for case in CASES}


def training(seed: int = 0) -> Context:
    """A training context at the beginning of its random stream."""
    return Context(training=True, rng=Stream(seed, "test"))


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
