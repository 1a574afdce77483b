"""Bounds of weights: what is beyond them comes back, what is within stays."""

import numpy as np
import pytest

from minigan import constraints
from minigan.errors import ConfigError, StaleCacheError
from minigan.layers import Conv2D, Conv2DTranspose, Dense, Flatten, LayerNorm, Maxout
from minigan.model.sequential import Sequential


def test_clipping_bounds_all_trainable_numbers():
    network = Sequential([Dense(5), LayerNorm(), Dense(1)])
    network.build((3,), seed=0)
    before = network.flat_data.copy()
    _, caches = network.forward(np.ones((2, 3), np.float32))
    constraints.clip_weights(network, 0.05)
    np.testing.assert_array_equal(network.flat_data, before.clip(-0.05, 0.05))
    assert (abs(before) > 0.05).any()
    assert all((abs(p.data) <= np.float32(0.05)).all() for p in network.parameters().values())
    with pytest.raises(StaleCacheError):
        network.backward(np.ones((2, 1), np.float32), caches)


def of_all_kinds(dtype: type = np.float64) -> Sequential:
    """A network with every kind of kernel, whose units have weights of all lengths."""
    layers = [Conv2D(3, 2), Conv2DTranspose(4, 3, strides=2), Flatten(), Maxout(5, 3), Dense(6), LayerNorm()]
    network = Sequential(layers)
    network.build((4, 5, 2), seed=0, dtype=dtype)
    network.flat_data[...] = np.random.default_rng(0).uniform(-0.7, 0.7, network.flat_data.shape)
    return network


#: What one unit of each layer reads its inputs by.
UNITS = {
    "conv2d": lambda kernel: [kernel[..., f] for f in range(3)],
    "conv2d_transpose": lambda kernel: [kernel[:, :, f] for f in range(4)],
    "maxout": lambda kernel: [kernel[:, u, p] for u in range(5) for p in range(3)],
    "dense": lambda kernel: [kernel[:, u] for u in range(6)],
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_max_norm_scales_only_units_above_the_bound(dtype: type):
    network, bound = of_all_kinds(dtype), 1.2
    before = {name: parameter.data.copy() for name, parameter in network.parameters().items()}
    constraints.max_norm(network, bound)
    shortened = kept = 0
    for name, parameter in network.parameters().items():
        layer, _, kind = name.rpartition(".")
        if kind != "kernel":
            np.testing.assert_array_equal(parameter.data, before[name])
            continue
        for now, then in zip(UNITS[layer](parameter.data), UNITS[layer](before[name]), strict=True):
            length = np.linalg.norm(then)
            if length > bound:
                np.testing.assert_allclose(now, then * (bound / length), rtol=1e-5)
                shortened += 1
            else:
                np.testing.assert_array_equal(now, then)
                kept += 1
    assert network.flat_data.dtype == dtype
    assert shortened > 3
    assert kept > 3


def test_caches_are_stale_after_a_constraint():
    network = Sequential([Dense(5)])
    network.build((3,), seed=0)
    _, caches = network.forward(np.ones((2, 3), np.float32))
    constraints.max_norm(network, 0.1)
    with pytest.raises(StaleCacheError):
        network.backward(np.ones((2, 5), np.float32), caches)


@pytest.mark.parametrize("constraint", [constraints.clip_weights, constraints.max_norm])
def test_a_bound_that_is_not_positive_is_refused(constraint):
    with pytest.raises(ConfigError, match=f"the bound of {constraint.__name__} to be positive, got 0.0"):
        constraint(Sequential([Dense(1)]), 0.0)
