"""The largest of neighbouring channels, beside the dense maxout layer."""

import numpy as np
import pytest

from minigan.errors import ShapeError
from minigan.layers import ChannelMax, Conv2D, Dense, Maxout
from minigan.model.sequential import Sequential


def test_dense_and_the_largest_piece_are_maxout():
    split, whole = Sequential([Dense(12), ChannelMax(3)]), Sequential([Maxout(4, 3)])
    rng = np.random.default_rng(0)
    for network in (split, whole):
        network.build((5,), dtype=np.float64)
    split.flat_data[...] = rng.standard_normal(split.flat_data.shape)
    whole.flat_data[...] = split.flat_data
    x, dy = rng.standard_normal((6, 5)), rng.standard_normal((6, 4))
    (y, cache), (expected, whole_cache) = split.forward(x), whole.forward(x)
    np.testing.assert_allclose(y, expected, rtol=1e-12)
    np.testing.assert_allclose(split.backward(dy, cache), whole.backward(dy, whole_cache), rtol=1e-12)
    np.testing.assert_allclose(split.flat_grad, whole.flat_grad, rtol=1e-12)


def test_at_each_place_of_an_image_the_largest_piece_is_taken():
    network = Sequential([Conv2D(6, 3, padding="same"), ChannelMax(2)])
    assert network.build((4, 5, 1), dtype=np.float64) == (4, 5, 3)
    x = np.random.default_rng(0).standard_normal((2, 4, 5, 1))
    z, _ = network[0].forward(x)
    np.testing.assert_array_equal(network.predict(x), np.maximum(z[..., 0::2], z[..., 1::2]))


def test_channels_that_do_not_divide_are_refused():
    with pytest.raises(ShapeError, match="ChannelMax 'channel_max': expected channels that divide by 3, got 4"):
        ChannelMax(3).build((2, 2, 4))
