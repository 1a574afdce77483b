"""Self-attention against the paper's sums, written place by place, and what follows from them."""

import numpy as np
import pytest

from minigan.errors import ShapeError
from minigan.layers import SelfAttention2D
from minigan.random import Stream


def built(shape: tuple[int, ...], *channels: int | None, gamma: float = 1.0) -> SelfAttention2D:
    layer = SelfAttention2D(*channels)
    layer.build(shape, Stream(3), np.float64)
    layer.gamma.data[...] = gamma
    return layer


def images(count: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, *shape))


def papers(layer: SelfAttention2D, x: np.ndarray) -> np.ndarray:
    """Equations 1 to 3: beta_ji of place j for place i, and o_j, by loops; f is the key, g the query, h the value."""
    w_f, w_g, w_h, w_v = (layer.parameters[f"{name}_kernel"].data for name in ("key", "query", "value", "output"))
    y = np.empty_like(x)
    for image, out in zip(x, y):
        places = list(np.ndindex(image.shape[:2]))
        f, g, h = ({place: w.T @ image[place] for place in places} for w in (w_f, w_g, w_h))
        for j in places:
            powers = {i: np.exp(f[i] @ g[j]) for i in places}
            beta = {i: power / sum(powers.values()) for i, power in powers.items()}
            o = w_v.T @ sum(beta[i] * h[i] for i in places)
            out[j] = layer.gamma.data[0] * o + image[j]
    return y


@pytest.mark.parametrize(("shape", "channels"), [((3, 2, 4), ()), ((2, 5, 9), (3, 2)), ((1, 1, 2), (1, 4))])
def test_it_is_the_paper_s_formula(shape, channels):
    layer, x = built(shape, *channels, gamma=0.7), images(2, *shape)
    np.testing.assert_allclose(layer.forward(x)[0], papers(layer, x), rtol=1e-12)


def test_it_is_what_pytorch_s_attention_computes():
    torch = pytest.importorskip("torch")
    layer, x = built((4, 3, 8), 4, 5), images(2, 4, 3, 8)
    q, k, v = (torch.from_numpy(x.reshape(2, 12, 8) @ kernel) for kernel in layer.kernels)
    mixed = torch.nn.functional.scaled_dot_product_attention(q, k, v, scale=1.0).numpy()
    expected = x + (mixed @ layer.output_kernel.data).reshape(x.shape)
    np.testing.assert_allclose(layer.forward(x)[0], expected, rtol=1e-12)


def test_it_begins_as_the_identity_and_gamma_learns_first():
    layer, x = SelfAttention2D(), images(2, 3, 2, 4)
    layer.build((3, 2, 4), dtype=np.float64)
    y, cache = layer.forward(x)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(layer.backward(x, cache), x)
    moved = {name for name, parameter in layer.parameters.items() if parameter.grad.any()}
    assert moved == {"gamma"}


def test_places_in_another_order_give_the_same_in_that_order():
    layer, x = built((4, 3, 6)), images(2, 4, 3, 6)
    order = np.random.default_rng(1).permutation(12)
    moved = x.reshape(2, 12, 6)[:, order].reshape(x.shape)
    expected = layer.forward(x)[0].reshape(2, 12, 6)[:, order].reshape(x.shape)
    np.testing.assert_allclose(layer.forward(moved)[0], expected, rtol=1e-12)


def test_images_do_not_see_each_other():
    layer, x = built((3, 2, 4)), images(3, 3, 2, 4)
    one_by_one = np.concatenate([layer.forward(x[i : i + 1])[0] for i in range(3)])
    np.testing.assert_allclose(layer.forward(x)[0], one_by_one, rtol=1e-12)
    assert not layer.mixes_examples


def test_large_scores_do_not_overflow():
    layer = built((2, 2, 4))
    y, cache = layer.forward(1e3 * images(1, 2, 2, 4))
    assert np.isfinite(y).all()
    assert np.isfinite(layer.backward(y, cache)).all()


@pytest.mark.parametrize(("channels", "keys", "values"), [(64, 8, 32), (8, 1, 4), (4, 1, 2), (1, 1, 1)])
def test_the_default_channels_are_an_eighth_and_a_half(channels, keys, values):
    layer = built((2, 2, channels))
    assert layer.query_kernel.data.shape == layer.key_kernel.data.shape == (channels, keys)
    assert layer.value_kernel.data.shape == (channels, values)
    assert layer.output_kernel.data.shape == (values, channels)


@pytest.mark.parametrize("shape", [(), (4,), (3, 4), (2, 2, 2, 2)])
def test_other_inputs_than_images_are_refused(shape):
    with pytest.raises(ShapeError, match=r"SelfAttention2D 'self_attention2d': expected images \(H, W, C\)"):
        SelfAttention2D().build(shape)
