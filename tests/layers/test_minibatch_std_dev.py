"""The minibatch standard deviation against the form of the paper's code."""

import numpy as np
import pytest

from minigan.layers import MinibatchStdDev


def run(x: np.ndarray, group_size: int = 4) -> np.ndarray:
    layer = MinibatchStdDev(group_size)
    layer.build(x.shape[1:], dtype=x.dtype)
    return layer.forward(x)[0]


def papers(x: np.ndarray, group_size: int) -> np.ndarray:
    """The paper's code, for images (N, H, W, C) and N a multiple of the group's size."""
    count, height, width, channels = x.shape
    y = x.reshape(group_size, count // group_size, height, width, channels)
    y = y - y.mean(axis=0, keepdims=True)
    y = np.sqrt((y**2).mean(axis=0) + 1e-8)
    y = y.mean(axis=(1, 2, 3), keepdims=True)
    return np.concatenate([x, np.tile(y, (group_size, height, width, 1))], axis=3)


@pytest.mark.parametrize(("count", "group_size"), [(8, 4), (6, 2), (6, 6), (4, 1)])
def test_it_is_what_the_paper_s_code_computes(count: int, group_size: int):
    x = np.random.default_rng(0).standard_normal((count, 3, 2, 5))
    np.testing.assert_allclose(run(x, group_size), papers(x, group_size), rtol=1e-12)


def test_a_rest_joins_the_groups():
    x = np.random.default_rng(0).standard_normal((7, 3))
    y = run(x, 3)
    for first in (0, 1):
        expected = np.sqrt(x[first::2].var(axis=0) + 1e-8).mean()
        np.testing.assert_allclose(y[first::2, 3], expected, rtol=1e-12)
    np.testing.assert_array_equal(y[:, :3], x)


@pytest.mark.parametrize("count", [1, 3])
def test_a_batch_smaller_than_a_group_is_one_group(count: int):
    x = np.random.default_rng(0).standard_normal((count, 3))
    np.testing.assert_allclose(run(x)[:, 3], np.sqrt(x.var(axis=0) + 1e-8).mean(), rtol=1e-12)


def test_equal_examples_have_none():
    x = np.repeat(np.random.default_rng(0).standard_normal((1, 2, 2, 3)), 8, axis=0)
    np.testing.assert_allclose(run(x)[..., 3], 1e-4, rtol=1e-6)
