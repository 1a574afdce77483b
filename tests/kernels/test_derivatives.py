"""Smooth kernels: their derivatives by the complex step, and the digits they keep far from zero.

Not by `minigan.gradcheck`, which measures errors in units of the largest derivative: here every digit counts where
the derivative itself is 1e-80, and the kernels are no pairs of forward and backward.
"""

from collections.abc import Callable

import numpy as np
import pytest

from minigan import kernels
from tests.numerical import relative_error

STEP = 1e-30

#: Of each activation: f, f' and f'' as functions of x.
SMOOTH = {
    "sigmoid": (
        kernels.sigmoid,
        lambda x: kernels.sigmoid_grad(1, kernels.sigmoid(x)),
        lambda x: kernels.sigmoid_second_derivative(kernels.sigmoid(x)),
    ),
    "tanh": (
        kernels.tanh,
        lambda x: kernels.tanh_grad(1, kernels.tanh(x)),
        lambda x: kernels.tanh_second_derivative(kernels.tanh(x)),
    ),
    "softplus": (kernels.softplus, lambda x: kernels.softplus_grad(1, x), kernels.softplus_second_derivative),
    "elu": (
        lambda x: kernels.elu(x, 0.7),
        lambda x: kernels.elu_grad(np.ones_like(x), x, 0.7),
        lambda x: kernels.elu_second_derivative(x, 0.7),
    ),
}
smooth = pytest.mark.parametrize("name", SMOOTH)

# Zero is left to the functions without a kink there; from far out exp(-x) is below the smallest number.
POINTS = np.array([-1e4, -800.0, -90.0, -30.0, -2.5, -0.3, -1e-9, 1e-9, 0.3, 2.5, 30.0, 90.0, 800.0, 1e4])


def complex_step(f: Callable, x: np.ndarray) -> np.ndarray:
    return f(x + 1j * STEP).imag / STEP


@smooth
def test_first_and_second_derivative_by_the_complex_step(name: str):
    f, first, second = SMOOTH[name]
    x = POINTS[abs(POINTS) < 20] if name == "tanh" else POINTS
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        np.testing.assert_allclose(first(x), complex_step(f, x), rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(second(x), complex_step(first, x), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus"])
@pytest.mark.parametrize("step", [STEP, -STEP])
def test_the_complex_step_at_zero_goes_either_way(name: str, step: float):
    f, first, second = SMOOTH[name]
    x = np.zeros(1)
    for function, derivative in ((f, first), (first, second)):
        np.testing.assert_allclose(function(x + 1j * step).imag / step, derivative(x), rtol=1e-15)


@smooth
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_no_activation_promotes(name: str, dtype: type):
    x = np.array([-2.0, -0.5, 0.5, 2.0], dtype)
    for function in SMOOTH[name]:
        assert function(x).dtype == dtype


@smooth
def test_complex_numbers_keep_the_real_result(name: str):
    for function in SMOOTH[name]:
        np.testing.assert_allclose(function(POINTS + 0j).real, function(POINTS), rtol=1e-13, atol=1e-15)


def test_softplus_keeps_the_digits_of_its_second_derivative_far_out():
    x = np.array([-80.0, -40.0, 40.0, 80.0])
    np.testing.assert_allclose(kernels.softplus_second_derivative(x), np.exp(-abs(x)), rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_and_softplus_are_those_of_the_absolute_value_bit_for_bit(dtype: type):
    x = (20 * np.random.default_rng(0).standard_normal(1000)).astype(dtype)
    small = np.exp(-abs(x))
    np.testing.assert_array_equal(kernels.sigmoid(x), np.where(x >= 0, 1, small) / (1 + small))
    np.testing.assert_array_equal(kernels.softplus(x), np.maximum(x, 0) + np.log1p(small))


@pytest.mark.parametrize("axis", [-1, 0])
def test_softmax_by_the_complex_step(axis: int):
    rng = np.random.default_rng(0)
    # Scores of a thousand would overflow without the shift.
    x, x_dot, dy = rng.standard_normal((4, 5)) + 1e3, rng.standard_normal((4, 5)), rng.standard_normal((4, 5))
    y, stepped = kernels.softmax(x, axis), kernels.softmax(x + 1j * STEP * x_dot, axis)
    assert relative_error(kernels.softmax_grad(x_dot, y, axis), stepped.imag / STEP) < 1e-14
    dx, _ = kernels.softmax_tangent_grad(0 * dy, dy, x_dot, y, axis)
    assert relative_error(dx, kernels.softmax_grad(dy, stepped, axis).imag / STEP) < 1e-14


def batch_norm(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return kernels.batch_norm(x, *kernels.moments(x), 1e-3)


def layer_norm(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return kernels.layer_norm(x, 1e-3)


@pytest.mark.parametrize(
    ("forward", "backward", "tangent_backward"),
    [
        (batch_norm, kernels.batch_norm_grad, kernels.batch_norm_tangent_grad),
        (layer_norm, kernels.layer_norm_grad, kernels.layer_norm_tangent_grad),
    ],
)
def test_normalisation_by_the_complex_step(forward: Callable, backward: Callable, tangent_backward: Callable):
    rng = np.random.default_rng(0)
    x, x_dot, g = (rng.standard_normal((5, 3, 2, 4)) for _ in range(3))
    (x_hat, inverse_std), (stepped, stepped_inverse_std) = forward(x), forward(x + 1j * STEP * x_dot)
    x_hat_dot = backward(x_dot, x_hat, inverse_std)
    assert relative_error(x_hat_dot, stepped.imag / STEP) < 1e-13
    dx, _ = tangent_backward(0 * g, g, x_dot, x_hat, x_hat_dot, inverse_std)
    assert relative_error(dx, backward(g, stepped, stepped_inverse_std).imag / STEP) < 1e-13


@pytest.mark.parametrize("pads", [((0, 0), (0, 0)), ((1, 0), (1, 0))])
def test_max_pooling_takes_directions_from_the_places_of_the_maxima(pads):
    rng = np.random.default_rng(0)
    x, x_dot = rng.standard_normal((2, 5, 6, 3)), rng.standard_normal((2, 5, 6, 3))
    y, places = kernels.max_pool(x, (3, 2), (2, 2), pads)
    np.testing.assert_array_equal(kernels.max_pool_tangent(x, places, (3, 2), (2, 2), pads), y)
    y_dot = kernels.max_pool_tangent(x_dot, places, (3, 2), (2, 2), pads)
    dy = rng.standard_normal(y.shape)
    dx = kernels.max_pool_grad(dy, places, (5, 6), (3, 2), (2, 2), pads)
    assert np.sum(y_dot * dy) == pytest.approx(np.sum(x_dot * dx), rel=1e-12)
