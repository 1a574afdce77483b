"""What `mg.explain` refuses, each with one error that says what was expected."""

import numpy as np
import pytest

import minigan as mg
from minigan import layers
from minigan.errors import ConfigError, DtypeError, ShapeError, StaleCacheError

X = np.random.default_rng(0).standard_normal((2, 3)).astype(np.float32)


def made(layer, x=X, **context):
    layer.build(x.shape[1:])
    y, cache = layer.forward(x, mg.Context(**context))
    return layer, cache, np.ones_like(y)


def refused(error, text, *arguments, **options):
    with pytest.raises(error, match=text):
        mg.explain(*arguments, **options)


def test_a_layer_without_an_explainer_is_refused_with_the_names_of_those_that_have_one():
    layer, cache, dy = made(layers.Residual([layers.Dense(3)]))
    refused(
        ConfigError, r"one of .*BatchNorm, .*Dense, .*Softmax.*, got Residual 'residual'", layer, cache, "dx", (0, 0)
    )
    refused(ConfigError, "got 'dense'", "dense", cache, "dx", (0, 0), dy=dy)


def test_an_unknown_quantity_is_refused_with_those_of_the_layer():
    layer, cache, dy = made(layers.Dense(2, use_bias=False))
    refused(ConfigError, "Dense 'dense': .* one of y, dx, dkernel, got 'dbias'", layer, cache, "dbias", (0,), dy=dy)
    layer, cache, dy = made(layers.BatchNorm())
    refused(ConfigError, "y, dx, dgamma, dbeta, got 'dmoving_mean'", layer, cache, "dmoving_mean", (0,), dy=dy)


@pytest.mark.parametrize("index", [(0,), (0, 0, 0), (2, 0), (0, 2), (-1, 0), (0.0, 1), "01", None, 1, (True, 0)])
def test_an_index_that_is_none_of_the_array_is_refused(index):
    layer, cache, _ = made(layers.Dense(2))
    refused(ConfigError, r"expected an index of y \(2, 2\): 2 whole numbers", layer, cache, "y", index)


def test_an_index_may_be_a_list_numpy_numbers_or_of_one_axis_a_number():
    layer, cache, dy = made(layers.Dense(2))
    assert mg.explain(layer, cache, "y", [np.int64(1), 0]).index == (1, 0)
    assert mg.explain(layer, cache, "dbias", 1, dy=dy).index == (1,)


def test_a_gradient_needs_dy_and_a_dy_like_the_output():
    layer, cache, dy = made(layers.Dense(2))
    refused(ConfigError, r"dkernel is made of .*give it, dy=..., of shape \(2, 2\)", layer, cache, "dkernel", (0, 0))
    refused(ShapeError, r"expected dy \(2, 2\), got \(1, 2\)", layer, cache, "dx", (0, 0), dy=dy[:1])
    refused(DtypeError, "expected dy float32", layer, cache, "dx", (0, 0), dy=dy.astype(float))


@pytest.mark.parametrize("make", [layers.Tanh, layers.BatchNorm, layers.Flatten, layers.Softmax])
def test_y_needs_x_where_the_cache_does_not_hold_it(make):
    layer, cache, _ = made(make())
    refused(ConfigError, "does not hold the input, .*give the x of its forward, x=...", layer, cache, "y", (0, 0))
    refused(ShapeError, r"expected x \(N, 3\), got \(2, 2\)", layer, cache, "y", (0, 0), x=X[:, :2])
    refused(ShapeError, "expected the x of this cache, 2 examples, got 1", layer, cache, "y", (0, 0), x=X[:1])
    assert mg.explain(layer, cache, "y", (0, 0), x=X).layer == layer.title


def test_a_cache_of_another_layer_or_none_is_refused():
    layer, cache, dy = made(layers.Dense(2))
    other, other_cache, _ = made(layers.ReLU())
    refused(ConfigError, "expected the AffineCache of its own forward, got ReLUCache", layer, other_cache, "y", (0, 0))
    refused(
        ConfigError, "expected the ReLUCache of its own forward, got AffineCache", other, cache, "dx", (0, 0), dy=dy
    )
    refused(ConfigError, "expected the cache that its forward returned, got NoneType", layer, None, "y", (0, 0))


def test_the_cache_of_a_fused_step_is_refused_and_that_of_an_unfused_network_is_not():
    for fuse in (True, False):
        network = mg.Sequential([layers.Dense(2), layers.ReLU()], fuse=fuse)
        network.build((3,))
        _, caches = network.forward(X)
        if fuse:
            refused(ConfigError, "fuse=False", network.layers[0], caches[0], "y", (0, 0))
        else:
            assert mg.explain(network.layers[0], caches[0], "y", (0, 0)).quantity == "y"


def test_a_cache_from_before_an_update_is_refused():
    layer, cache, _ = made(layers.Dense(2))
    layer.kernel.version += 1
    refused(StaleCacheError, "run forward again", layer, cache, "y", (0, 0))


def test_a_pass_of_complex_numbers_is_refused():
    layer, cache, _ = made(layers.ReLU(), X.astype(np.complex64))
    refused(DtypeError, "expected a pass of float32 or float64, got complex64", layer, cache, "y", (0, 0))


def test_the_noise_of_a_gaussian_noise_is_not_known_but_its_gradient_is():
    layer, cache, dy = made(layers.GaussianNoise(0.1), training=True, rng=mg.Stream(0))
    refused(ConfigError, "expected a quantity, one of dx, got 'y'", layer, cache, "y", (0, 0), x=X)
    assert mg.explain(layer, cache, "dx", (0, 1), dy=dy).total == 1
