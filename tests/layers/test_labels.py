"""The conditional layers: which row an example gets, where its gradient goes, and which labels are refused."""

import numpy as np
import pytest

from minigan.errors import ConfigError, DataError, DtypeError, MiniganError, ShapeError
from minigan.layers import ConcatenateLabels, Context, Dense, Layer, ProjectionHead
from minigan.model.sequential import Sequential

LABELS = np.array([2, 0, 2, 3])


def made(layer: Layer, shape: tuple[int, ...]) -> tuple[Layer, np.ndarray, np.random.Generator]:
    """The layer in float64, and an input for it."""
    layer.build(shape[1:], dtype=np.float64)
    rng = np.random.default_rng(0)
    return layer, rng.standard_normal(shape), rng


def test_an_embedding_is_set_beside_each_vector():
    layer, x, _ = made(ConcatenateLabels(4, 2), (4, 3))
    y, _ = layer.forward(x, Context(labels=LABELS))
    for n, label in enumerate(LABELS):
        np.testing.assert_array_equal(y[n], [*x[n], *layer.embeddings.data[label]])


def test_an_embedding_is_set_beside_each_pixel():
    layer, x, _ = made(ConcatenateLabels(4, 2), (4, 2, 3, 1))
    y, _ = layer.forward(x, Context(labels=LABELS))
    assert y.shape == (4, 2, 3, 3)
    for n, h, w in np.ndindex(4, 2, 3):
        np.testing.assert_array_equal(y[n, h, w], [*x[n, h, w], *layer.embeddings.data[LABELS[n]]])


def test_a_row_used_twice_gets_both_gradients_and_one_unused_gets_none():
    layer, x, rng = made(ConcatenateLabels(4, 2), (4, 2, 3, 1))
    y, cache = layer.forward(x, Context(labels=LABELS))
    dy = rng.standard_normal(y.shape)
    dx = layer.backward(dy, cache)
    np.testing.assert_array_equal(dx, dy[..., :1])
    expected = np.zeros((4, 2))
    np.add.at(expected, LABELS, dy[..., 1:].sum(axis=(1, 2)))
    np.testing.assert_allclose(layer.embeddings.grad, expected, rtol=1e-14)
    assert not layer.embeddings.grad[1].any()


def test_initial_embeddings_are_as_large_as_noise():
    layer = ConcatenateLabels(100, 50)
    layer.build((3,))
    assert layer.embeddings.data.std() == pytest.approx(1, abs=0.05)


def test_projection_is_a_linear_judgement_and_one_for_the_class():
    layer, x, _ = made(ProjectionHead(4), (4, 5))
    layer.bias.data[...] = 0.3
    y, _ = layer.forward(x, Context(labels=LABELS))
    w, v = layer.kernel.data[:, 0], layer.embeddings.data
    expected = [[x_n @ w + 0.3 + v[label] @ x_n] for x_n, label in zip(x, LABELS)]
    np.testing.assert_allclose(y, expected, rtol=1e-14)


def test_projection_adds_the_gradients_of_equal_classes_up():
    layer, x, rng = made(ProjectionHead(4), (4, 5))
    y, cache = layer.forward(x, Context(labels=LABELS))
    dy = rng.standard_normal(y.shape)
    layer.backward(dy, cache)
    expected = np.zeros((4, 5))
    np.add.at(expected, LABELS, dy * x)
    np.testing.assert_allclose(layer.embeddings.grad, expected, rtol=1e-14)


def test_a_projection_head_of_one_class_with_no_embedding_is_dense():
    head, x, rng = made(ProjectionHead(1), (3, 5))
    dense, _, _ = made(Dense(1), (3, 5))
    head.embeddings.data[...] = 0
    dense.kernel.data[...], dense.bias.data[...], head.bias.data[...] = head.kernel.data, 0.7, 0.7
    dy = rng.standard_normal((3, 1))
    (y, cache), (expected, dense_cache) = head.forward(x, Context(labels=np.zeros(3, int))), dense.forward(x)
    np.testing.assert_allclose(y, expected, rtol=1e-14)
    np.testing.assert_allclose(head.backward(dy, cache), dense.backward(dy, dense_cache), rtol=1e-14)
    for name in ("kernel", "bias"):
        np.testing.assert_allclose(head.parameters[name].grad, dense.parameters[name].grad, rtol=1e-14)


def test_projection_wants_vectors():
    with pytest.raises(ShapeError, match=r"ProjectionHead 'head': expected vectors \(D\), got .* \(4, 4, 2\)"):
        ProjectionHead(3, name="head").build((4, 4, 2))


@pytest.mark.parametrize(
    ("labels", "error", "came"),
    [
        (None, ConfigError, "got none"),
        (np.array([0, 1, 4, 2]), DataError, "got 4"),
        (np.array([0, -1, 3, 2]), DataError, "got -1"),
        (np.array([0, 1, 2]), ShapeError, r"got an array of shape \(3,\)"),
        (np.eye(4, dtype=int), ShapeError, r"got an array of shape \(4, 4\)"),
        (np.array([0.0, 1.0, 2.0, 3.0]), DtypeError, "got float64"),
    ],
    ids=["none", "too-large", "negative", "too-few", "one-hot", "floating"],
)
@pytest.mark.parametrize("make", [lambda: ConcatenateLabels(4, 2, name="mine"), lambda: ProjectionHead(4, name="mine")])
def test_labels_that_are_no_classes_are_refused_with_layer_classes_and_what_came(make, labels, error, came):
    layer, x, _ = made(make(), (4, 5))
    expected = rf"'mine': expected labels \(4,\) from 0 to 3 in Context\(labels=...\), {came}$"
    with pytest.raises(error, match=expected) as caught:
        layer.forward(x, Context(labels=labels))
    assert isinstance(caught.value, MiniganError)


def test_a_network_draws_the_classes_it_is_given_in_batches_too():
    network = Sequential([ConcatenateLabels(4, 3), Dense(2, activation="tanh"), ProjectionHead(4)])
    network.build((5,), dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((4, 5))
    whole = network.predict(x, labels=LABELS)
    np.testing.assert_allclose(network.predict(x, batch_size=3, labels=LABELS), whole, rtol=1e-12)
    assert not np.allclose(network.predict(x, labels=LABELS[::-1].copy()), whole)
    with pytest.raises(ConfigError, match="ConcatenateLabels 'concatenate_labels': expected labels"):
        network.predict(x)
