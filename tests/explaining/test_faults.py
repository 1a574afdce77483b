"""A fault in a layer or in an explainer is seen: the totals then differ from the results."""

from collections.abc import Callable

import numpy as np
import pytest

from minigan import kernels, layers
from minigan.explaining import elementwise, gates, normalization, windows
from tests.explaining.passes import case_passes, disagreements
from tests.layers.cases import BY_NAME


def seen(case: str, quantities: set[str]) -> None:
    """The entries of these quantities, and of no others, disagree in the case's first pass."""
    one = next(case_passes(BY_NAME[case]))
    assert {quantity for quantity, _ in disagreements(one)} == quantities


def scaled(method: Callable, by: float) -> Callable:
    """The same result, times a number."""
    return lambda *arguments, **options: method(*arguments, **options) * by


@pytest.mark.parametrize(
    ("kind", "method", "case", "quantity"),
    [
        (layers.Dense, "product", "dense", "y"),
        (layers.Dense, "input_grad", "dense", "dx"),
        (layers.Dense, "kernel_grad", "dense-activation", "dkernel"),
        (layers.Conv2D, "product", "conv2d-groups", "y"),
        (layers.Conv2D, "kernel_grad", "conv2d-same-stride", "dkernel"),
        (layers.Conv2DTranspose, "input_grad", "conv2d-transpose-same", "dx"),
        (layers.BatchNorm, "normalization_grad", "batch-norm", "dx"),
    ],
)
def test_a_result_that_is_wrong_in_its_thirteenth_digit_is_seen(monkeypatch, kind, method, case, quantity):
    monkeypatch.setattr(kind, method, scaled(getattr(kind, method), 1 + 1e-12))
    seen(case, {quantity})


def test_a_gradient_of_upsampling_that_picks_one_of_the_copies_is_seen(monkeypatch):
    picks_one = lambda dy, size: dy[:, :: size[0], :: size[1]].copy()  # noqa: E731
    monkeypatch.setitem(layers.UpSampling2D.KERNELS, "nearest", (kernels.upsample_nearest, picks_one))
    seen("up-sampling-nearest", {"dx"})


def test_a_batch_norm_whose_gradient_leaves_out_the_variance_is_seen(monkeypatch):
    def without_variance(self, dx_hat, cache):
        return (dx_hat - dx_hat.mean(axis=0)) * cache.inverse_std

    monkeypatch.setattr(layers.BatchNorm, "normalization_grad", without_variance)
    seen("batch-norm", {"dx"})


def test_a_maximum_whose_gradient_goes_to_another_pixel_is_seen(monkeypatch):
    forward = layers.MaxPooling2D.forward

    def moved(self, x, ctx):
        y, cache = forward(self, x, ctx)
        places = cache.places
        cache = cache._replace(places=(places + 1) % 4)
        self.kept = cache._replace(places=places)
        return y, cache

    monkeypatch.setattr(layers.MaxPooling2D, "forward", moved)
    one = next(case_passes(BY_NAME["max-pooling"]))
    one.cache = one.layer.kept
    assert {quantity for quantity, _ in disagreements(one)} == {"dx"}


def test_an_explainer_with_a_window_one_pixel_off_is_seen(monkeypatch):
    pixel = windows.Windows.pixel
    monkeypatch.setattr(windows.Windows, "pixel", lambda self, at, entry: pixel(self, at, (entry[0], entry[1] - 1)))
    seen("conv2d-same", {"y", "dkernel"})


@pytest.mark.parametrize(
    ("room", "name", "fault", "case", "quantities"),
    [
        (elementwise, "sigmoid", lambda x: 1 / (1 + np.exp(x)), "sigmoid", {"y"}),
        (gates, "CUBE", 0.044, "gelu-approximate", {"y", "dx"}),
        (normalization, "root", lambda value: value**0.5001, "layer-norm", {"y"}),
    ],
)
def test_an_explainer_with_a_wrong_function_or_constant_is_seen(monkeypatch, room, name, fault, case, quantities):
    monkeypatch.setattr(room, name, fault)
    seen(case, quantities)
