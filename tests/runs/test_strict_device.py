"""Runs, weights, metrics and moves between host and device, on the strict device."""

import csv
from pathlib import Path

import numpy as np
import pytest

from minigan import Sequential, backend, data, kernels, layers, metrics, models, optimizers, plots
from minigan.backend import asnumpy
from minigan.errors import BackendError, NonFiniteError, StaleCacheError
from minigan.io.atomic_write import load_arrays
from minigan.layers import Context
from minigan.models.gan2014_initial import bias_from_marginals
from minigan.runs import TrainConfig, evaluate, load_run, train_run
from minigan.runs.epoch_metrics import EpochMetrics
from minigan.runs.sample import sample_run
from minigan.training import Notice
from minigan.training.averaging import MovingAverage
from tests.devices.strict import DeviceArray, installed, rounds_that_read_nothing, strict_backend, to_device

TINY = {"image_size": 8, "latent_size": 5, "generator_filters": (4, 4), "discriminator_filters": (4, 4, 4)}


@pytest.fixture
def images(tmp_path) -> Path:
    rng = np.random.default_rng(0)
    path = tmp_path / "tiny.npz"
    np.savez(path, images=rng.integers(0, 256, (40, 8, 8), dtype=np.uint8), labels=rng.integers(0, 3, 40))
    return path


@pytest.fixture
def no_curves(monkeypatch) -> None:
    """Leave the curves unpainted: they take most of a tiny run's time."""
    monkeypatch.setattr(plots, "save_losses", lambda path, *_: Path(path).touch())


def run(folder: Path, images: Path, where: str, **settings) -> list:
    """A run's events."""
    told = []
    config = TrainConfig(**{"data": str(images), **TINY, "batch_size": 8, "epochs": 2, "threads": 1, **settings})
    with kernels.using("reference"):
        if where == "cupy":
            with strict_backend(), rounds_that_read_nothing():
                train_run(config, folder, told.append)
        else:
            train_run(config, folder, told.append)
    return told


def table(path: Path, leave_out: int = 0) -> list[list[str]]:
    with open(path) as file:
        return [row[: len(row) - leave_out] for row in csv.reader(file)]


# Runs


@pytest.mark.parametrize("settings", [{}, {"average": 0.9, "conditional": True, "d_steps": 2, "epochs": 3}])
def test_a_run_s_folder_is_that_of_the_host(tmp_path, images, no_curves, settings):
    told = {where: run(tmp_path / where, images, where, **settings) for where in ("numpy", "cupy")}
    host, device = tmp_path / "numpy", tmp_path / "cupy"
    assert {path.relative_to(host) for path in host.rglob("*")} == {
        path.relative_to(device) for path in device.rglob("*")
    }
    assert table(device / "metrics.csv", 2) == table(host / "metrics.csv", 2)
    assert table(device / "gradients.csv") == table(host / "gradients.csv")
    assert table(device / "notices.csv") == table(host / "notices.csv")
    for path in [*host.glob("*.npz"), *host.rglob("*.png"), *host.glob("*.gif")]:
        assert (device / path.relative_to(host)).read_bytes() == path.read_bytes(), path.name
    assert 'backend = "cupy"' in (device / "config.toml").read_text()
    # The events come in another rhythm, but in the same order, those of the files included.
    assert [type(event) for event in told["cupy"]] == [type(event) for event in told["numpy"]]


def test_a_converged_run_stops_at_its_last_reported_event(tmp_path, images, no_curves, monkeypatch):
    monkeypatch.setattr("minigan.training.gpu.deferred_events.BLOCK", 4)
    monkeypatch.setattr(
        "minigan.training.monitor.monitor.Monitor.converged", property(lambda self: self.statistics.steps >= 2)
    )
    run(tmp_path / "run", images, "cupy", epochs=None, steps=100, stop_when_converged=True)
    assert [row[1] for row in table(tmp_path / "run" / "metrics.csv")] == ["step", "1", "2", "3", "4"]
    assert (tmp_path / "run" / "samples" / "step-000004.png").is_file()


def test_a_run_that_fails_keeps_its_last_good_weights_and_the_rows_before(tmp_path, images, no_curves):
    with pytest.raises(NonFiniteError, match=r"^step \d+: .*; it came from the "):
        run(tmp_path / "run", images, "cupy", learning_rate=1e30)
    for name in ("generator", "discriminator"):
        for values in load_arrays(tmp_path / "run" / f"{name}.npz").values():
            assert np.isfinite(values).all()
    load_run(tmp_path / "run")


def test_weights_of_the_device_are_loaded_on_the_host_and_back(tmp_path, images, no_curves):
    run(tmp_path / "run", images, "cupy", average=0.9)
    _, on_host = load_run(tmp_path / "run")
    with strict_backend():
        _, on_device = load_run(tmp_path / "run")
        assert type(on_device.generator.flat_data) is DeviceArray
        state = on_device.generator.state_dict()
        sample_run(tmp_path / "run", tmp_path / "device.png")
    for name, values in on_host.generator.state_dict().items():
        np.testing.assert_array_equal(state[name], values)
    with kernels.using("reference"):
        sample_run(tmp_path / "run", tmp_path / "host.png")
    assert (tmp_path / "device.png").read_bytes() == (tmp_path / "host.png").read_bytes()


# Metrics


@pytest.mark.parametrize("model", [pytest.param("mlp1d", marks=pytest.mark.slow), "mlp2d"])
def test_points_are_measured_and_drawn_on_the_device_as_on_the_host(tmp_path, model, monkeypatch, no_curves):
    monkeypatch.setattr(plots, "save_film", lambda path, frames, most: None)
    name = {"mlp1d": "gaussian", "mlp2d": "ring"}[model]
    config = TrainConfig.recommended(model=model, data=name, steps=3, batch_size=16, threads=1)
    for where in ("numpy", "cupy"):
        with kernels.using("reference"):
            if where == "cupy":
                with strict_backend():
                    train_run(config, tmp_path / where)
                    result = evaluate(tmp_path / where, count=100)
            else:
                train_run(config, tmp_path / where)
                expected = evaluate(tmp_path / where, count=100)
    assert result["metrics"] == expected["metrics"]
    pictures = [path.relative_to(tmp_path / "numpy") for path in (tmp_path / "numpy").rglob("samples/*.png")]
    assert pictures
    for path in pictures:
        assert (tmp_path / "cupy" / path).read_bytes() == (tmp_path / "numpy" / path).read_bytes()


def test_digits_are_measured_on_the_device_as_on_the_host(monkeypatch):
    monkeypatch.setattr("minigan.runs.epoch_metrics.COUNT", 100)

    def figures() -> dict[str, float]:
        gan = models.build("dcgan28", generator_filters=(4, 4), discriminator_filters=(4, 4, 4))
        return EpochMetrics(gan, data.load("digits"), "uniform")(gan.generator)

    with kernels.using("reference"):
        expected = figures()
    metrics.classifier._shipped.cache_clear()
    try:
        with strict_backend():
            assert figures() == expected
    finally:
        metrics.classifier._shipped.cache_clear()  # it holds arrays of this test's device


def test_the_2014_models_begin_with_the_mean_image_on_the_device_too():
    def weights() -> np.ndarray:
        gan = models.build("gan2014-mnist")
        bias_from_marginals(gan, np.linspace(0, 1, 784).reshape(28, 28, 1))
        return asnumpy(gan.generator.flat_data)

    expected = weights()
    with strict_backend():
        np.testing.assert_allclose(weights(), expected, rtol=1e-6)


# Moves


def network(dtype: type = np.float32) -> Sequential:
    model = Sequential(
        [
            layers.Conv2D(3, 3, padding="same"),
            layers.BatchNorm(),
            layers.LeakyReLU(),
            layers.Flatten(),
            layers.SpectralNormalization(layers.Dense(2)),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.build((4, 4, 1), dtype=dtype)
    return model


def test_a_network_moves_with_its_values_its_gradients_and_its_buffers():
    with installed(), kernels.using("reference"):
        model = network()
        x = np.random.default_rng(0).standard_normal((2, 4, 4, 1)).astype(np.float32)
        y, caches = model.forward(x, Context(training=True))
        model.backward(np.ones_like(y), caches)
        state, grad = model.state_dict(), model.flat_grad.copy()
        kept, logits = model.flat_data, model.logits
        assert model.to("cupy") is model
        assert model.flat_data is not kept
        np.testing.assert_array_equal(model.flat_grad.get(), grad)
        for name, values in model.state_dict().items():
            np.testing.assert_array_equal(values, state[name])
        assert {type(p.data) for p in model.parameters().values()} == {DeviceArray}
        model.flat_data[...] = 3
        model.zero_grads()
        for parameter in model.parameters().values():
            if parameter.trainable:
                assert (parameter.data.get() == 3).all()
                assert (parameter.grad.get() == 0).all()
        assert model.logits is not logits
        assert model.logits.flat_grad is model.flat_grad
        with pytest.raises(StaleCacheError):
            model[-1].backward(
                to_device(np.ones((2, 1), np.float32)),
                caches[-1]._replace(stamp=caches[-1].stamp._replace(backend="cupy")),
            )
        model.load_state_dict(state)
        on_device = model.predict(to_device(x)).get()
        np.testing.assert_array_equal(model.to("numpy").predict(x), on_device)
        kept = model.flat_data
        assert model.to("numpy").flat_data is kept, "it is there already"


def test_a_gan_its_optimizers_and_its_average_go_on_where_they_were():
    from tests.training.gpu.test_strict_trainer import assert_same, make, outcome

    with kernels.using("reference"):
        whole, moved = make(average=0.9), make(average=0.9)
        expected = outcome(whole, 4)
        first = outcome(moved, 2)
    with strict_backend():
        device = make(average=0.9)
        device.gan, device.step, device.average = moved.gan.to("cupy"), moved.step, moved.average.to("cupy")
        device.g_optimizer, device.d_optimizer = moved.g_optimizer.to("cupy"), moved.d_optimizer.to("cupy")
        for name in ("noise_stream", "dropout_stream", "label_stream"):
            getattr(device, name).state = getattr(moved, name).state
        device.batches.state = moved.batches.state
        second = outcome(device, 2)
    steps = [event for event in first[0] + second[0] if hasattr(event, "d_loss")]
    assert [event.d_loss for event in steps] == [event.d_loss for event in expected[0] if hasattr(event, "d_loss")]
    assert_same(([], second[1]), ([], expected[1]))


def test_arrays_move_by_name_and_stay_where_they_are():
    host = np.ones(3, np.float32)
    assert backend.to(host, "numpy") is host
    with installed():
        device = backend.to(host, "cupy")
        assert type(device) is DeviceArray
        assert backend.to(device, "cupy") is device
        np.testing.assert_array_equal(backend.to(device, "numpy"), host)
        np.testing.assert_array_equal(backend.asarray(device), host, "the active backend is numpy")
        with pytest.raises(BackendError, match="unknown backend 'auto': expected numpy or cupy"):
            backend.to(host, "auto")


@pytest.mark.parametrize(
    ("mix", "message"),
    [
        (
            lambda model, x: model.forward(x),
            r"^Conv2D 'conv2d': expected x on cupy, got an array on numpy: move it .*backend.to\(x, 'cupy'\)",
        ),
        (
            lambda model, x: model.backward(np.ones((2, 1), np.float32), model.forward(to_device(x))[1]),
            "^Dense 'dense_1': expected dy on cupy, got an array on numpy",
        ),
        (
            lambda model, x: model[2].backward(*mixed(model[2])),
            "^LeakyReLU 'leaky_re_lu': expected dy on cupy, got an array on numpy",
        ),
        (
            lambda model, x: model.tangent(x, model.forward(to_device(x))[1]),
            "^Conv2D 'conv2d': expected x_dot on cupy, got an array on numpy",
        ),
    ],
)
def test_host_and_device_in_one_call_are_refused_with_both_names(mix, message):
    with strict_backend():
        model, x = network(), np.zeros((2, 4, 4, 1), np.float32)
        with pytest.raises(BackendError, match=message):
            mix(model, x)
    model = network()
    with installed(), pytest.raises(BackendError, match=r"expected x on numpy, got an array on cupy: .*'cupy'"):
        model.forward(to_device(x))


def mixed(layer: layers.Layer) -> tuple:
    y, cache = layer.forward(to_device(np.ones((1, 4, 4, 3), np.float32)))
    return np.ones(y.shape, np.float32), cache


def test_labels_and_optimizers_that_stayed_behind_are_refused():
    with installed(), kernels.using("reference"):
        layer = layers.ConcatenateLabels(3, 2)
        layer.build((4,))
        layer.to("cupy")
        with pytest.raises(BackendError, match="expected labels on cupy, got an array on numpy"):
            layer.forward(to_device(np.ones((2, 4), np.float32)), Context(labels=np.array([0, 1])))
        model, rule = network(), optimizers.Adam()
        rule.step(model)
        with pytest.raises(BackendError, match="Adam: expected slots on cupy, got an array on numpy"):
            rule.step(model.to("cupy"))
        rule.to("cupy").step(model)


def test_an_average_moves_with_its_network():
    with installed(), kernels.using("reference"):
        model = network()
        average = MovingAverage(model, 0.5)
        assert average.to("cupy").updates == 0
        average.to("numpy").update()
        model.to("cupy")
        average.to("cupy").update()
        assert type(average.values) is DeviceArray


def test_a_run_with_auto_says_that_it_fell_back(monkeypatch, tmp_path, images, no_curves, caplog):
    monkeypatch.setattr(backend, "_warned", set())
    monkeypatch.setattr(backend, "_active", None)
    monkeypatch.setitem(__import__("sys").modules, "cupy", None)
    run(tmp_path / "run", images, "numpy", backend="auto", epochs=None, steps=1)
    assert [record.message for record in caplog.records] == [
        "backend 'auto' takes numpy: backend 'cupy' needs CuPy, which is not installed: pip install cupy-cuda12x "
        "(or cupy-cuda13x), or use backend 'numpy'"
    ]
    assert Notice  # the course of the run has nothing to say of it
