"""What can be checked: layers, networks, losses and functions; what is refused; and that nothing is left behind."""

import numpy as np
import pytest

import minigan as mg
from minigan.errors import ConfigError, MiniganError, ShapeError
from minigan.gradcheck import Report, check
from minigan.layers import BatchNorm, Conv2D, Dense, Dropout, Flatten, LeakyReLU
from minigan.model.sequential import Sequential


def quantities(report: Report) -> list[str]:
    """What differences were taken of."""
    return [row.quantity for row in report if row.mode.startswith("differences")]


def product(a, b):
    return a * b, (a, b)


# Functions and the forms of their gradients


@pytest.mark.parametrize(
    "form", [tuple, list, lambda pair: {"a": pair[0], "b": pair[1]}, lambda pair: {"b": pair[1], "a": pair[0]}]
)
def test_gradients_are_a_sequence_or_a_mapping(form):
    report = check(product, (2, 3), (2, 3), backward=lambda dy, c: form((dy * c[1], dy * c[0])))
    report.assert_ok()
    assert quantities(report) == ["a", "b"]
    swapped = check(product, (2, 3), (2, 3), backward=lambda dy, c: form((dy * c[0], dy * c[1])))
    assert {row.quantity for row in swapped.failures} >= {"a", "b"}


def test_one_gradient_needs_no_sequence():
    check(lambda x: (x**2, x), (2, 3), backward=lambda dy, x: 2 * dy * x).assert_ok()


def test_arguments_that_cannot_be_told_are_named_by_their_place():
    def total(x, *others):
        return x + sum(others), len(others)

    report = check(total, (2,), (2,), (2,), backward=lambda dy, count: [dy] * (count + 1))
    report.assert_ok()
    assert quantities(report) == ["x", "x1", "x2"]


def test_callable_objects_and_bound_methods():
    class Scale:
        def __call__(self, x):
            return 3 * x, None

        def back(self, dy, cache):
            return 3 * dy

    scale = Scale()
    report = check(scale, (2,), backward=scale.back)
    report.assert_ok()
    assert report.rows[0].target == "Scale"
    assert check(scale, (2,), backward=scale.back, name="mine").rows[0].target == "mine"


@pytest.mark.parametrize(
    ("gradients", "message"),
    [
        (lambda dy, c: dy * c[1], r"product: expected gradients of a, b, got 1"),
        (lambda dy, c: [dy, dy, dy], r"product: expected gradients of a, b, got 3"),
        (lambda dy, c: {"a": dy, "c": dy}, r"product: expected gradients of a, b, got a, c"),
    ],
)
def test_another_number_or_other_names_of_gradients_are_refused(gradients, message):
    with pytest.raises(ShapeError, match=message):
        check(product, (3,), (3,), backward=gradients)


@pytest.mark.parametrize(
    ("wrong", "got"),
    [
        (lambda dy: dy[:, :1], r"(2, 1)"),
        (lambda dy: dy.T, "(3, 2)"),
        (lambda dy: None, "None: does backward return it?"),
        (lambda dy: ..., "`...`, a blank that is still to be written"),
        (sum, "(3,)"),
    ],
)
def test_a_gradient_of_another_shape_is_reported_and_the_rest_is_not_tried(wrong, got):
    report = check(product, (2, 3), (2, 3), backward=lambda dy, c: [wrong(dy * c[1]), dy * c[0]])
    (row,) = report.failures
    assert (row.quantity, row.mode) == ("a", "shape")
    assert row.detail == f"expected a gradient of shape (2, 3), got {got}"
    assert "behaviour" not in {row.mode for row in report}


def test_a_gradient_of_a_layer_of_another_shape_is_reported():
    class Cut(Dense):
        def backward(self, dy, cache, param_grads=True):
            return super().backward(dy, cache, param_grads)[:, :2]

    (row,) = check(Cut(3), (4, 5)).failures
    assert row.detail == "expected a gradient of shape (4, 5), got (4, 2)"


def test_a_scalar_argument_and_a_number_of_python_s_as_output():
    check(lambda x: (x * x, x), (), backward=lambda dy, x: 2 * dy * x).assert_ok()
    check(lambda x: (x * x, x), np.array(2.0), backward=lambda dy, x: 2 * dy * x).assert_ok()
    check(lambda x: (float((x * x).sum()), x), (3,), backward=lambda dy, x: 2 * dy * x).assert_ok()


# Losses


def test_losses_that_return_arrays_or_numbers():
    check(lambda z: mg.losses.binary_crossentropy_from_logits(z, 0.9), (5, 1)).assert_ok()
    check(lambda z: (float((z**2).sum()), 2 * z), (5, 1)).assert_ok()
    report = check(lambda z: ((z**2).sum(), z), (5, 1), name="squares")
    assert not report.ok
    assert report.rows[0].target == "squares"
    assert quantities(report) == ["z"]


# Layers and networks


def network() -> Sequential:
    layers = [Conv2D(2, 3, strides=2), BatchNorm(), LeakyReLU(0.2), Dropout(0.3), Flatten(), Dense(1)]
    return Sequential(layers, "judge")


@pytest.mark.parametrize("training", [True, False])
def test_a_network_is_checked_with_all_it_learns(training):
    report = check(network(), (3, 5, 4, 1), training=training, mode="directional")
    report.assert_ok()
    assert {row.target for row in report} == {"judge"}
    assert quantities(report) == [
        *("x", "conv2d.kernel", "conv2d.bias"),
        *("batch_norm.gamma", "batch_norm.beta", "dense.kernel", "dense.bias"),
    ]


def test_a_wrong_layer_is_found_inside_a_network():
    class Wrong(LeakyReLU):
        def backward(self, dy, cache, param_grads=True):
            return dy

    model = Sequential([Dense(3), Wrong(0.2), Dense(1)])
    wrong = {row.quantity for row in check(model, (4, 5)).failures if row.mode.startswith("differences")}
    assert wrong == {"x", "dense.kernel", "dense.bias"}


def test_training_and_inference_are_two_functions():
    class OfTheBatch(BatchNorm):
        """It takes the batch's moments at inference too, in the backward alone."""

        def normalization_grad(self, dx_hat, cache):
            return super().normalization_grad(dx_hat, cache._replace(training=True))

    check(OfTheBatch(), (5, 3)).assert_ok()
    assert not check(OfTheBatch(), (5, 3), training=False).ok


def snapshot(model) -> list:
    """Every array with its identity, content and gradient, and its version."""
    parameters = model.parameters() if isinstance(model, Sequential) else model.parameters
    return [
        (name, id(p.data), p.data.tobytes(), p.data.dtype, id(p.grad), p.grad is None or p.grad.tobytes(), p.version)
        for name, p in parameters.items()
    ]


@pytest.mark.parametrize(
    ("make", "dtype"), [(network, np.float32), (lambda: BatchNorm(), np.float32), (lambda: BatchNorm(), np.float64)]
)
def test_what_was_built_is_left_as_it_was(make, dtype):
    model = make()
    model.build((5, 4, 1), dtype=dtype)
    for parameter in (model.parameters() if isinstance(model, Sequential) else model.parameters).values():
        if parameter.grad is not None:
            parameter.grad[...] = 7
        parameter.version += 3
    before = snapshot(model)
    check(model, (3, 5, 4, 1), budget=0).assert_ok()
    assert snapshot(model) == before
    x = np.ones((3, 5, 4, 1), dtype)
    assert model.forward(x)[0].dtype == dtype


def test_the_parameters_are_checked_where_they_are():
    layer = Dense(2, activation="softplus")
    layer.build((3,))
    layer.kernel.data[...] = 0.25
    report = check(layer, np.ones((4, 3)), dy=np.ones((4, 2)))
    z = 0.75 + layer.bias.data[0]
    expected = 4 / (1 + np.exp(-z))
    row = next(row for row in report if row.quantity == "bias")
    assert row.expected == pytest.approx(expected, rel=1e-9)


def test_parameters_of_a_new_layer_are_not_zero():
    layer = BatchNorm()
    check(layer, (4, 3))
    assert layer.beta.data.all()
    assert (layer.moving_variance.data >= 1).all()


def test_the_inputs_are_left_as_they_were():
    x, dy = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones((2, 4))
    before = x.copy(), dy.copy()
    check(Dense(4), x, dy=dy).assert_ok()
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(dy, before[1])
    assert x.dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_inputs_of_any_real_dtype_are_checked_in_float64(dtype):
    check(Dense(4), np.arange(1, 7).reshape(2, 3).astype(dtype), dy=[[1, 2, 3, 4]] * 2).assert_ok()


# Seeds


def figures(report: Report) -> list:
    return [(row.quantity, row.mode, row.error, row.backward) for row in report]


@pytest.mark.parametrize("mode", ["full", "directional"])
def test_a_seed_repeats_a_check_and_another_one_is_at_another_point(mode):
    def run(seed):
        return check(Dropout(0.4), (4, 5), seed=seed, mode=mode)

    assert figures(run(3)) == figures(run(3))
    assert figures(run(3))[0] != figures(run(4))[0]
    assert run(3).seed == 3


def test_the_upstream_gradient_is_random_unless_given():
    def total(x):
        return x - x.mean(axis=0), None

    assert not check(total, (4, 3), backward=lambda dy, cache: dy).ok
    zero = check(total, (4, 3), backward=lambda dy, cache: dy - dy.mean(axis=0), dy=np.ones((4, 3)))
    zero.assert_ok()
    assert zero.rows[0].backward == 0


# What is refused, in one line


def square(x):
    return x * x, x


def two_x(dy, x):
    return 2 * dy * x


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check("Dense", (3,)), "expected a layer, a Sequential, a loss or a pair of functions, got 'Dense'"),
        (lambda: check(Dense, (3, 4)), "expected a layer, a Sequential, a loss or a pair of functions, got <class"),
        (lambda: check(Dense(2)), "dense: expected one input, an array or a shape, got 0"),
        (lambda: check(Dense(2), (3, 4), (3, 4)), "dense: expected one input, an array or a shape, got 2"),
        (lambda: check(Dense(2), (3, 4), backward=two_x), "dense: expected no backward:"),
        (lambda: check(square, backward=two_x), "square: expected at least one input, an array or a shape, got 0"),
        (lambda: check(square, (3,), (3,)), "square: expected one input, an array or a shape, got 2"),
        (lambda: check(np.sum, (3,)), r"sum: expected \(value, dz\), got .*; or give its backward"),
        (lambda: check(lambda z: (z.sum(), None), (3,)), r"expected \(value, dz\)"),
        (lambda: check(lambda x: x, (3,), backward=two_x), r"<lambda>: expected forward to return \(y, cache\), got"),
        (lambda: check(square, "3", backward=two_x), "expected an array of real numbers or a shape"),
        (lambda: check(square, [1.0, 2.0], backward=two_x), "expected an array of real numbers or a shape"),
        (lambda: check(square, (3, 2.5), backward=two_x), r"or a shape, without a size of 0, got \(3, 2.5\)"),
        (lambda: check(square, (3, 0), backward=two_x), r"or a shape, without a size of 0, got \(3, 0\)"),
        (lambda: check(square, np.zeros((0, 2)), backward=two_x), "or a shape, without a size of 0"),
        (lambda: check(square, np.ones(3, complex), backward=two_x), "expected an array of real numbers"),
        (lambda: check(square, np.array([1, np.nan]), backward=two_x), "expected an array of finite numbers"),
        (lambda: check(square, (3,), backward=two_x, mode="fast"), "mode to be one of auto, full, directional"),
        (lambda: check(square, (3,), backward=two_x, budget=-1), "budget to be a whole number, 0 or more, got -1"),
        (lambda: check(square, (3,), backward=two_x, budget=0.5), "budget to be a whole number, 0 or more, got 0.5"),
        (lambda: check(square, (3,), backward=two_x, seed="a"), "seed to be a whole number, got 'a'"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(ConfigError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check(square, (3,), backward=two_x, dy=np.ones(4)), r"square: expected dy \(3,\), got \(4,\)"),
        (lambda: check(Conv2D(2, 3), (3, 4)), "Conv2D 'conv2d': expected images"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


def test_what_forward_raises_at_the_point_is_raised():
    with pytest.raises(ZeroDivisionError):
        check(lambda x: (1 / 0, x), (3,), backward=two_x)
    layer = Dense(2)
    layer.build((4,))
    with pytest.raises(MiniganError, match="expected x"):
        check(layer, (3, 5))
