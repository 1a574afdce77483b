"""Compiled normalisation: it reads no array beyond its end, and joins rows of few channels."""

import numpy as np
import pytest

from minigan import kernels
from minigan.kernels import LINEAR, Activation
from minigan.kernels.compiled import compiler, normalize_activate, row_sums
from tests.loops import loop_over

pytestmark = pytest.mark.skipif(compiler.problem() is not None, reason=str(compiler.problem()))

RECTIFIER = Activation("leaky_relu", 0.2)


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def test_a_vector_of_too_few_numbers_is_left_to_the_definition():
    x, whole, one = numbers(6, 5, 4), numbers(4) ** 2, numbers(1)
    forward, back = kernels.normalize_activate.compiled, kernels.normalize_activate_grads.compiled
    assert forward(x, whole, whole, 1e-3, one, whole, LINEAR, None, 1.0) is NotImplemented
    assert back(x, x, None, 1.0, x, whole, whole, 1e-3, one, LINEAR, True) is NotImplemented
    assert kernels.batch_norm.compiled(x, one, whole, 1e-3) is NotImplemented
    assert kernels.batch_norm_grad.compiled(x, x, one) is NotImplemented
    assert kernels.batch_norm_tangent_grad.compiled(x, x, x, x, x, one) is NotImplemented
    assert kernels.layer_norm_grad.compiled(x, x, one) is NotImplemented
    assert kernels.layer_norm_tangent_grad.compiled(x, x, x, x, x, one) is NotImplemented
    assert kernels.group_norm_grad.compiled(x, x, one, 2) is NotImplemented


def test_an_array_of_another_shape_is_left_to_the_definition():
    x, part, vector = numbers(6, 5, 4), numbers(3, 5, 4), numbers(4) ** 2
    back = kernels.normalize_activate_grads.compiled
    assert back(part, x, None, 1.0, x, vector, vector, 1e-3, vector, RECTIFIER, True) is NotImplemented
    assert back(x, part, None, 1.0, x, vector, vector, 1e-3, vector, RECTIFIER, True) is NotImplemented
    assert kernels.layer_norm_grad.compiled(part, x, x[..., :1]) is NotImplemented
    assert kernels.group_norm_grad.compiled(part, x, x[:, :1], 2) is NotImplemented


def test_too_few_bits_are_left_to_the_definition():
    x, vector = numbers(6, 5, 4), numbers(4) ** 2
    bits = np.zeros(x.size // 8 - 1, np.uint8)
    forward = kernels.normalize_activate.compiled
    assert forward(x, vector, vector, 1e-3, vector, vector, RECTIFIER, bits, 0.5) is NotImplemented


@loop_over(channels=[1, 2, 3, 8, 64, 100])
def test_a_slab_has_the_bits_of_its_own_entries(channels):
    rows = 17
    bits = np.random.default_rng(0).integers(0, 256, -(-rows * channels // 8), np.uint8)
    whole = np.unpackbits(bits, bitorder="little")[: rows * channels].reshape(rows, channels)
    for slab in (slice(0, rows), slice(0, 5), slice(5, 11), slice(16, 17)):
        np.testing.assert_array_equal(normalize_activate.kept_of(bits, slab, channels), whole[slab])


@loop_over(shape=[(6, 4, 3), (7, 1), (5, 64), (2, 100), (11, 7)])
def test_joined_rows_give_the_same_sums_as_single_ones(shape):
    x = numbers(*shape)
    rows = row_sums.matrix(x)
    assert rows.shape[1] % shape[-1] == 0
    assert rows.shape[1] <= max(row_sums.LONG, shape[-1])
    np.testing.assert_allclose(kernels.channel_sum.compiled(x), x.reshape(-1, shape[-1]).sum(axis=0), atol=1e-5)
