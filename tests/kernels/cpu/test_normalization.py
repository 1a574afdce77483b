"""Batch normalisation's sums of squares keep their digits, whether the mean is smaller or larger than the deviation."""

import numpy as np
import pytest

from minigan import kernels
from minigan.kernels import LINEAR
from minigan.kernels.compiled import compiler
from minigan.kernels.cpu import normalization
from minigan.kernels.cpu.parallel import slabs
from minigan.kernels.cpu.parallel.pool import parallel_for

# Below sqrt(3) deviations the sums are taken around zero, above around the mean.
OFFSETS = [0, -1, 1.7, 1.8, 30, -1000]

KINDS = ("cpu", "compiled") if compiler.problem() is None else ("cpu",)

each_kind = pytest.mark.parametrize("kind", KINDS)


def images(offset: float) -> np.ndarray:
    return (np.random.default_rng(0).standard_normal((40, 6, 6, 8)) + offset).astype(np.float32)


@each_kind
@pytest.mark.parametrize("slab", [1 << 20, 2000])
@pytest.mark.parametrize("offset", OFFSETS)
def test_a_variance_keeps_its_digits(kind: str, offset: float, slab: int, monkeypatch):
    monkeypatch.setattr(slabs, "SLAB", slab)
    x = images(offset)
    exact = x.astype(np.float64).var(axis=(0, 1, 2))
    _, variance = getattr(kernels.moments, kind)(x)
    np.testing.assert_allclose(variance, exact, rtol=1e-6)


@each_kind
@pytest.mark.parametrize("offset", OFFSETS)
def test_a_gradient_keeps_its_digits(kind: str, offset: float):
    x = images(offset)
    rng = np.random.default_rng(1)
    dy, gamma = rng.standard_normal(x.shape).astype(np.float32), rng.standard_normal(8).astype(np.float32)
    mean, variance = getattr(kernels.moments, kind)(x)

    def grads(function, dtype):
        g, *arrays = (array.astype(dtype) for array in (dy, x, mean, variance))
        return function(g, g, None, 1.0, *arrays, 1e-3, gamma.astype(dtype), LINEAR, True)

    exact = grads(kernels.normalize_activate_grads.definition, np.float64)
    twin = getattr(kernels.normalize_activate_grads, kind)
    for got, wanted in zip(grads(twin, np.float32), exact, strict=True):
        # x itself has lost what the offset leaves no room for.
        bound = 2e-6 * max(1, abs(offset)) * abs(wanted).max()
        np.testing.assert_allclose(got, wanted, rtol=0, atol=bound)


@pytest.mark.parametrize(("offset", "near"), [(1.6, True), (1.9, False)])
def test_where_the_mean_is_large_it_is_taken_off_first(offset: float, near: bool):
    mean = np.full(3, offset)
    assert normalization.is_near(mean, 1 + mean * mean) is near
    mean[:2] = 0  # one channel is enough
    assert normalization.is_near(mean, 1 + mean * mean) is near


def test_few_bytes_are_not_cut_and_many_are(monkeypatch):
    counts = []
    monkeypatch.setattr(
        normalization, "parallel_for", lambda work, count: (counts.append(count), parallel_for(work, count))
    )
    for slab in (1 << 20, 40 * 36 * 8 * 4 // 2, 40 * 36 * 8 * 4 // 3):
        monkeypatch.setattr(slabs, "SLAB", slab)
        normalization.moments(images(0))
    assert counts[:2] == [1, 1]
    assert counts[2] > 1


@each_kind
def test_what_is_no_number_stays_none(kind: str):
    x = images(0)
    x[0, 0, 0, 3] = np.nan
    x[1, 0, 0, 4] = np.inf
    with np.errstate(invalid="ignore"):
        mean, variance = getattr(kernels.moments, kind)(x)
    assert np.flatnonzero(~np.isfinite(mean)).tolist() == [3, 4]
    assert np.flatnonzero(np.isnan(variance)).tolist() == [3, 4]


@each_kind
def test_a_constant_has_no_variance(kind: str):
    x = np.full((8, 4, 4, 2), 0.1, np.float32)
    mean, variance = getattr(kernels.moments, kind)(x)
    np.testing.assert_allclose(variance, 0, atol=1e-15)
    args = 1e-3, np.ones(2, np.float32), np.zeros(2, np.float32), LINEAR, None, 1.0
    y = getattr(kernels.normalize_activate, kind)(x, mean, variance, *args)
    np.testing.assert_allclose(y, 0, atol=1e-6)


@each_kind
def test_few_rows_that_are_unlike_the_others_cost_no_digits(kind: str):
    x = images(0)
    x[:, 0, 0] += 50  # a corner: every 36th row
    exact = x.astype(np.float64)
    mean, variance = getattr(kernels.moments, kind)(x)
    np.testing.assert_allclose(mean, exact.mean(axis=(0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(variance, exact.var(axis=(0, 1, 2)), rtol=1e-6)
