"""Runs built from other settings: conditional, averaged, of points, with metrics, penalties and schedules."""

import csv
import inspect
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigan import losses, models
from minigan.errors import ConfigError, DataError
from minigan.io.atomic_write import load_arrays
from minigan.runs import TrainConfig, build, load_run, train_run
from minigan.runs.sample import sample_run
from minigan.runs.tables import read_gradients, read_metrics
from minigan.training import Diversity, Evaluated, Notice
from minigan.training.monitor.monitor import Monitor
from minigan.training.sample_grid import mean_distance

SMALL = {"generator_filters": (4, 4), "discriminator_filters": (4, 4), "threads": 1, "steps": 2, "batch_size": 8}


@pytest.fixture(autouse=True)
def _unpainted(no_curves):
    pass


def of_points(**settings) -> TrainConfig:
    given = {"model": "mlp2d", "data": "ring", "steps": 3, "batch_size": 16, "threads": 1, **settings}
    return TrainConfig.recommended(**given)


# Classes


def test_a_conditional_run_draws_what_is_asked_for(tmp_path):
    assert train_run(TrainConfig(conditional=True, **SMALL), tmp_path / "run")
    config, gan = load_run(tmp_path / "run")
    assert (config.classes, gan.classes) == (10, 10)
    assert config.conditioning == models.CONDITIONINGS[0]
    with Image.open(tmp_path / "run" / "samples" / "start.png") as picture:
        assert picture.height > picture.width  # ten rows of eight, a class a row
    pictures = {}
    for label in (None, 3, 4):
        path = sample_run(tmp_path / "run", tmp_path / f"{label}.png", count=8, label=label)
        pictures[label] = path.read_bytes()
    assert len(set(pictures.values())) == 3
    for label, message in ((10, "expected a class from 0 to 9, got 10"), (-1, "got -1")):
        with pytest.raises(ConfigError, match=message):
            sample_run(tmp_path / "run", tmp_path / "none.png", label=label)


def test_a_class_of_a_run_without_classes_is_refused(tmp_path):
    train_run(TrainConfig(**SMALL), tmp_path / "run")
    with pytest.raises(ConfigError, match="expected no class, got 3: --class needs a run trained with --conditional"):
        sample_run(tmp_path / "run", tmp_path / "none.png", label=3)


def test_conditions_need_labels(make_config, tmp_path):
    with pytest.raises(
        DataError,
        match=r"--conditional needs labels, and .* has none: expected --labels FILE.npy with a label for each",
    ):
        train_run(make_config(conditional=True), tmp_path / "run")
    assert not (tmp_path / "run").exists()


# Averages


def test_a_run_with_an_average_keeps_it_and_samples_by_it(make_config, tmp_path):
    train_run(make_config(average=0.9, steps=4), tmp_path / "run")
    own, average = (load_arrays(tmp_path / "run" / f"{name}.npz") for name in ("generator", "average"))
    assert any(np.any(own[name] != average[name]) for name in own)
    _, gan = load_run(tmp_path / "run")
    for name, values in gan.generator.state_dict().items():
        np.testing.assert_array_equal(values, average[name])


# Points


def test_a_run_of_points_is_drawn_and_measured(tmp_path):
    events = []
    assert train_run(of_points(steps=None, epochs=1, batch_size=2048, metrics=True), tmp_path / "run", events.append)
    names = sorted(path.name for path in (tmp_path / "run" / "samples").iterdir())
    assert names == ["epoch-0001.png", "start.png"]
    (measured,) = (event for event in events if isinstance(event, Evaluated))
    with open(tmp_path / "run" / "evaluation.csv", newline="") as file:
        (row,) = csv.DictReader(file)
    assert set(measured.metrics) == {"modes_found", "good_share"} == set(row) - {"epoch", "step"}
    for name, value in measured.metrics.items():
        assert float(row[name]) == pytest.approx(value, rel=1e-8)
    (diversity,) = (event for event in events if isinstance(event, Diversity))
    assert diversity.real == pytest.approx(1.27, abs=0.1)  # two points of a circle of radius 1: 4 / pi


@pytest.mark.parametrize("penalty", ["wgan-gp", "r1", "dragan"])
def test_a_penalty_on_a_model_that_mixes_examples_names_the_model_that_does_not(penalty, make_config, tmp_path):
    with pytest.raises(ConfigError, match="use LayerNorm, or nothing, in its place, as --model wgan-gp28 does"):
        train_run(make_config(penalty=penalty, loss="wasserstein"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"data": "ring"}, "dcgan28 makes grey images of 28x28, and ring has points of 2 coordinates: --model mlp2d"),
        ({"data": "gaussian"}, "gaussian has points of 1 coordinate: --model mlp1d makes such points"),
        ({"model": "mlp2d"}, "mlp2d makes points of 2 coordinates, and digits has grey images of 28x28: --data ring"),
        (
            {"model": "mlp1d"},
            "points of 1 coordinate, .*: --data gaussian for this model, or --model dcgan28",
        ),
        ({"model": "mlp1d", "data": "ring"}, "and ring has points of 2 coordinates: --model mlp2d makes such points"),
        ({"data": "stacked-digits"}, "stacked-digits has RGB images of 28x28: --channels 3"),
        ({"data": "wide.npy"}, r"wide.npy has grey images of 28x56 \(height x width\): --image-size 28x56"),
        ({"data": "colour.npy"}, "colour.npy has RGB images of 32x32: --image-size 32 --channels 3"),
        (
            {"data": "odd.npy"},
            "odd.npy has grey images of 30x30: its 2 --generator-filters need sides that are",
        ),
        ({"model": "gan2014-mnist", "data": "colour.npy"}, "--model dcgan28 --image-size 32 --channels 3 makes such"),
        ({"model": "dcgan64", "data": "digits"}, "its 4 --generator-filters need sides that are multiples of 16"),
    ],
)
def test_data_that_a_model_cannot_make_are_refused_with_what_to_choose(settings, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, shape in (("wide", (28, 56)), ("colour", (32, 32, 3)), ("odd", (30, 30))):
        np.save(f"{name}.npy", np.zeros((20, *shape), np.uint8))
    small = {"generator_filters": (4,) * 4, "discriminator_filters": (4,) * 4} if "dcgan64" in settings.values() else {}
    with pytest.raises(DataError, match=words):
        train_run(TrainConfig.recommended(**{**settings, **small, "steps": 1}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_what_cannot_be_measured_while_it_trains_is_refused(make_config, tmp_path):
    with pytest.raises(ConfigError, match="metrics: expected digits of 28x28x1 or points around known modes"):
        train_run(make_config(metrics=True), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_distance_is_the_mean_over_all_pairs():
    points = np.random.default_rng(0).standard_normal((7, 3, 2))
    pairs = [np.linalg.norm(a - b) for i, a in enumerate(points) for b in points[:i]]
    assert mean_distance(points) == pytest.approx(np.mean(pairs), rel=1e-12)
    assert mean_distance(points[:1]) == 0


# The course


def test_gradients_are_written_layer_by_layer(make_config, tmp_path):
    train_run(make_config(steps=3), tmp_path / "run")
    norms, metrics = read_gradients(tmp_path / "run" / "gradients.csv"), read_metrics(tmp_path / "run" / "metrics.csv")
    np.testing.assert_array_equal(norms.pop("step"), [1, 2, 3])
    assert {"generator/dense", "discriminator/conv2d_1"} <= norms.keys()
    for network, name in (("generator", "g_grad_norm"), ("discriminator", "d_grad_norm")):
        squares = sum(values**2 for layer, values in norms.items() if layer.startswith(network))
        np.testing.assert_allclose(np.sqrt(squares), metrics[name], rtol=1e-5)


def test_notices_are_reported_and_written_to_their_table(make_config, tmp_path, monkeypatch):
    said = Notice(2, "a kind", "Something, and what to do.")
    monkeypatch.setattr(Monitor, "__call__", lambda self, event: [said] if getattr(event, "step", 0) == 2 else [])
    events = []
    train_run(make_config(steps=3), tmp_path / "run", events.append)
    assert events.count(said) == 1
    with open(tmp_path / "run" / "notices.csv", newline="") as file:
        assert list(csv.reader(file)) == [["step", "kind", "text"], ["2", said.kind, said.text]]


@pytest.mark.parametrize("asked", [True, False])
def test_a_run_ends_where_it_has_converged_if_asked_to(make_config, tmp_path, monkeypatch, asked):
    monkeypatch.setattr(Monitor, "converged", property(lambda self: True))
    assert train_run(make_config(steps=4, stop_when_converged=asked), tmp_path / "run")
    assert len(read_metrics(tmp_path / "run" / "metrics.csv")["step"]) == (1 if asked else 4)


# Settings become parts


def test_schedules_are_followed_step_by_step(make_config, dataset):
    config = make_config(learning_rate="0.1 -> 0.3 over 2", d_learning_rate=0.5, momentum="0.5 -> 0.9 over 4")
    trainer = build.make_trainer(config, models.build("dcgan28", 0, **config.model_options()), dataset)
    seen = []
    for _ in trainer.train(steps=3):
        g, d = trainer.g_optimizer, trainer.d_optimizer
        seen.append((g.learning_rate, d.learning_rate, g.beta_1))
    np.testing.assert_allclose(seen, [(0.1, 0.5, 0.5), (0.2, 0.5, 0.6), (0.3, 0.5, 0.7)])


def test_adam_s_beta_2_reaches_it_and_no_other_rule_has_one(make_config):
    rates = build.Rates(make_config(beta_2=0.9))
    assert [optimizer.beta_2 for optimizer in rates.optimizers] == [0.9, 0.9]
    assert [optimizer.beta_2 for optimizer in build.Rates(make_config()).optimizers] == [0.999, 0.999]
    with pytest.raises(ConfigError, match="beta_2: expected the optimizer adam with it, got sgd"):
        build.Rates(make_config(beta_2=0.9, optimizer="sgd"))


def test_settings_of_the_game_reach_it(make_config, dataset):
    config = make_config(
        loss="wasserstein", clip=0.5, instance_noise=0.2, label_flips=0.1, steps=7, penalty=None, optimizer="sgd"
    )
    assert isinstance(build.make_loss(config), losses.NoisyLabels)
    options = build.make_options(config, dataset)
    assert (options.instance_noise.stddev, options.instance_noise.steps, options.penalty) == (0.2, 7, None)
    gan = models.build("dcgan28", 0, **config.model_options())
    options.d_constraint(gan.discriminator)
    assert abs(gan.discriminator.flat_data).max() <= 0.5
    assert options.g_constraint is None
    for bounded in build.make_options(make_config(max_norm=0.5), dataset)[2:]:
        before = gan.generator.flat_data.copy()
        bounded(gan.generator)
        assert (gan.generator.flat_data != before).any()
        gan.generator.flat_data[...] = before
    penalised = build.make_options(make_config(penalty="r1", penalty_weight=3.0), dataset)
    assert penalised.penalty.weight == 3


def test_two_bounds_are_one_too_many(make_config, dataset):
    with pytest.raises(ConfigError, match=r"expected clip or max_norm, got both: 0\.1 and 2\.0"):
        build.make_options(make_config(clip=0.1, max_norm=2.0), dataset)


def test_a_weight_without_a_penalty_is_refused(make_config, tmp_path):
    with pytest.raises(ConfigError, match=r"penalty_weight: expected a penalty with it, got 3\.0 alone"):
        train_run(make_config(penalty_weight=3.0), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_given_settings_override_those_recommended_for_a_model():
    config = TrainConfig.recommended(model="gan2014-mnist", batch_size=7)
    assert (config.updates, config.optimizer, config.batch_size) == ("simultaneous", "momentum", 7)
    for name in models.MODELS:
        settings = TrainConfig.recommended(model=name).resolved()
        # By the signature: to build those of 2014 takes seconds.
        default = inspect.signature(models.MODELS[name]).parameters["latent_size"].default
        assert settings.model_options().get("latent_size", default) == settings.latent_size == default


def test_the_folder_is_made_only_when_all_fits(tmp_path):
    with pytest.raises(ConfigError):
        train_run(TrainConfig(loss="hinge", label_smoothing=0.1, **SMALL), tmp_path / "run")
    assert not Path(tmp_path / "run").exists()


def test_the_generators_of_2014_begin_with_the_mean_image(tmp_path):
    pixels = np.full((16, 28, 28), 51, np.uint8)
    pixels[:, 5, 7] = 204
    np.save(tmp_path / "images.npy", pixels)
    config = TrainConfig.recommended(
        model="gan2014-mnist", data=str(tmp_path / "images.npy"), batch_size=8, steps=1, learning_rate=1e-9, threads=1
    )
    train_run(config, tmp_path / "run")
    _, gan = load_run(tmp_path / "run")
    start = 1 / (1 + np.exp(-gan.generator[-2].bias.data.reshape(28, 28)))
    np.testing.assert_allclose(start, pixels[0] / 255, atol=1e-5)
