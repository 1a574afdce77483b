"""Spectral normalisation against singular values that another algorithm finds."""

import copy
from itertools import pairwise

import numpy as np
import pytest

from minigan.errors import ConfigError
from minigan.layers import (
    Context,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Identity,
    Maxout,
    ReLU,
    Sigmoid,
    SpectralNormalization,
)
from minigan.model.sequential import Sequential
from minigan.optimizers import SGD
from minigan.random import Stream

TRAINING = Context(training=True, rng=Stream(0))

WRAPPED = {
    "dense": (lambda: Dense(4), (5,)),
    "conv2d": (lambda: Conv2D(4, 3, padding="same"), (5, 4, 2)),
    "conv2d-transpose": (lambda: Conv2DTranspose(3, 3, strides=2), (3, 2, 4)),
}
every_kind = pytest.mark.parametrize("kind", WRAPPED)


def converged(kind: str) -> tuple[SpectralNormalization, np.ndarray]:
    """A layer whose u has stood still for long, and an input for it."""
    make, shape = WRAPPED[kind]
    layer = SpectralNormalization(make(), power_iterations=500)
    layer.build(shape, dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((3, *shape))
    layer.forward(x, TRAINING)
    return layer, x


def matrix(kernel: np.ndarray) -> np.ndarray:
    return kernel.reshape(-1, kernel.shape[-1])


def largest(kernel: np.ndarray) -> float:
    return float(np.linalg.svd(matrix(kernel), compute_uv=False)[0])


@every_kind
def test_the_kernel_that_runs_has_the_largest_singular_value_one(kind: str):
    layer, x = converged(kind)
    y, cache = layer.forward(x)
    assert cache.spectrum.sigma == pytest.approx(largest(layer.kernel.data), rel=1e-12)
    assert largest(cache.kernel) == pytest.approx(1, rel=1e-12)
    plain = WRAPPED[kind][0]()
    plain.build(x.shape[1:], dtype=np.float64)
    plain.kernel.data[...] = layer.kernel.data / largest(layer.kernel.data)
    np.testing.assert_allclose(y, plain.forward(x)[0], rtol=1e-10, atol=1e-13)


@every_kind
def test_at_the_limit_the_gradient_is_that_of_the_true_singular_value(kind: str):
    layer, x = converged(kind)
    plain = WRAPPED[kind][0]()
    plain.build(x.shape[1:], dtype=np.float64)
    rng = np.random.default_rng(1)
    y, cache = layer.forward(x)
    dy = rng.standard_normal(y.shape)
    layer.backward(dy, cache)

    def value(kernel: np.ndarray) -> float:
        plain.kernel.data[...] = kernel / largest(kernel)
        return float((plain.forward(x)[0] * dy).sum())

    for _ in range(4):
        way, step = rng.standard_normal(layer.kernel.data.shape), 1e-5
        difference = (value(layer.kernel.data + step * way) - value(layer.kernel.data - step * way)) / (2 * step)
        assert (layer.kernel.grad * way).sum() == pytest.approx(difference, rel=1e-6)


def test_the_gradient_has_no_part_along_the_kernel():
    """A longer W makes the same W_bar."""
    layer, x = converged("conv2d")
    y, cache = layer.forward(x)
    layer.backward(np.random.default_rng(1).standard_normal(y.shape), cache)
    assert abs((layer.kernel.grad * layer.kernel.data).sum()) < 1e-12 * np.linalg.norm(layer.kernel.grad)


def test_one_training_forward_is_one_power_iteration_and_uses_the_new_u():
    layer = SpectralNormalization(Dense(4))
    layer.build((5,), dtype=np.float64)
    w, u = layer.kernel.data, layer.vector_u.data.copy()
    v = w @ u / np.linalg.norm(w @ u)
    u = w.T @ v / np.linalg.norm(w.T @ v)
    x = np.ones((2, 5))
    y, _ = layer.forward(x, TRAINING)
    np.testing.assert_allclose(layer.vector_u.data, u, rtol=1e-13)
    np.testing.assert_allclose(y, x @ w / np.linalg.norm(w @ u), rtol=1e-13)
    np.testing.assert_array_equal(layer.forward(x)[0], y)


def test_the_estimate_grows_towards_the_largest_singular_value():
    layer = SpectralNormalization(Dense(6))
    layer.build((8,), dtype=np.float64)
    sigmas = [float(layer.forward(np.ones((1, 8)), TRAINING)[1].spectrum.sigma) for _ in range(30)]
    assert all(later >= earlier * (1 - 1e-14) for earlier, later in pairwise(sigmas))
    assert sigmas[0] < sigmas[-1] <= largest(layer.kernel.data) * (1 + 1e-14)


@pytest.mark.parametrize("ctx", [Context(), TRAINING._replace(update_stats=False)], ids=["inference", "frozen"])
def test_u_stands_still_outside_of_the_discriminator_s_own_training(ctx: Context):
    layer = SpectralNormalization(Dense(4))
    layer.build((5,))
    before = layer.vector_u.data.copy()
    layer.forward(np.ones((2, 5), np.float32), ctx)
    np.testing.assert_array_equal(layer.vector_u.data, before)


def test_a_cache_keeps_the_kernel_of_its_own_forward():
    """D sees real images, then generated ones: by the second forward u has moved."""
    layer = SpectralNormalization(Dense(4))
    layer.build((5,), dtype=np.float64)
    x, dy = np.random.default_rng(0).standard_normal((2, 3, 5))
    dy = dy[:, :4]
    _, cache = layer.forward(x, TRAINING)
    dx = layer.backward(dy, cache)
    alone = layer.kernel.grad.copy()
    layer.forward(-x, TRAINING)
    layer.kernel.grad[...] = 0
    np.testing.assert_array_equal(layer.backward(dy, cache), dx)
    np.testing.assert_array_equal(layer.kernel.grad, alone)


def test_parameters_and_name_are_those_of_the_wrapped_layer():
    networks = [
        Sequential([Conv2D(2, 3), Conv2D(3, 3)], "judge"),
        Sequential([SpectralNormalization(Conv2D(2, 3)), SpectralNormalization(Conv2D(3, 3))], "judge"),
    ]
    for network in networks:
        network.build((7, 7, 1), seed=3)
    plain, normalized = (network.state_dict() for network in networks)
    vectors = {"conv2d.vector_u", "conv2d_1.vector_u"}
    assert normalized.keys() - plain.keys() == vectors
    for name, values in plain.items():
        np.testing.assert_array_equal(normalized[name], values)
    assert networks[1].flat_data.shape == networks[0].flat_data.shape
    assert SpectralNormalization(Dense(2)).name == "dense"
    assert SpectralNormalization(Dense(2, name="last")).named
    assert SpectralNormalization(Dense(2), name="mine").name == "mine"


def test_an_optimizer_moves_what_the_layer_runs_with():
    network = Sequential([SpectralNormalization(Dense(3, activation="tanh")), SpectralNormalization(Dense(1))])
    network.build((4,), seed=1, dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((6, 4))
    kernel, optimizer, outputs = network["dense"].kernel.data.copy(), SGD(0.1), []
    for _ in range(3):
        y, caches = network.forward(x, TRAINING)
        outputs.append(float(y.sum()))
        network.zero_grads()
        network.backward(np.ones_like(y), caches)
        optimizer.step(network)
    assert outputs[0] > outputs[1] > outputs[2]
    assert not np.array_equal(network["dense"].layer.kernel.data, kernel)
    assert network["dense"].layer.kernel is network["dense"].kernel
    assert np.shares_memory(network["dense"].kernel.data, network.flat_data)


def test_saved_values_give_the_same_outputs():
    networks = [Sequential([SpectralNormalization(Dense(3)), ReLU(), SpectralNormalization(Dense(1))]) for _ in "ab"]
    for seed, network in enumerate(networks):
        network.build((4,), seed=seed)
    x = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
    first, second = networks
    first.forward(x, TRAINING)
    second.load_state_dict(first.state_dict())
    np.testing.assert_array_equal(first.predict(x), second.predict(x))


def test_the_activation_of_the_wrapped_layer_can_be_taken_off_a_copy():
    """So a network's logits leave out its last sigmoid."""
    layer = SpectralNormalization(Dense(1, activation="sigmoid"))
    layer.build((4,), dtype=np.float64)
    bare = copy.copy(layer)
    bare.activation = Identity()
    bare.activation.build(layer.output_shape)
    x = np.random.default_rng(0).standard_normal((6, 4))
    y, z = layer.forward(x)[0], bare.forward(x)[0]
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-z)), rtol=1e-13)
    assert isinstance(layer.activation, Sigmoid)


@pytest.mark.parametrize("layer", [ReLU(), Maxout(2), "dense"])
def test_a_layer_without_a_kernel_matrix_is_refused(layer):
    with pytest.raises(ConfigError, match="expected a Dense, Conv2D or Conv2DTranspose, got"):
        SpectralNormalization(layer)


def test_a_kernel_of_zeros_is_refused():
    with pytest.raises(ConfigError, match=r"SpectralNormalization 'dense': .* got one of zeros"):
        SpectralNormalization(Dense(2, kernel_initializer="zeros")).build((3,))


@pytest.mark.parametrize("count", [0, 1.5])
def test_power_iterations_are_counted(count):
    with pytest.raises(ConfigError, match="power_iterations to be a whole number of at least 1"):
        SpectralNormalization(Dense(2), count)
