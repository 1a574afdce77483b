"""Every backward by the package's own checker, which is tested in tests/gradcheck."""

import numpy as np
import pytest

from minigan.backend import asnumpy
from minigan.gradcheck.report import SKIP
from tests.layers.cases import CASES, Case, built, inference, random_arrays, training

# Not on the strict device, which takes long: tests/kernels/cuda has less of the same for it.
host_and_gpu = ["numpy", pytest.param("cupy", marks=pytest.mark.gpu)]
pytestmark = [
    pytest.mark.usefixtures("each_backend"),
    pytest.mark.parametrize("each_backend", host_and_gpu, indirect=True, scope="module"),
]

every_layer = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)

#: Few entries are checked one by one: the command line's tests do that for all of them, at another point.
BUDGET = 1_000


@every_layer
def test_every_check_of_every_layer(case: Case):
    report = case.check(seed=1, budget=BUDGET)
    report.assert_ok()
    assert {row.target for row in report} == ({case.name, f"{case.name}, inference"} if case.two_modes else {case.name})
    names = ["x", *(name for name, parameter in built(case).parameters.items() if parameter.trainable)]
    modes = len({row.target for row in report})
    for kind in ("differences", "complex step", "second order", "tangent_backward"):
        rows = [row for row in report if row.mode.startswith(kind)]
        expected = [*names, "x_dot"] if kind == "tangent_backward" else names
        assert [row.quantity for row in rows] == modes * expected
        assert not any(row.kinks for row in rows)
        assert SKIP not in {row.verdict for row in rows}


@every_layer
def test_a_layer_with_one_mode_is_the_same_function_at_inference(case: Case):
    layer = built(case)
    x, dy = random_arrays(layer, case)
    (y, cache), (other, other_cache) = (layer.forward(x, ctx) for ctx in (training(x), inference(x)))
    pairs = (y, other), (layer.backward(dy, cache), layer.backward(dy, other_cache))
    same = all(np.array_equal(asnumpy(one), asnumpy(two)) for one, two in pairs)
    assert same is not case.two_modes


LINEAR = [
    case
    for case in CASES
    if case.name.startswith(("conv2d", "up-sampling", "zero", "average", "global", "reshape", "flatten"))
]


@pytest.mark.parametrize("case", LINEAR, ids=lambda case: case.name)
def test_backward_of_a_linear_layer_is_its_adjoint(case: Case):
    """By the forward itself, not by the tangent pass: no other code of the layer is believed."""
    layer = built(case)
    if hasattr(layer, "activation"):
        layer.activation = type(layer)(1, 1).activation
        layer.activation.build(layer.output_shape)
    x, dy = random_arrays(layer, case)
    y, cache = layer.forward(x)
    affine_part, _ = layer.forward(np.zeros_like(x))
    forwards = float(((y - affine_part) * dy).sum())
    backwards = float((x * layer.backward(dy, cache)).sum())
    assert abs(forwards - backwards) < 1e-12 * np.linalg.norm(asnumpy(y)) * np.linalg.norm(asnumpy(dy))
