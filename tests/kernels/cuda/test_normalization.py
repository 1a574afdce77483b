"""The CUDA kernels over rows and channels, on the CPU: what random small arrays seldom meet.

`test_parity` compares every kernel with its definition. Here are sizes that fill several blocks, unevenly, and
numbers in which digits can be lost.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from minigan.kernels import Activation
from minigan.kernels.cuda import compiler, normalization, normalize_activate, pooling, resizing, rows
from minigan.kernels.reference import normalization as of_normalization
from minigan.kernels.reference import normalize_activate as definitions
from minigan.kernels.reference import pooling as of_pooling
from minigan.kernels.reference import resizing as of_resizing
from tests.devices import host
from tests.devices.host import HostCompiler
from tests.loops import loop_over

pytestmark = pytest.mark.skipif(host.compiler() is None, reason="the CUDA sources run on the CPU only by g++")

COMPILER = HostCompiler(("shuffled",))  # the parity tests run all orders

TOLERANCE = {np.dtype(np.float32): 1e-5, np.dtype(np.float64): 1e-12}

every_dtype = loop_over(dtype=[np.float32, np.float64])

#: Rows and channels: several parts, of which some are short or empty; several blocks of channels, the last not full.
SIZES = [(5000, 1), (2500, 3), (1100, 33), (321, 32), (3, 1025), (1, 40)]
every_size = loop_over(size=SIZES)


@pytest.fixture(autouse=True, params=[(9, 8), (40, 1)], ids=["few blocks", "many blocks"])
def on_the_host(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Compile for the CPU, with fewer blocks than a GPU has: each has much to do, or some have nothing."""
    blocks, each = request.param
    monkeypatch.setattr(rows, "BLOCKS", blocks)
    monkeypatch.setattr(normalization, "EACH", each)
    with compiler.compiling_with(COMPILER):
        yield


def numbers(*shape: int, dtype: Any = np.float64, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def assert_close(got: Any, expected: Any) -> None:
    for a, b in zip(got, expected, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(a, b, rtol=0, atol=TOLERANCE.get(b.dtype, 0) * max(1, abs(b).max()))


def test_these_sizes_leave_blocks_without_rows():
    filled = []
    for count, columns in SIZES:
        (_, parts), _ = rows.layout(count, columns, normalization.EACH)
        filled.append(-(-count // -(-count // parts)) == parts)
    assert all(filled) == (rows.BLOCKS == 9)


@every_dtype
@every_size
def test_sums_and_moments_over_many_rows(dtype, size):
    x = numbers(*size, dtype=dtype) + dtype(3)
    assert_close([normalization.channel_sum(x)], [x.sum(axis=0, dtype=np.float64).astype(dtype)])
    expected = [f(x, axis=0, dtype=np.float64).astype(dtype) for f in (np.mean, np.var)]
    assert_close(normalization.moments(x), expected)


@every_size
def test_moments_lose_no_digits_to_a_large_mean(size):
    """Of float32 numbers around 10000, E[x^2] - E[x]^2 would not have a single digit right."""
    x = numbers(*size, dtype=np.float32) + np.float32(1e4)
    mean, variance = normalization.moments(x)
    exact = x.astype(np.float64)
    np.testing.assert_allclose(mean, exact.mean(axis=0), rtol=1e-7)
    np.testing.assert_allclose(variance, exact.var(axis=0), rtol=1e-5)


@every_dtype
@every_size
@loop_over(dropped=[True, False])
@loop_over(activation=[Activation("leaky_relu", 0.2), Activation("leaky_relu", 0.0), Activation("tanh")])
def test_normalisation_with_what_follows(dtype, size, dropped, activation):
    x, c = numbers(*size, dtype=dtype), size[1]
    mean, variance = numbers(c, dtype=dtype, seed=1), abs(numbers(c, dtype=dtype, seed=2)) + dtype(0.5)
    gamma, beta = numbers(c, dtype=dtype, seed=3), numbers(c, dtype=dtype, seed=4)
    bits = np.random.default_rng(5).integers(0, 256, -(-x.size // 8), np.uint8) if dropped else None
    keep = 0.75 if dropped else 1.0
    arguments = (x, mean, variance, 1e-3, gamma, beta, activation, bits, keep)
    y = normalize_activate.normalize_activate(*arguments)
    assert_close([y], [definitions.normalize_activate(*arguments)])
    dy = numbers(*size, dtype=dtype, seed=6)
    for training in (True, False):
        arguments = (dy, y, bits, keep, x, mean, variance, 1e-3, gamma, activation, training)
        got = normalize_activate.normalize_activate_grads(*arguments)
        assert_close(got, definitions.normalize_activate_grads(*arguments))


@every_dtype
@every_size
def test_batch_normalisation_and_its_gradient_over_many_rows(dtype, size):
    x, g = numbers(*size, dtype=dtype), numbers(*size, dtype=dtype, seed=1)
    mean, variance = x.mean(axis=0), x.var(axis=0) + dtype(0.1)
    x_hat, inverse_std = normalization.batch_norm(x, mean, variance, 1e-3)
    assert_close((x_hat, inverse_std), of_normalization.batch_norm(x, mean, variance, 1e-3))
    got = normalization.batch_norm_grad(g, x_hat, inverse_std)
    assert_close([got], [of_normalization.batch_norm_grad(g, x_hat, inverse_std)])


@every_dtype
@every_size
def test_layer_normalisation_with_few_and_with_many_channels(dtype, size):
    x, g = numbers(*size[::-1], dtype=dtype) + dtype(1), numbers(*size[::-1], dtype=dtype, seed=1)
    x_hat, inverse_std = normalization.layer_norm(x, 1e-3)
    expected = of_normalization.layer_norm(x.astype(np.float64), 1e-3)
    assert_close((x_hat, inverse_std), [array.astype(dtype) for array in expected])
    got = normalization.layer_norm_grad(g, x_hat, inverse_std)
    assert_close([got], [of_normalization.layer_norm_grad(g, x_hat, inverse_std)])


@every_dtype
def test_images_that_fill_several_blocks(dtype):
    x = numbers(5, 14, 15, 3, dtype=dtype)
    assert_close([resizing.upsample_nearest(x, (2, 3))], [of_resizing.upsample_nearest(x, (2, 3))])
    assert_close([resizing.upsample_nearest_grad(x, (2, 3))], [of_resizing.upsample_nearest_grad(x, (2, 3))])
    windows = ((3, 2), (2, 1), ((1, 0), (0, 1)))
    y, places = pooling.max_pool(x, *windows)
    assert_close((y, places), of_pooling.max_pool(x, *windows))
    dy = numbers(*y.shape, dtype=dtype, seed=1)
    got = pooling.max_pool_grad(dy, places, (14, 15), *windows)
    assert_close([got], [of_pooling.max_pool_grad(dy, places, (14, 15), *windows)])


@pytest.mark.parametrize("layout", ["F", "backwards"])
def test_any_order_in_memory_is_taken(layout):
    x = numbers(6, 5, 4)
    x = np.asfortranarray(x) if layout == "F" else x[::-1]
    assert_close(normalization.moments(x), of_normalization.moments(x))


def test_what_is_too_large_to_be_counted_is_left_to_the_definition():
    assert rows.covers(1 << 20, 512)
    assert not rows.covers(1 << 20, 1024)
    assert not rows.covers(0, 3)
    # Only one row, but the other lanes of a block would begin beyond 32 bits.
    assert not rows.covers(1, 1 << 28)
