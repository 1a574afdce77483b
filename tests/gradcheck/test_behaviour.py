"""What no derivative shows: each check against code that misbehaves in one way, and against code that behaves."""

from collections.abc import Callable

import numpy as np
import pytest

from minigan.errors import ShapeError
from minigan.gradcheck import Report, check
from minigan.gradcheck.builtin.cases import LAYERS
from minigan.layers import BatchNorm, Dense, Dropout, Layer
from minigan.layers.base import CacheStamp

EVERYTHING = (
    "arguments and cache unchanged",
    "repeatable",
    "gradients share no cache memory",
    "float32 stays float32",
    "float64 stays float64",
    "two forwards, then two backwards",
    "param_grads=False gives the same dx",
    "gradients add up",
    "update_stats=False keeps averages",
    "a stale cache is refused",
)


def behaviour(report: Report) -> dict[str, str]:
    """The verdicts by name."""
    return {row.quantity: row.verdict for row in report if row.mode == "behaviour"}


def wrong(report: Report) -> dict[str, str]:
    """What is said of each behaviour that is wrong."""
    return {row.quantity: row.detail for row in report.failures if row.mode == "behaviour"}


def values_are_right(report: Report) -> bool:
    """Whether differences find nothing: the value is right, once."""
    return all(row.verdict == "ok" for row in report if row.mode.startswith("differences"))


def square(x):
    return x * x, x


def two_x(dy, x):
    return 2 * dy * x


def test_a_layer_that_behaves_passes_every_check():
    assert set(EVERYTHING) <= behaviour(check(BatchNorm(), (4, 3))).keys()
    assert set(behaviour(check(BatchNorm(), (4, 3))).values()) == {"ok"}


def test_functions_are_spared_what_is_about_parameters():
    found = behaviour(check(square, (3,), backward=two_x))
    assert set(found) == set(EVERYTHING[:6])
    assert set(found.values()) == {"ok"}


@pytest.mark.parametrize("case", [case for case in LAYERS if case.two_modes], ids=lambda case: case.name)
def test_random_masks_and_noise_are_replayed(case):
    assert behaviour(case.check(mode="directional"))["repeatable"] == "ok"


# Plain functions that misbehave, each in one way.


def forward_writes_x(x):
    y = x * x
    x *= 2
    return y, x / 2


def backward_writes_dy(dy, x):
    dy *= 2
    return dy * x


def backward_writes_cache(dy, x):
    x *= 2
    return dy * x


def draws_again() -> tuple[Callable, Callable]:
    rng = np.random.default_rng(0)

    def backward(dy, x):
        return (2 + 0.1 * rng.standard_normal()) * dy * x

    return square, backward


def forward_draws() -> tuple[Callable, Callable]:
    rng = np.random.default_rng(0)

    def forward(x):
        return x * x + x.dtype.type(1e-3 * rng.standard_normal()), x

    return forward, two_x


def kept_between_calls() -> tuple[Callable, Callable]:
    kept = []

    def forward(x):
        kept[:] = [x]
        return x * x, None

    def backward(dy, cache):
        return 2 * dy * kept[0]

    return forward, backward


def buffer_in_the_cache(x):
    return x * x, [x, np.empty_like(x)]


def into_the_buffer(dy, cache):
    x, buffer = cache
    np.multiply(2 * dy, x, out=buffer)
    return buffer


MISBEHAVING = {
    "forward writes x": (
        lambda: (forward_writes_x, two_x),
        {"arguments and cache unchanged": "forward changed x"},
    ),
    "backward writes dy": (
        lambda: (square, backward_writes_dy),
        {"arguments and cache unchanged": "backward changed dy"},
    ),
    "backward writes the cache": (
        lambda: (square, backward_writes_cache),
        {
            "arguments and cache unchanged": "backward changed",
            "repeatable": "another gradient of x",
        },
    ),
    "backward draws": (
        draws_again,
        {"repeatable": "a second backward with the same cache gives another gradient of x"},
    ),
    "forward draws": (forward_draws, {"repeatable": "two forwards from the same random stream differ"}),
    "a buffer in the cache": (
        lambda: (buffer_in_the_cache, into_the_buffer),
        {"gradients share no cache memory": "the gradient of x shares memory with cache[1]"},
    ),
    "a float64 scalar": (
        lambda: (square, lambda dy, x: np.float64(2) * dy * x),
        {"float32 stays float32": "x is float64"},
    ),
    "a float64 output": (
        lambda: (lambda x: (x * x + np.zeros(1), x), two_x),
        {"float32 stays float32": "y is float64"},
    ),
    "a float32 gradient": (
        lambda: (square, lambda dy, x: two_x(dy, x).astype(np.float32)),
        {"float64 stays float64": "x is float32"},
    ),
    "by way of float32": (
        lambda: (square, lambda dy, x: two_x(dy, x).astype(np.float32).astype(x.dtype)),
        {"float64 stays float64": "the gradient of x has only the digits of float32"},
    ),
    "activations kept between calls": (
        kept_between_calls,
        {"two forwards, then two backwards": "after two forwards, the gradient of x differs"},
    ),
}


@pytest.mark.parametrize("name", MISBEHAVING)
def test_functions_that_misbehave(name):
    make, expected = MISBEHAVING[name]
    forward, backward = make()
    found = wrong(check(forward, (3, 4), backward=backward))
    assert set(expected) <= set(found)
    for quantity, detail in expected.items():
        assert detail in found[quantity]


def test_whole_numbers_may_have_few_digits():
    """With a dy of ones the gradient of x + x is 2: no sign of float32."""
    check(lambda x: (x + x, None), (3,), backward=lambda dy, cache: 2 * dy, dy=np.ones(3)).assert_ok()


def test_what_is_left_of_a_vanishing_gradient_may_have_few_digits():
    def forward(x, b):
        return x - x.mean(axis=0) + b - b, x

    def backward(dy, x):
        return dy - dy.mean(axis=0), np.full(3, 2.0**-55, dy.dtype)

    check(forward, (4, 3), (3,), backward=backward).assert_ok()


# Layers that misbehave


class Replaces(Dense):
    """Its second backward replaces what it should have added to."""

    def backward(self, dy, cache, param_grads=True):
        self.kernel.grad[...] = 0
        self.bias.grad[...] = 0
        return super().backward(dy, cache, param_grads)


class NeverFrozen(Dense):
    """It does not hear param_grads=False."""

    def backward(self, dy, cache, param_grads=True):
        return super().backward(dy, cache)


class OtherWhenFrozen(Dense):
    """Its shortcut for param_grads=False is another function."""

    def backward(self, dy, cache, param_grads=True):
        dx = super().backward(dy, cache, param_grads)
        return dx if param_grads else dx * (1 + 1e-15)


class TakesOldCaches(Dense):
    """It does not compare versions."""

    def stamp(self, y):
        return CacheStamp(y.shape, y.dtype, 0)

    def check_like(self, argument, array, stamp):
        pass


class MovesItsAverages(BatchNorm):
    """It does not hear update_stats=False."""

    def forward(self, x, ctx):
        return super().forward(x, ctx._replace(update_stats=ctx.training))


class DrawsElsewhere(Dropout):
    """It has a random stream of its own, which goes on."""

    rng = np.random.default_rng(0)

    def forward(self, x, ctx):
        y, cache = super().forward(x, ctx)
        return y + y.dtype.type(self.rng.standard_normal() * 1e-3), cache


@pytest.mark.parametrize(
    ("layer", "quantity", "detail"),
    [
        (Replaces(2), "gradients add up", "after two backwards the gradient of kernel, bias is not their sum"),
        (NeverFrozen(2), "param_grads=False gives the same dx", "the gradient of kernel, bias was touched"),
        (OtherWhenFrozen(2), "param_grads=False gives the same dx", "dx differs"),
        (TakesOldCaches(2), "a stale cache is refused", "backward took a cache from before the last update"),
        (MovesItsAverages(), "update_stats=False keeps averages", "forward updated moving_mean, moving_variance"),
        (DrawsElsewhere(0.5), "repeatable", "two forwards from the same random stream differ"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Layer) else "",
)
def test_layers_that_misbehave(layer, quantity, detail):
    assert wrong(check(layer, (4, 3)))[quantity] == detail


def test_a_misbehaving_layer_does_not_move_the_user_s_averages():
    layer = MovesItsAverages()
    layer.build((3,), dtype=np.float64)
    check(layer, (4, 3))
    assert (layer.moving_mean.data == 0).all()
    assert (layer.moving_variance.data == 1).all()


def test_what_raises_at_a_later_call_is_a_row_with_its_place():
    calls = []

    def backward(dy, x):
        calls.append(dy)
        if len(calls) > 1:
            raise ValueError("only once")
        return 2 * dy * x

    report = check(square, (3,), backward=backward)
    assert values_are_right(report)
    assert "ValueError: only once (test_behaviour.py, line " in wrong(report)["repeatable"]


class WrongAxes(Dense):
    """Sums over `axes` what it adds to the gradient of the bias."""

    axes = -1

    def backward(self, dy, cache, param_grads=True):
        if param_grads:
            self.bias.grad += dy.sum(axis=self.axes)
        return super().backward(dy, cache, param_grads)


class NoSum(WrongAxes):
    axes = ()


@pytest.mark.parametrize(("layer", "shape"), [(WrongAxes, "(5,)"), (NoSum, "(5,3)")])
def test_a_gradient_summed_over_the_wrong_axes_is_named_with_both_shapes(layer, shape):
    with pytest.raises(ShapeError) as caught:
        check(layer(3), (5, 4))
    expected = (
        f"bias.grad has the shape (3,), got {shape} to add: is it summed over the right axes? (test_behaviour.py, "
    )
    assert expected in str(caught.value)


class WrongFactors(WrongAxes):
    def backward(self, dy, cache, param_grads=True):
        self.bias.grad += (dy * np.ones(2)).sum(axis=0)


def test_another_error_in_that_line_is_raised_as_it_is():
    with pytest.raises(ValueError, match=r"broadcast together with shapes \(5,3\) \(2,\)"):
        check(WrongFactors(3), (5, 4))
