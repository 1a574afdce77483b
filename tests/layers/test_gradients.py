"""Every backward against central differences in float64, with random upstream gradients."""

import numpy as np
import pytest
from cases import CASES, Case, built, random_arrays, training
from numerical import numerical_gradient, relative_error

from minigan.layers import Context, Layer

MODES = ["training", "inference"]


def context(mode: str) -> Context:
    # The averages must not move while a difference is taken; the same stream gives the same dropout mask.
    return training()._replace(update_stats=False) if mode == "training" else Context()


def loss(layer: Layer, x: np.ndarray, dy: np.ndarray, mode: str) -> float:
    return float(np.sum(layer.forward(x, context(mode))[0] * dy))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_gradient_of_the_input_and_of_every_parameter(case: Case, mode: str):
    layer = built(case)
    x, dy = random_arrays(layer, case)
    _, cache = layer.forward(x, context(mode))
    dx = layer.backward(dy, cache)
    assert relative_error(dx, numerical_gradient(lambda: loss(layer, x, dy, mode), x)) < 1e-7
    for name, parameter in layer.parameters.items():
        if parameter.trainable:
            expected = numerical_gradient(lambda: loss(layer, x, dy, mode), parameter.data)
            assert relative_error(parameter.grad, expected) < 1e-7, name


LINEAR = [
    case
    for case in CASES
    if case.name.startswith(("conv2d", "up-sampling", "zero", "average", "global", "reshape", "flatten"))
]


@pytest.mark.parametrize("case", LINEAR, ids=lambda case: case.name)
def test_backward_of_a_linear_layer_is_its_adjoint(case: Case):
    layer = built(case)
    if hasattr(layer, "activation"):
        layer.activation = type(layer)(1, 1).activation
        layer.activation.build(layer.output_shape)
    x, dy = random_arrays(layer, case)
    y, cache = layer.forward(x)
    affine_part, _ = layer.forward(np.zeros_like(x))
    forwards = np.sum((y - affine_part) * dy)
    backwards = np.sum(x * layer.backward(dy, cache))
    assert abs(forwards - backwards) < 1e-12 * np.linalg.norm(y) * np.linalg.norm(dy)
