"""The tangent pass of every layer and the reverse pass through it; a gradient penalty made of both.

Differences of both passes are taken by the checker, in test_gradients.py. What is here is a second witness beside it:
the complex step of forward and backward, entry by entry and to rounding, and equalities that hold bit for bit.
"""

import copy
from collections.abc import Callable
from functools import cache as remembered
from functools import partial

import numpy as np
import pytest

from minigan.errors import DtypeError, ShapeError, StaleCacheError
from minigan.layers import BatchNorm, Context, Conv2D, Dense, Dropout, Flatten, Layer, LayerNorm, LeakyReLU
from minigan.layers.activation import ACTIVATIONS
from minigan.model.sequential import Sequential
from minigan.random import Stream
from tests.layers.cases import CASES, Case, built, inference, random_arrays, training
from tests.layers.test_contract import arrays_in
from tests.loops import loop_over
from tests.numerical import relative_error

every_layer = loop_over(case=CASES)
every_mode = loop_over(mode=["training", "inference"])


def context(mode: str, x: np.ndarray) -> Context:
    # The averages must not move while a difference is taken; the same stream gives the same dropout mask.
    return training(x)._replace(update_stats=False) if mode == "training" else inference(x)


def directions(layer: Layer, case: Case, dtype: type = np.float64) -> tuple[np.ndarray, ...]:
    """Random x, x_dot, dy and dy_dot."""
    x, dy = random_arrays(layer, case, dtype)
    rng = np.random.default_rng(5)
    return x, rng.standard_normal(x.shape).astype(dtype), dy, rng.standard_normal(dy.shape).astype(dtype)


def trainable(layer: Layer) -> dict:
    return {name: p for name, p in layer.parameters.items() if p.trainable}


def gradients(layer: Layer, run: Callable[[], tuple]) -> list[np.ndarray]:
    """What a pass returns and what it adds to the parameters' gradients."""
    for parameter in trainable(layer).values():
        parameter.grad[...] = 0
    return [*run(), *(parameter.grad.copy() for parameter in trainable(layer).values())]


@loop_over(dtype=[np.float64, np.float32])
@every_mode
@every_layer
def test_backward_is_the_adjoint_of_tangent(case: Case, mode: str, dtype: type):
    layer = built(case, dtype)
    x, x_dot, dy, _ = directions(layer, case, dtype)
    _, cache = layer.forward(x, context(mode, x))
    y_dot, _ = layer.tangent(x_dot, cache)
    forwards, backwards = np.sum(y_dot * dy), np.sum(x_dot * layer.backward(dy, cache))
    tolerance = 1e-12 if dtype == np.float64 else 1e-4
    assert abs(forwards - backwards) < tolerance * np.linalg.norm(y_dot) * np.linalg.norm(dy)


@every_mode
@every_layer
def test_tangent_passes_are_the_complex_step_of_forward_and_backward(case: Case, mode: str):
    """f(x + ih x_dot) = f(x) + ih f'(x) x_dot + O(h^2), to rounding: of y, and of the gradient of <dy, y>."""
    layer, step = built(case), 1e-30
    x, x_dot, dy, _ = directions(layer, case)
    _, cache = layer.forward(x, context(mode, x))
    y_dot, tangent_cache = layer.tangent(x_dot, cache)
    dx, _, *dparameters = gradients(layer, lambda: layer.tangent_backward(0 * dy, dy, cache, tangent_cache))
    for parameter in layer.parameters.values():
        parameter.data = parameter.data.astype(complex)
        parameter.grad = np.zeros_like(parameter.data) if parameter.trainable else None
    y, cache = layer.forward(x + 1j * step * x_dot, context(mode, x))
    stepped = [y, *gradients(layer, lambda: (layer.backward(dy.astype(complex), cache),))]
    for got, expected in zip([y_dot, dx, *dparameters], stepped, strict=True):
        scale = np.linalg.norm(got) or np.linalg.norm(expected.real)
        assert np.linalg.norm(got - expected.imag / step) < 1e-12 * scale


@every_mode
@every_layer
def test_tangent_backward_without_dy_dot_is_backward(case: Case, mode: str):
    layer = built(case)
    x, x_dot, dy, dy_dot = directions(layer, case)
    _, cache = layer.forward(x, context(mode, x))
    _, tangent_cache = layer.tangent(x_dot, cache)
    dx, dx_dot, *dparameters = gradients(layer, lambda: layer.tangent_backward(dy, 0 * dy_dot, cache, tangent_cache))
    assert not dx_dot.any()
    for got, expected in zip([dx, *dparameters], gradients(layer, lambda: (layer.backward(dy, cache),)), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-13)


@every_mode
@every_layer
def test_tangent_backward_takes_dy_dot_to_x_dot_as_backward_takes_dy_to_x(case: Case, mode: str):
    layer = built(case)
    x, x_dot, dy, dy_dot = directions(layer, case)
    _, cache = layer.forward(x, context(mode, x))
    _, dx_dot = layer.tangent_backward(dy, dy_dot, cache, layer.tangent(x_dot, cache)[1])
    np.testing.assert_allclose(dx_dot, layer.backward(dy_dot, cache), rtol=1e-13, atol=1e-13)


@every_layer
def test_parameter_gradients_of_tangent_backward_add_up(case: Case):
    layer = built(case)
    x, x_dot, dy, dy_dot = directions(layer, case)
    _, cache = layer.forward(x, training(x))
    _, tangent_cache = layer.tangent(x_dot, cache)
    layer.tangent_backward(dy, dy_dot, cache, tangent_cache)
    once = {name: parameter.grad.copy() for name, parameter in trainable(layer).items()}
    layer.tangent_backward(dy, dy_dot, cache, tangent_cache)
    for name, gradient in once.items():
        np.testing.assert_allclose(layer.parameters[name].grad, 2 * gradient, rtol=1e-12, atol=1e-14)


@every_layer
def test_param_grads_false_gives_the_same_bits_and_touches_nothing(case: Case):
    layer = built(case)
    x, x_dot, dy, dy_dot = directions(layer, case)
    _, cache = layer.forward(x, training(x))
    _, tangent_cache = layer.tangent(x_dot, cache)
    frozen = layer.tangent_backward(dy, dy_dot, cache, tangent_cache, param_grads=False)
    assert not any(np.any(parameter.grad) for parameter in trainable(layer).values())
    for now, before in zip(layer.tangent_backward(dy, dy_dot, cache, tangent_cache), frozen, strict=True):
        np.testing.assert_array_equal(now, before)
    assert all(np.any(parameter.grad) for parameter in trainable(layer).values())


@loop_over(dtype=[np.float32, np.float64])
@every_mode
@every_layer
def test_nothing_is_promoted_and_shapes_are_kept(case: Case, mode: str, dtype: type):
    layer = built(case, dtype)
    x, x_dot, dy, dy_dot = directions(layer, case, dtype)
    y, cache = layer.forward(x, context(mode, x))
    y_dot, tangent_cache = layer.tangent(x_dot, cache)
    dx, dx_dot = layer.tangent_backward(dy, dy_dot, cache, tangent_cache)
    floats = [array for array in arrays_in(tangent_cache) if array.dtype.kind == "f"]
    assert {array.dtype for array in (y_dot, dx, dx_dot, *floats)} == {np.dtype(dtype)}
    assert all(parameter.grad.dtype == dtype for parameter in trainable(layer).values())
    assert y_dot.shape == y.shape
    assert dx.shape == dx_dot.shape == x.shape


@every_mode
@every_layer
def test_tangent_passes_change_nothing_they_are_given(case: Case, mode: str):
    layer = built(case)
    x, x_dot, dy, dy_dot = directions(layer, case)
    _, cache = layer.forward(x, context(mode, x))
    cache_before = copy.deepcopy(arrays_in(cache))
    x_dot_before = x_dot.copy()
    _, tangent_cache = layer.tangent(x_dot, cache)
    given = [x, x_dot, dy, dy_dot, *arrays_in(cache), *arrays_in(tangent_cache)]
    before = copy.deepcopy(given)
    layer.tangent_backward(dy, dy_dot, cache, tangent_cache)
    for now, then in zip([*given, x_dot, *arrays_in(cache)], [*before, x_dot_before, *cache_before], strict=True):
        np.testing.assert_array_equal(now, then)


@every_layer
def test_tcache_is_a_named_tuple_that_prints(case: Case):
    layer = built(case)
    x, x_dot, _, _ = directions(layer, case)
    _, tangent_cache = layer.tangent(x_dot, layer.forward(x, training(x))[1])
    assert "stamp" in tangent_cache._fields
    assert type(tangent_cache).__name__ in repr(tangent_cache)


def other_shape(array: np.ndarray) -> np.ndarray:
    return array[:, :1] if array.shape[1] > 1 else array.repeat(2, 1)


@every_layer
def test_arrays_of_another_shape_or_dtype_are_refused_by_name(case: Case):
    layer = built(case)
    x, x_dot, dy, dy_dot = directions(layer, case)
    _, cache = layer.forward(x, training(x))
    _, tangent_cache = layer.tangent(x_dot, cache)
    for change, error, message in (
        (other_shape, ShapeError, r"expected {} \(.*\), got \("),
        (lambda array: array.repeat(2, 0), ShapeError, r"expected {} \(.*\), got \("),
        (lambda array: array.astype(np.float32), DtypeError, "expected {} float64, got float32"),
    ):
        with pytest.raises(error, match=message.format("x_dot")):
            layer.tangent(change(x_dot), cache)
        with pytest.raises(error, match=message.format("dy")):
            layer.tangent_backward(change(dy), dy_dot, cache, tangent_cache)
        with pytest.raises(error, match=message.format("dy_dot")):
            layer.tangent_backward(dy, change(dy_dot), cache, tangent_cache)


@every_layer
def test_tcache_of_another_batch_is_refused(case: Case):
    layer = built(case)
    x, x_dot, dy, dy_dot = directions(layer, case)
    _, cache = layer.forward(x, training(x))
    _, other = layer.forward(x.repeat(2, 0), training(x.repeat(2, 0)))
    _, tangent_cache = layer.tangent(x_dot.repeat(2, 0), other)
    with pytest.raises(ShapeError, match="expected dy_dot"):
        layer.tangent_backward(dy, dy_dot, cache, tangent_cache)


@loop_over(case=[case for case in CASES if built(case).parameters])
def test_caches_from_before_an_update_are_refused(case: Case):
    layer = built(case)
    x, x_dot, dy, dy_dot = directions(layer, case)
    _, cache = layer.forward(x, training(x))
    _, tangent_cache = layer.tangent(x_dot, cache)
    for parameter in layer.parameters.values():
        parameter.version += 1
    fresh = layer.forward(x, training(x))[1]
    for stale in (
        lambda: layer.tangent(x_dot, cache),
        lambda: layer.tangent_backward(dy, dy_dot, cache, tangent_cache),
        lambda: layer.tangent_backward(dy, dy_dot, fresh, tangent_cache),
    ):
        with pytest.raises(StaleCacheError, match=layer.name):
            stale()


def test_a_layer_without_a_tangent_pass_says_so():
    for call in (lambda: Layer("mine").tangent(0, 0), lambda: Layer("mine").tangent_backward(0, 0, 0, 0)):
        with pytest.raises(NotImplementedError, match="Layer 'mine' has no tangent pass"):
            call()


# Networks


def discriminator(activation: str, dtype: type = np.float64) -> Sequential:
    layers = [
        Conv2D(3, 3, strides=2, padding="same", activation=activation),
        Conv2D(4, 3),
        LayerNorm(),
        LeakyReLU(0.2) if activation == "leaky_relu" else ACTIVATIONS[activation](),
        Flatten(),
        Dense(1),
    ]
    return filled(Sequential(layers, "discriminator"), dtype)


def batch_discriminator(dtype: type) -> Sequential:
    layers = [Conv2D(3, 3, strides=2, padding="same", activation="tanh"), BatchNorm(), Dropout(0.3), Flatten()]
    return filled(
        Sequential([*layers, Dense(2, activation="softplus"), Dense(1, activation="sigmoid")], "batch"), dtype
    )


def filled(model: Sequential, dtype: type) -> Sequential:
    model.build((6, 7, 2), seed=2, dtype=dtype)
    model.flat_data += 0.1 * np.random.default_rng(1).standard_normal(model.flat_data.shape)
    return model


NETWORKS = {
    "leaky-relu": partial(discriminator, "leaky_relu"),
    "tanh": partial(discriminator, "tanh"),
    "softplus": partial(discriminator, "softplus"),
    "batch-norm-dropout-sigmoid": batch_discriminator,
}


def wgan_gp(g: np.ndarray) -> tuple[float, np.ndarray]:
    """``P = sum_n (|g_n| - 1)^2`` and dP/dg."""
    norms = np.sqrt((g * g).sum(axis=(1, 2, 3), keepdims=True))
    return float(np.sum((norms - 1) ** 2)), 2 * (norms - 1) * g / norms


def r1(g: np.ndarray) -> tuple[float, np.ndarray]:
    """``P = 1/2 sum_n |g_n|^2`` and dP/dg."""
    return float(np.sum(g * g)) / 2, g


def first_gradient(model: Sequential, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple]:
    """D's output, the gradient of its sum with respect to x, and the caches."""
    y, caches = model.forward(x, Context(training=True, rng=Stream(4), update_stats=False))
    return y, model.backward(np.ones_like(y), caches, param_grads=False), caches


def images(dtype: type = np.float64) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((3, 6, 7, 2)).astype(dtype)


every_penalty = pytest.mark.parametrize("penalty", [wgan_gp, r1])
every_network = pytest.mark.parametrize("network", NETWORKS)


@every_penalty
@every_network
def test_tangent_passes_along_the_penalty_s_derivative(network: str, penalty: Callable):
    model = NETWORKS[network](dtype=np.float64)
    y, g, caches = first_gradient(model, images())
    value, v = penalty(g)
    y_dot, tangent_caches = model.tangent(v, caches)
    assert value > 0
    assert np.sum(y_dot) == pytest.approx(np.sum(v * g), rel=1e-12)
    _, dx_dot = model.tangent_backward(np.zeros_like(y), np.ones_like(y), caches, tangent_caches)
    assert relative_error(dx_dot, g) < 1e-12


@every_penalty
@every_network
def test_gradient_of_a_gradient_penalty(network: str, penalty: Callable, gradcheck: Callable):
    """One tangent pass along v = dP/dg and one reverse pass through it, against differences of the first gradient."""
    model_in = remembered(lambda dtype: NETWORKS[network](dtype=dtype))

    def forward(x: np.ndarray, weights: np.ndarray) -> tuple[float, tuple]:
        model = model_in(x.dtype)
        model.flat_data[...] = weights
        y, g, caches = first_gradient(model, x)
        value, v = penalty(g)
        return value, (model, weights, y, v, caches)

    def backward(dy: np.ndarray, cache: tuple) -> tuple[np.ndarray, np.ndarray]:
        model, weights, y, v, caches = cache
        model.flat_data[...] = weights
        model.zero_grads()
        _, tangent_caches = model.tangent(v, caches)
        dx, _ = model.tangent_backward(np.zeros_like(y), np.ones_like(y), caches, tangent_caches)
        return dy * dx, dy * model.flat_grad

    gradcheck(forward, images(), model_in(np.dtype(np.float64)).flat_data, backward=backward, mode="directional")


def test_sequential_param_grads_false_touches_nothing():
    model = discriminator("tanh")
    x = np.random.default_rng(0).standard_normal((3, 6, 7, 2))
    y, caches = model.forward(x)
    _, tangent_caches = model.tangent(x, caches)
    frozen = model.tangent_backward(y, y, caches, tangent_caches, param_grads=False)
    assert not model.flat_grad.any()
    for now, before in zip(model.tangent_backward(y, y, caches, tangent_caches), frozen, strict=True):
        np.testing.assert_array_equal(now, before)
    assert model.flat_grad.any()


def test_sequential_refuses_another_number_of_caches():
    model = discriminator("tanh")
    x = np.zeros((1, 6, 7, 2))
    _, caches = model.forward(x)
    with pytest.raises(StaleCacheError, match=r"expected the caches of \d steps, got \d; run forward again"):
        model.tangent(x, caches[:-1])
