"""The CUDA kernel of binary cross-entropy, on the CPU."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from minigan.kernels.cuda import compiler, cross_entropy
from minigan.kernels.reference.cross_entropy import binary_crossentropy_from_logits as definition
from tests.devices import host
from tests.devices.host import HostCompiler

pytestmark = pytest.mark.skipif(host.compiler() is None, reason="the CUDA sources run on the CPU only by g++")

COMPILER = HostCompiler()

each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.fixture(autouse=True)
def on_the_host() -> Iterator[None]:
    with compiler.compiling_with(COMPILER):
        yield


def assert_like_the_definition(z: np.ndarray, target: Any) -> None:
    before = z.copy()
    loss, dz = cross_entropy.binary_crossentropy_from_logits(z, target)
    expected_loss, expected_dz = definition(z, target)
    assert (loss.shape, loss.dtype, dz.shape, dz.dtype) == ((), z.dtype, z.shape, z.dtype)
    np.testing.assert_array_equal(z, before)
    eps = np.finfo(z.dtype).eps
    np.testing.assert_allclose(loss, expected_loss, rtol=20 * eps)
    # Where sigma is near t, a small number is left of large ones; for a t of 0 or 1 every number has all its digits.
    np.testing.assert_allclose(dz, expected_dz, rtol=20 * eps, atol=0 if np.all(target % 1 == 0) else eps / z.size)


@each_dtype
@pytest.mark.parametrize("shape", [(1, 1), (64, 1), (255,), (257, 1), (7, 100)])
@pytest.mark.parametrize("target", [0.0, 1.0, 0.9])
def test_loss_and_gradient_with_one_target(dtype, shape, target):
    z = 4 * np.random.default_rng(0).standard_normal(shape).astype(dtype)
    assert_like_the_definition(z, dtype(target))


@each_dtype
def test_loss_and_gradient_with_a_target_for_each_logit(dtype):
    rng = np.random.default_rng(0)
    z, targets = 4 * rng.standard_normal((300, 1)).astype(dtype), rng.uniform(0, 1, (300, 1)).astype(dtype)
    assert_like_the_definition(z, targets)
    assert_like_the_definition(z[::-2], targets[::2])


@each_dtype
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_no_digit_is_lost_where_the_answer_is_sure(dtype, target):
    assert_like_the_definition(np.array([[80], [-80], [0], [1e-8], [30], [-30]], dtype), dtype(target))


def test_a_logit_that_is_no_number_shows():
    loss, dz = cross_entropy.binary_crossentropy_from_logits(np.array([1, np.nan, -1], np.float32), np.float32(1))
    assert np.isnan(loss)
    np.testing.assert_array_equal(np.isnan(dz), [False, True, False])


def test_no_logits_are_left_to_the_definition():
    declined = cross_entropy.binary_crossentropy_from_logits(np.zeros((0, 1), np.float32), np.float32(1))
    assert declined is NotImplemented
