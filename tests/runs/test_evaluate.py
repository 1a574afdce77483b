"""`evaluate`: which metrics it computes on which data, and that they are those of the functions it calls."""

import importlib
import json
import struct

import numpy as np
import pytest

from minigan import backend, data, models
from minigan.data import Dataset
from minigan.errors import ConfigError, DataError, RunError
from minigan.io.atomic_write import save_arrays
from minigan.metrics import count_modes, digit_features, frechet_distance, parzen
from minigan.metrics.frechet_digits import halves, stored
from minigan.models import GAN
from minigan.runs import evaluate, save_evaluation
from minigan.runs.config import TrainConfig, write_config
from minigan.runs.measures import METRICS

#: The module: as an attribute of the package the name is its function.
EVALUATE = importlib.import_module("minigan.runs.evaluate")

PIXELS = {"one_nn_accuracy", "parzen_log_likelihood", "parzen_sigma", "memorisation_ratio", "training_distance"}
NEIGHBOURS = {"precision", "recall", "density", "coverage"}


class Replay:
    """A generator that gives out given samples, whatever the noise."""

    def __init__(self, samples: np.ndarray) -> None:
        self.samples, self.input_shape, self.output_shape = samples, (5,), samples.shape[1:]

    def predict(self, noise, labels=None):
        return self.samples[: len(noise)]


@pytest.fixture
def run_of(monkeypatch):
    """Make `evaluate` see a run whose generator gives out these samples."""

    def run_of(name: str, samples: np.ndarray, output_range=(0, 1), classes: int = 0):
        config = TrainConfig(data=name, noise="normal")
        gan = GAN("replay", Replay(samples), None, output_range, classes)
        monkeypatch.setattr(EVALUATE, "load_run", lambda folder: (config, gan))

    return run_of


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return data.load("digits")


def generated(result: dict, name: str) -> float:
    return result["metrics"][name]["generated"]


# Digits


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run that has not trained."""
    folder = tmp_path_factory.mktemp("runs") / "fresh"
    folder.mkdir()
    config = TrainConfig(latent_size=5, generator_filters=(4, 4), discriminator_filters=(4, 4, 4))
    write_config(folder / "config.toml", config)
    gan = models.build(config.model, config.seed, **config.model_options())
    for network in (gan.generator, gan.discriminator):
        save_arrays(folder / f"{network.name}.npz", network.state_dict())
    return folder


def test_of_digits_everything_is_measured_on_features_and_on_pixels(run):
    doing = []
    result = evaluate(run, count=100, listener=doing.append)
    names = {"frechet_distance", "kernel_distance", "classes_found", "class_kl"} | NEIGHBOURS | PIXELS
    assert set(result["metrics"]) == names
    assert {key: result[key] for key in ("model", "data", "kind", "count", "seed")} == {
        "model": "dcgan28",
        "data": "digits",
        "kind": "digits",
        "count": 100,
        "seed": 0,
    }
    assert doing[1] == "drawing 100 samples"
    assert "Parzen windows (6 of 6)" in doing
    # A generator that has learnt nothing is worse than real images in every respect.
    for name, entry in result["metrics"].items():
        if entry["best"] == "low":
            assert entry["generated"] > entry["real"], name
        elif entry["best"] == "high":
            assert entry["generated"] <= entry["real"], name
        assert entry["meaning"] == METRICS[name].meaning
    assert 0.35 < result["metrics"]["one_nn_accuracy"]["real"] < 0.65
    assert generated(result, "one_nn_accuracy") == 1


def test_one_seed_gives_one_result_and_it_can_be_written(run, tmp_path):
    first = evaluate(run, count=50)
    assert evaluate(run, count=50) == first
    other = evaluate(run, count=50, seed=1)
    assert generated(other, "frechet_distance") != generated(first, "frechet_distance")
    assert other["metrics"]["frechet_distance"]["real"] != first["metrics"]["frechet_distance"]["real"]
    save_evaluation(tmp_path / "figures.json", first)
    assert json.loads((tmp_path / "figures.json").read_text()) == first


def test_the_figures_are_those_of_the_functions(run_of, digits):
    samples = np.random.default_rng(0).random((60, 28, 28, 1), dtype=np.float32)
    run_of("digits", samples * 2 - 1, (-1, 1))
    result = evaluate("run", count=60, seed=3)
    first, second = (stored(digits, part) for part in halves(5000, 60, 3))
    expected = frechet_distance(digit_features(samples, (0, 1)), digit_features(first, (0, 1)))
    assert generated(result, "frechet_distance") == pytest.approx(expected, rel=1e-5)
    floor = frechet_distance(digit_features(second, (0, 1)), digit_features(first, (0, 1)))
    assert result["metrics"]["frechet_distance"]["real"] == pytest.approx(floor, rel=1e-12)
    flat = first.reshape(60, -1)
    mean, error, sigma = parzen(second.reshape(60, -1), flat[30:], flat[:30])
    entry = result["metrics"]["parzen_log_likelihood"]
    assert (entry["real"], entry["real_spread"]) == pytest.approx((mean, error), rel=1e-12)
    assert result["metrics"]["parzen_sigma"]["real"] == sigma


def test_a_generator_that_has_learnt_the_training_set_by_heart_is_found_out(run_of, digits):
    run_of("digits", stored(digits, np.arange(0, 5000, 50)))
    result = evaluate("run", count=100)
    assert generated(result, "memorisation_ratio") == 1
    assert generated(result, "training_distance") == pytest.approx(0, abs=1e-6)
    real = result["metrics"]["memorisation_ratio"]["real"]
    assert real < 0.1
    # All else praises it.
    assert generated(result, "frechet_distance") < 2 * result["metrics"]["frechet_distance"]["real"]


def test_a_conditional_generator_is_asked_for_every_digit(run_of, digits):
    wanted = np.arange(100) % 10
    places = [np.flatnonzero(digits.labels == digit)[number] for number, digit in enumerate(wanted)]
    run_of("digits", stored(digits, np.array(places)), classes=10)
    entry = evaluate("run", count=100)["metrics"]["label_accuracy"]
    assert entry["generated"] >= 0.97
    assert entry["real"] >= 0.97
    run_of("digits", stored(digits, np.array(places[1:] + places[:1])), classes=10)
    assert generated(evaluate("run", count=100), "label_accuracy") < 0.1


def test_there_are_at_most_half_as_many_samples_as_real_images(run_of, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8), dtype=np.uint8)
    np.save(tmp_path / "noise.npy", images)
    run_of(str(tmp_path / "noise.npy"), np.zeros((100, 8, 8, 1), np.float32))
    result = evaluate("run")
    assert result["count"] == 30
    assert result["notes"][0] == "30 samples: there are no more real ones to compare with, 60 in all"


def write_idx(path, array: np.ndarray) -> None:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.tobytes())


def test_where_there_are_test_images_the_parzen_windows_judge_those(run_of, digits, tmp_path):
    for split, part in (("train", slice(0, 60)), ("t10k", slice(60, 85))):
        write_idx(tmp_path / f"{split}-images-idx3-ubyte", digits.images[part, :, :, 0])
        write_idx(tmp_path / f"{split}-labels-idx1-ubyte", digits.labels[part].astype(np.uint8))
    samples = stored(digits, np.arange(100, 130))
    run_of(f"mnist:{tmp_path}", samples)
    result = evaluate("run", count=30)
    assert "Parzen windows judge the 25 test images" in result["notes"]
    first, _ = halves(60, 30, 0)
    validation = stored(digits, first).reshape(30, -1)[:15]
    test = stored(digits, np.arange(60, 85)).reshape(25, -1)
    expected = parzen(samples.reshape(30, -1), test, validation)
    assert generated(result, "parzen_log_likelihood") == pytest.approx(expected.mean, rel=1e-12)


# Other data


def test_of_other_images_pixels_are_measured_and_it_says_so(run_of, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), dtype=np.uint8)
    np.save(tmp_path / "noise.npy", images)
    run_of(str(tmp_path / "noise.npy"), np.random.default_rng(1).random((20, 8, 8, 3), dtype=np.float32))
    result = evaluate("run", count=20)
    assert set(result["metrics"]) == NEIGHBOURS | PIXELS
    assert any("raw pixels" in note for note in result["notes"])
    assert any("images that the run was trained on" in note for note in result["notes"])


def test_of_points_modes_are_counted(run_of):
    ring = data.load("ring")
    run_of("ring", ring.points[ring.labels < 6][:300], output_range=None)
    result = evaluate("run", count=300)
    found = count_modes(ring.points[ring.labels < 6][:300], ring.modes, ring.mode_stddev)
    assert set(result["metrics"]) == {"modes_found", "good_share", "frechet_distance", "one_nn_accuracy"} | NEIGHBOURS
    assert (generated(result, "modes_found"), generated(result, "good_share")) == (6, found.good)
    assert result["metrics"]["modes_found"]["real"] == 8
    assert generated(result, "recall") < result["metrics"]["recall"]["real"]


def test_of_points_without_modes_the_rest_is_measured(run_of):
    run_of("spiral", data.load("spiral").points[:100], output_range=None)
    result = evaluate("run", count=100)
    assert "modes_found" not in result["metrics"]
    assert "no modes are known of spiral" in result["notes"]


def test_of_stacked_digits_the_thousand_modes_are_counted(run_of, digits):
    # Two modes: 0 0 0 and 1 2 3.
    of = {digit: stored(digits, np.flatnonzero(digits.labels == digit)[:20]) for digit in range(4)}
    stacks = [np.concatenate([of[d] for d in mode], axis=3) for mode in ((0, 0, 0), (1, 2, 3))]
    run_of("stacked-digits", np.concatenate(stacks))
    result = evaluate("run", count=40)
    assert set(result["metrics"]) == {"modes_found", "mode_kl"}
    assert 2 <= generated(result, "modes_found") <= 4
    assert generated(result, "mode_kl") == pytest.approx(np.log(500), abs=0.25)
    assert 30 <= result["metrics"]["modes_found"]["real"] <= 40


# What cannot be measured


def test_too_few_samples_or_examples_are_refused(run, run_of, tmp_path):
    with pytest.raises(ConfigError, match="expected count to be at least 10, got 9"):
        evaluate(run, count=9)
    np.save(tmp_path / "few.npy", np.zeros((19, 8, 8), np.uint8))
    run_of(str(tmp_path / "few.npy"), np.zeros((10, 8, 8, 1), np.float32))
    with pytest.raises(DataError, match=r"expected at least 20 real examples to compare with, got 19 in .*few.npy"):
        evaluate("run")


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="expected the folder of a run"):
        evaluate(tmp_path)


def test_figures_that_are_not_finite_become_null(run_of, digits, tmp_path):
    # Samples of a digit that the data do not have: the divergence is infinite.
    zeros = digits.images[digits.labels == 0]
    np.savez(tmp_path / "zeros.npz", images=zeros[:60])
    run_of(str(tmp_path / "zeros.npz"), stored(digits, np.flatnonzero(digits.labels == 4)[:20]))
    result = evaluate("run", count=20)
    assert generated(result, "class_kl") is None
    json.dumps(result, allow_nan=False)


@pytest.fixture(autouse=True)
def _numpy():
    with backend.using("numpy"):
        yield
