"""Sequential: names, building, running, parameters, summary."""

import numpy as np
import pytest

from minigan import kernels
from minigan.errors import CheckpointError, ConfigError, NotBuiltError, ShapeError, StaleCacheError
from minigan.layers import (
    BatchNorm,
    Context,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    Maxout,
    Sigmoid,
    SpectralNormalization,
    UpSampling2D,
)
from minigan.layers.base import INFERENCE
from minigan.model.sequential import Sequential
from minigan.optimizers import SGD
from minigan.random import Stream


def small(dtype: type = np.float64, last=lambda: Dense(1, activation="sigmoid")) -> Sequential:
    model = Sequential(
        [Conv2D(3, 3, 2, "same"), BatchNorm(), LeakyReLU(0.2), Conv2D(2, 3), Dropout(0.3), Flatten(), last()], "small"
    )
    model.build((8, 7, 2), seed=3, dtype=dtype)
    return model


def images(dtype: type = np.float64, n: int = 3) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((n, 8, 7, 2)).astype(dtype)


def test_equal_names_are_numbered():
    assert [layer.name for layer in small()] == [
        "conv2d", "batch_norm", "leaky_re_lu", "conv2d_1", "dropout", "flatten", "dense",
    ]  # fmt: skip


def test_given_names_are_kept_and_avoided():
    model = Sequential([Dense(2, name="dense_1"), Dense(2), Dense(2), Dense(2, name="head")])
    assert [layer.name for layer in model] == ["dense_1", "dense", "dense_2", "head"]


def test_layers_by_place_and_by_name():
    model = small()
    assert len(model) == 7
    assert model[0] is model["conv2d"]
    assert model[-1] is model["dense"]
    with pytest.raises(KeyError, match="has no layer 'conv'"):
        model["conv"]


def test_a_layer_twice_or_a_name_twice_is_refused():
    layer = Dense(2)
    with pytest.raises(ConfigError, match="stands twice"):
        Sequential([layer, layer])
    with pytest.raises(ConfigError, match="same name"):
        Sequential([Dense(2, name="a"), Dense(2, name="a")])
    with pytest.raises(ConfigError, match="expected layers"):
        Sequential([Dense(2), "relu"])


def test_build_infers_shapes_without_running_data():
    model = Sequential([Conv2D(3, 3, 2, "same"), Flatten(), Dense(5)])
    assert model.build((9, 9, 1)) == (5,)
    assert [layer.output_shape for layer in model] == [(5, 5, 3), (75,), (5,)]
    with pytest.raises(ShapeError, match="Conv2D 'conv2d': expected images"):
        model.build((9, 9))


def test_one_seed_one_network_and_names_not_places_decide():
    first, second = small(), small()
    np.testing.assert_array_equal(first.flat_data, second.flat_data)
    second.build((8, 7, 2), seed=4, dtype=np.float64)
    assert np.any(first.flat_data != second.flat_data)
    longer = Sequential([Conv2D(3, 3, 2, "same"), LeakyReLU(0.1), Dense(4)], "small")
    longer.build((8, 7, 2), seed=3, dtype=np.float64)
    np.testing.assert_array_equal(longer["conv2d"].kernel.data, first["conv2d"].kernel.data)


@pytest.mark.parametrize("training", [True, False])
def test_backward_by_the_checker_for_input_and_all_parameters(training, gradcheck):
    model = small()
    report = gradcheck(model, images(), training=training, mode="directional")
    names = [name for name, parameter in model.parameters().items() if parameter.trainable]
    rows = [row for row in report if row.mode.startswith("differences")]
    assert [row.quantity for row in rows] == ["x", *names]


class Noted(Layer):
    """Somebody's own layer, which counts its backwards."""

    backwards = 0

    def forward(self, x, ctx=INFERENCE):
        return x, None

    def backward(self, dy, cache, param_grads=True):
        self.backwards += 1
        return dy


def heads() -> dict[str, list[Layer]]:
    """Layers with which a network may begin."""
    return {
        "Conv2D": [Conv2D(3, 3, activation="relu")],
        "upsampling": [UpSampling2D(), Conv2D(3, 3, padding="same")],
        "Dense": [Dense(3)],
        "Maxout": [Flatten(), Maxout(4, 2)],
        "BatchNorm": [BatchNorm(), LeakyReLU()],
        "no parameters": [],
    }


@pytest.mark.parametrize("fuse", [True, False])
@pytest.mark.parametrize("head", heads())
def test_without_the_inputs_gradient_those_of_the_parameters_are_the_same_bits(head, fuse):
    first, between = Noted(), Noted()
    model = Sequential([first, *heads()[head], between, Flatten(), Dense(2, "tanh"), Dense(1)], fuse=fuse)
    model.build((8, 7, 2), seed=0)
    y, caches = model.forward(images(np.float32))
    assert model.backward(np.ones_like(y), caches) is not None
    expected = model.flat_grad.copy()
    model.zero_grads()
    first.backwards = between.backwards = 0
    assert model.backward(np.ones_like(y), caches, input_grad=False) is None
    np.testing.assert_array_equal(model.flat_grad, expected)
    # What comes before the first parameters does not run.
    assert (first.backwards, between.backwards) == (0, bool(heads()[head]))


@pytest.mark.parametrize("layers", [[Conv2D(3, 3)], [Dense(3, "tanh")], [Flatten(), Maxout(4, 2)]])
def test_the_first_weights_do_not_compute_a_gradient_that_nobody_reads(layers, monkeypatch):
    model = Sequential(layers, fuse=True)
    model.build((8, 7, 2), seed=0)
    y, caches = model.forward(images(np.float32))
    asked = []
    affine_grads = kernels.affine_grads
    monkeypatch.setattr(kernels, "affine_grads", lambda *given: asked.append(given[-1]) or affine_grads(*given))
    for input_grad in (True, False):
        model.backward(np.ones_like(y), caches, input_grad=input_grad)
    assert asked == [True, False]


def test_a_backward_without_any_gradient_runs_nothing():
    model = Sequential([layer := Noted()])
    model.build((2,), seed=0)
    y, caches = model.forward(np.ones((3, 2), np.float32))
    assert model.backward(y, caches, input_grad=False) is None
    assert not layer.backwards


def test_parameters_are_views_of_the_flat_buffers():
    model = small()
    trainable = [p for p in model.parameters().values() if p.trainable]
    assert sum(p.data.size for p in trainable) == model.flat_data.size == model.flat_grad.size
    model.flat_data[...] = 5
    model.flat_grad[...] = 6
    assert all((p.data == 5).all() and (p.grad == 6).all() for p in trainable)


@pytest.mark.parametrize("last", [lambda: Dense(1, activation="sigmoid"), Sigmoid])
def test_logits_are_the_network_without_its_last_sigmoid(last):
    model, x = small(last=last), images()
    z, _ = model.logits.forward(x)
    np.testing.assert_allclose(1 / (1 + np.exp(-z)), model.forward(x)[0], rtol=1e-12)


def test_logits_share_parameters_gradients_and_versions():
    model, x = small(), images()
    z, caches = model.logits.forward(x)
    model.logits.backward(np.ones_like(z), caches)
    assert model.flat_grad.any()
    SGD(0.1).step(model)
    with pytest.raises(StaleCacheError):
        model.logits.backward(np.ones_like(z), caches)


def test_logits_of_a_network_without_a_sigmoid_are_its_output():
    model, x = small(last=lambda: Dense(1)), images()
    np.testing.assert_array_equal(model.logits.forward(x)[0], model.forward(x)[0])


def test_predict_in_batches_is_one_forward_at_inference():
    model, x = small(), images(n=5)
    np.testing.assert_allclose(model.predict(x, batch_size=2), model.forward(x)[0], rtol=1e-12)
    assert model.predict(x[:0]).shape == (0, 1)


def test_walk_gives_every_layer_its_output_and_cache():
    model, x = small(), images()
    steps = list(model.walk(x))
    y, caches = model.forward(x)
    assert [layer for layer, _, _ in steps] == list(model)
    np.testing.assert_allclose(steps[-1][1], y, rtol=1e-12)
    assert len(caches) == len(model.steps)


def test_state_dict_round_trip():
    model, other = small(np.float32), small(np.float32)
    model.forward(images(np.float32), Context(training=True, rng=Stream(0)))
    model.flat_data += 1
    state = model.state_dict()
    other.load_state_dict(state)
    assert list(state) == list(other.parameters())
    for name, values in other.state_dict().items():
        np.testing.assert_array_equal(values, state[name])
    state["dense.bias"][...] = 99
    assert (other["dense"].bias.data != 99).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("dense.bias"), "missing dense.bias; unknown none"),
        (lambda state: state.update(extra=np.zeros(1)), "missing none; unknown extra"),
        (lambda state: state.update({"dense.bias": np.zeros(2, "f4")}), "expected dense.bias (1,) float32, got (2,)"),
        (lambda state: state.update({"dense.bias": np.zeros(1)}), "got (1,) float64"),
    ],
)
def test_state_that_does_not_fit_is_refused_and_nothing_changes(change, message):
    model = small(np.float32)
    state = {name: values + 1 for name, values in model.state_dict().items()}
    change(state)
    with pytest.raises(CheckpointError) as caught:
        model.load_state_dict(state)
    assert message in str(caught.value)
    np.testing.assert_array_equal(model.flat_data, small(np.float32).flat_data)


def test_loading_makes_earlier_caches_stale():
    model, x = small(), images()
    y, caches = model.forward(x)
    model.load_state_dict(model.state_dict())
    with pytest.raises(StaleCacheError):
        model.backward(y, caches)


def test_use_before_build_is_refused():
    with pytest.raises(NotBuiltError, match="build"):
        Sequential([Dense(1)]).forward(np.zeros((1, 1), np.float32))


def test_summary_has_keras_columns_and_totals(capsys):
    small(np.float32).summary()
    out = capsys.readouterr().out
    for text in ("Layer (type)", "Output Shape", "Param #", "conv2d_1 (Conv2D)", "(None, 4, 4, 3)"):
        assert text in out
    # 57 + 12 + 56 + 9; the moving averages are 6 of them.
    assert " Total params: 134 (536.00 B)" in out
    assert " Trainable params: 128 (512.00 B)" in out
    assert " Non-trainable params: 6 (24.00 B)" in out


def test_repr_shows_the_layers_and_their_shapes():
    text = repr(small())
    assert text.startswith("<Sequential 'small' of 7 layers:")
    assert "<Conv2D 'conv2d': (8, 7, 2) -> (4, 4, 3)>" in text


def test_the_logits_of_a_normalised_last_layer_are_logits():
    model = Sequential([SpectralNormalization(Dense(1, activation="sigmoid"))])
    model.build((3,))
    x = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    p, z = model.predict(x), model.logits.predict(x)
    np.testing.assert_allclose(p, 1 / (1 + np.exp(-z)), rtol=1e-6)
