"""A run and its folder: what is written when, and what it holds."""

import csv
import os
import sys
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigan import backend, data, models, plots
from minigan.errors import BackendError, CheckpointError, ConfigError, DataError, RunError
from minigan.io.atomic_write import load_arrays, save_arrays
from minigan.random import Stream
from minigan.runs import TrainConfig, load_run, train_run
from minigan.runs.sample import sample_run
from minigan.runs.start import make_numbered_folder, next_place, resume_run
from minigan.runs.tables import read_metrics
from minigan.training import EpochEnd, RunStart, Saved, StepEnd, Trainer


@pytest.fixture(scope="module")
def run(images_file, tmp_path_factory):
    """One run of seven steps, five of them an epoch: its folder, its settings and its events."""
    folder, events = tmp_path_factory.mktemp("runs") / "of" / "mine", []
    filters = {"generator_filters": (4, 4), "discriminator_filters": (4, 4, 4)}
    config = TrainConfig(
        data=str(images_file), image_size=8, latent_size=5, batch_size=8, steps=7, seed=3, threads=1, **filters
    )
    assert train_run(config, folder, events.append)
    return folder, config, events


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# What it leaves


def test_a_run_leaves_exactly_these_files(run):
    folder, *_ = run
    assert files_in(folder) == [
        "checkpoints/step-000000000.checkpoint",
        "checkpoints/step-000000005.checkpoint",
        "checkpoints/step-000000007.checkpoint",
        "config.toml",
        "data.json",
        "discriminator.npz",
        "generator.npz",
        "gradients.csv",
        "losses.png",
        "metrics.csv",
        "notices.csv",
        "progress.gif",
        "samples/epoch-0001.png",
        "samples/start.png",
        "samples/step-000007.png",
    ]


def test_metrics_are_the_events(run):
    folder, _, events = run
    steps = [event for event in events if isinstance(event, StepEnd)]
    with open(folder / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert [int(row["epoch"]) for row in rows] == [1] * 5 + [2] * 2
    for row, event in zip(rows, steps, strict=True):
        for name in ("d_loss", "g_loss", "d_real", "d_fake"):
            assert np.float32(row[name]) == np.float32(getattr(event, name))


def test_weights_are_those_of_a_training_without_a_folder(run):
    folder, config, _ = run
    gan = models.build("dcgan28", config.seed, **config.model_options())
    trainer = Trainer(gan, data.load(config.data), batch_size=config.batch_size, seed=config.seed)
    list(trainer.train(steps=7))
    for network in (gan.generator, gan.discriminator):
        saved = load_arrays(folder / f"{network.name}.npz")
        assert list(saved) == list(network.parameters())
        for name, values in network.state_dict().items():
            np.testing.assert_array_equal(saved[name], values, err_msg=name)


def test_load_run_gives_back_settings_and_networks(run):
    folder, config, _ = run
    loaded, gan = load_run(folder)
    assert loaded == config.resolved()
    assert gan.image_shape == (8, 8, 1)
    saved = load_arrays(folder / "generator.npz")
    np.testing.assert_array_equal(gan.generator.state_dict()["dense.kernel"], saved["dense.kernel"])


def test_the_last_samples_are_of_the_run_s_own_noise(run, tmp_path):
    folder, config, _ = run
    _, gan = load_run(folder)
    noise = models.draw_noise(Stream(config.seed, "samples"), 64, 5, config.noise)
    plots.save_grid(tmp_path / "expected.png", gan.generator.predict(noise), gan.output_range)
    assert (folder / "samples" / "step-000007.png").read_bytes() == (tmp_path / "expected.png").read_bytes()


def test_samples_are_a_grid_of_64_and_change_with_training(run):
    folder, *_ = run
    pictures = [(folder / "samples" / f"{name}.png") for name in ("start", "epoch-0001", "step-000007")]
    assert len({path.read_bytes() for path in pictures}) == 3
    for path in pictures:
        with Image.open(path) as picture:
            assert picture.size == (2 * (8 * 10 + 2), 2 * (8 * 10 + 2))


def test_the_film_shows_all_samples_in_order(run):
    folder, *_ = run
    with Image.open(folder / "progress.gif") as film:
        assert film.n_frames == 3
        for place, name in enumerate(("start", "epoch-0001", "step-000007")):
            film.seek(place)
            with Image.open(folder / "samples" / f"{name}.png") as picture:
                np.testing.assert_array_equal(np.asarray(film.convert("L")), np.asarray(picture))


def test_many_short_epochs_give_a_short_film_and_few_drawings_of_the_losses(make_config, tmp_path, monkeypatch):
    steps = []

    def save_losses(path, metrics, *_):
        steps.append(len(metrics["step"]))
        Path(path).touch()

    monkeypatch.setattr(plots, "save_losses", save_losses)
    train_run(make_config(epochs=70, batch_size=40), tmp_path)
    assert len([*(tmp_path / "samples").iterdir()]) == 71
    assert steps == [1, 21, 41, 61, 70], "the first epoch, every twentieth step, and the end"
    with Image.open(tmp_path / "progress.gif") as film:
        assert film.n_frames == 60
        for place, name in ((0, "start"), (59, "epoch-0070")):
            film.seek(place)
            with Image.open(tmp_path / "samples" / f"{name}.png") as picture:
                np.testing.assert_array_equal(np.asarray(film.convert("L")), np.asarray(picture))


def test_the_listener_hears_of_every_file_once_it_is_there(run):
    folder, _, events = run
    saved = [event.path.relative_to(folder).as_posix() for event in events if isinstance(event, Saved)]
    weights = ["generator.npz", "discriminator.npz"]
    checkpoints = [f"checkpoints/step-00000000{step}.checkpoint" for step in (0, 5, 7)]
    start = ["samples/start.png", *weights, checkpoints[0]]
    epoch = ["samples/epoch-0001.png", *weights, "losses.png", checkpoints[1]]
    assert saved == [*start, *epoch, checkpoints[2], "samples/step-000007.png", *weights, "losses.png"]
    assert [event for event in events if isinstance(event, EpochEnd)] == [EpochEnd(1, 5)]


def test_a_run_that_ends_with_an_epoch_has_no_extra_samples(make_config, tmp_path, no_curves):
    train_run(make_config(epochs=2, batch_size=20), tmp_path)
    names = [path.name for path in sorted((tmp_path / "samples").iterdir())]
    assert names == ["epoch-0001.png", "epoch-0002.png", "start.png"]


def test_weights_can_be_loaded_at_any_time_of_the_run(make_config, tmp_path, no_curves):
    def look(event):
        if isinstance(event, StepEnd | EpochEnd):
            load_run(tmp_path)

    train_run(make_config(steps=6), tmp_path, look)


@pytest.mark.parametrize("optimizer", ["momentum", "rmsprop", "sgd"])
def test_every_optimizer_can_run_with_the_default_momentum(make_config, tmp_path, no_curves, optimizer):
    assert train_run(make_config(steps=1, optimizer=optimizer, loss="minimax", noise="normal"), tmp_path)


def test_d_can_have_a_learning_rate_of_its_own(make_config, tmp_path, no_curves):
    for name, rates in (("same", {}), ("own", {"d_learning_rate": 1e-9})):
        train_run(make_config(steps=1, learning_rate=0.01, **rates), tmp_path / name)
    start = models.build("dcgan28", 0, **make_config().model_options()).discriminator.state_dict()["dense.kernel"]
    moved = {
        name: load_arrays(tmp_path / name / "discriminator.npz")["dense.kernel"] - start for name in ("same", "own")
    }
    assert np.abs(moved["same"]).max() > 1e-3
    assert np.abs(moved["own"]).max() < 1e-7


# Where


def test_an_empty_folder_is_taken(make_config, tmp_path, no_curves):
    (tmp_path / "run").mkdir()
    assert train_run(make_config(steps=1), tmp_path / "run")


def test_a_folder_that_holds_anything_is_refused_unchanged(run, make_config, tmp_path):
    folder, *_ = run
    before = {name: (folder / name).read_bytes() for name in files_in(folder)}
    with pytest.raises(
        RunError, match=r"expected a new or empty folder for the run, got .*, which already holds a run"
    ):
        train_run(make_config(), folder)
    assert {name: (folder / name).read_bytes() for name in files_in(folder)} == before
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(RunError, match="which already holds something"):
        train_run(make_config(), tmp_path)
    assert files_in(tmp_path) == ["note.txt"]


def test_a_file_in_the_place_of_the_folder_is_refused(make_config, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunError, match="expected a new or empty folder"):
        train_run(make_config(), tmp_path / "file")
    with pytest.raises(RunError, match=r"expected a folder that can be written, got .*: .*file cannot be written"):
        train_run(make_config(), tmp_path / "file" / "below" / "run")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused(make_config, tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(RunError, match="cannot be written"):
            train_run(make_config(), tmp_path / "run")
    finally:
        tmp_path.chmod(0o700)


def test_a_link_to_nowhere_is_refused(make_config, tmp_path):
    (tmp_path / "run").symlink_to(tmp_path / "nowhere" / "run")
    with pytest.raises(RunError, match="expected a folder that can be written"):
        train_run(make_config(), tmp_path / "run")


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"data": "no-such-set"}, DataError),
        ({"batch_size": 41}, DataError),
        ({"image_size": 12}, DataError),
        ({"channels": 3}, DataError),
        ({"image_size": 9}, ConfigError),
        ({"label_smoothing": 0.5}, ConfigError),
        ({"backend": "cupy"}, BackendError),
    ],
)
def test_nothing_is_written_when_the_settings_do_not_fit(make_config, tmp_path, monkeypatch, settings, error):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(error):
        train_run(make_config(**settings), tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_the_environment_s_backend_is_taken_unless_one_is_stated(make_config, tmp_path, monkeypatch, no_curves):
    monkeypatch.setenv("MINIGAN_BACKEND", "abacus")
    monkeypatch.setattr(backend, "_active", None)
    with pytest.raises(BackendError, match="unknown backend 'abacus'"):
        train_run(make_config(steps=1), tmp_path / "run")
    assert not list(tmp_path.iterdir())
    assert train_run(make_config(steps=1, backend="numpy"), tmp_path / "run")
    assert load_run(tmp_path / "run")[0].backend == "numpy"


@pytest.mark.parametrize(
    ("name", "stem"), [("digits", "digits"), ("folder:/pictures/cats", "cats"), ("some/images.npy", "images")]
)
def test_a_new_run_takes_the_first_free_number(tmp_path, monkeypatch, name, stem):
    monkeypatch.chdir(tmp_path)
    place = next_place("dcgan28", name)
    for number in (1, 2, 4):
        (tmp_path / f"runs/dcgan28-{stem}-{number}").mkdir(parents=True)
    (tmp_path / f"runs/dcgan28-{stem}-3").symlink_to("nowhere")
    (tmp_path / f"runs/dcgan28-{stem}-5").write_text("a file")
    assert make_numbered_folder(place) == Path(f"runs/dcgan28-{stem}-6")
    assert (tmp_path / f"runs/dcgan28-{stem}-6").is_dir()


def test_eight_threads_get_eight_folders(tmp_path):
    start = threading.Barrier(8)

    def take(_: int) -> list[Path]:
        start.wait()
        return [make_numbered_folder(tmp_path / "runs" / "gan") for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        found = [path for paths in pool.map(take, range(8)) for path in paths]
    assert sorted(path.name for path in found) == sorted(f"gan-{number}" for number in range(1, 41))


def test_a_file_in_the_place_of_runs_is_one_error(tmp_path, monkeypatch, make_config):
    monkeypatch.chdir(tmp_path)
    Path("runs").write_text("a file")
    with pytest.raises(RunError, match="expected a folder that can be written"):
        train_run(make_config(steps=1))
    with pytest.raises(RunError, match="expected a folder that can be written"):
        make_numbered_folder(Path("runs") / "gan")


def test_runs_without_a_folder_go_to_the_next_ones(make_config, tmp_path, monkeypatch, no_curves):
    monkeypatch.chdir(tmp_path)
    events = []
    for _ in range(2):
        assert train_run(make_config(steps=1), listener=events.append)
    folders = [event.folder for event in events if isinstance(event, RunStart)]
    assert folders == [Path("runs/dcgan28-tiny-1"), Path("runs/dcgan28-tiny-2")]
    assert all(event.path.is_relative_to("runs") for event in events if isinstance(event, Saved))


# Loading


@pytest.fixture
def copied(run, tmp_path) -> Path:
    """The run, to be damaged."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("config.toml", "generator.npz", "discriminator.npz"):
        (folder / name).write_bytes((run[0] / name).read_bytes())
    return folder


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(RunError, match=r"expected the folder of a run, with a config\.toml in it, got"):
            load_run(folder)


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_missing_or_damaged_weights_are_refused_by_name(copied, network):
    path = copied / f"{network}.npz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=rf"{network}\.npz, found a damaged or foreign file"):
        load_run(copied)
    path.unlink()
    with pytest.raises(CheckpointError, match=rf"{network}\.npz, found no such file"):
        load_run(copied)


def test_weights_of_another_network_are_refused(copied):
    arrays = load_arrays(copied / "generator.npz")
    save_arrays(copied / "generator.npz", {**arrays, "dense.bias": np.zeros(3, np.float32)})
    with pytest.raises(
        CheckpointError, match=r"weights do not fit generator: expected dense\.bias \(16,\) .*got \(3,\)"
    ):
        load_run(copied)
    save_arrays(copied / "generator.npz", {name: arrays[name] for name in list(arrays)[1:]})
    with pytest.raises(CheckpointError, match=r"missing dense\.kernel; unknown none"):
        load_run(copied)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(copied, value):
    arrays = load_arrays(copied / "generator.npz")
    arrays["dense.bias"][2] = value
    save_arrays(copied / "generator.npz", arrays)
    with pytest.raises(CheckpointError, match=r"expected finite numbers in generator.s dense\.bias, got NaN or inf"):
        load_run(copied)


@pytest.mark.parametrize("error", [MemoryError("Unable to allocate 128. GiB"), OverflowError("too large")])
def test_settings_of_networks_that_cannot_be_built_are_refused(copied, monkeypatch, error):
    def build(*_, **__):
        raise error

    monkeypatch.setattr(models, "build", build)
    with pytest.raises(ConfigError, match=rf"config\.toml: no networks of these sizes: {error}"):
        load_run(copied)


def test_settings_that_are_no_file_are_refused(copied):
    (copied / "config.toml").unlink()
    os.mkfifo(copied / "config.toml")
    with pytest.raises(ConfigError, match=r"config\.toml, got: Not a regular file"):
        load_run(copied)


# Samples


def test_samples_are_made_by_the_run_s_generator_in_its_inference_mode(run, tmp_path):
    folder, *_ = run
    assert sample_run(folder, tmp_path / "a.png", count=5, columns=3, seed=4) == tmp_path / "a.png"
    _, gan = load_run(folder)
    noise = models.draw_noise(Stream(4, "sample"), 5, 5)
    plots.save_grid(tmp_path / "expected.png", gan.generator.predict(noise), (-1.0, 1.0), 3)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "expected.png").read_bytes()
    sample_run(folder, tmp_path / "a.png", count=5, columns=3, seed=5)
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "expected.png").read_bytes()


def test_samples_of_truncated_noise(run, tmp_path):
    folder, *_ = run
    sample_run(folder, tmp_path / "a.png", count=5, columns=3, seed=4, truncation=0.5)
    _, gan = load_run(folder)
    noise = models.draw_noise(Stream(4, "sample"), 5, 5, truncation=0.5)
    plots.save_grid(tmp_path / "expected.png", gan.generator.predict(noise), (-1.0, 1.0), 3)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "expected.png").read_bytes()


@pytest.mark.parametrize("amount", [{"count": 0}, {"count": -4}, {"columns": 0}])
def test_no_samples_are_refused(run, tmp_path, amount):
    (name, value), *_ = amount.items()
    with pytest.raises(ConfigError, match=f"expected {name} to be at least 1, got {value}"):
        sample_run(run[0], tmp_path / "a.png", **amount)
    assert not list(tmp_path.iterdir())


def test_a_place_where_no_file_can_be_is_refused(run, tmp_path):
    for path in (tmp_path / "none" / "a.png", tmp_path):
        with pytest.raises(RunError, match="expected a file that can be written, got"):
            sample_run(run[0], path)


def test_the_metrics_of_a_run_can_be_read(run):
    metrics = read_metrics(run[0] / "metrics.csv")
    assert metrics["step"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert (metrics["images_per_second"] > 0).all()
    assert (np.diff(metrics["seconds"]) > 0).all()


def test_settings_that_repeat_a_run_repeat_it(run, tmp_path, no_curves):
    folder, *_ = run
    train_run(load_run(folder)[0], tmp_path / "again")
    for name in ("generator.npz", "discriminator.npz", "samples/step-000007.png", "config.toml"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes(), name


def test_settings_that_ask_for_more_weights_than_the_files_hold_are_not_tried(copied):
    text = (copied / "config.toml").read_text()
    (copied / "config.toml").write_text(
        text.replace("generator_filters = [4, 4]", "generator_filters = [400000, 400000]")
    )
    tracemalloc.start()
    try:
        with pytest.raises(
            ConfigError, match=r"config\.toml: no networks of these sizes: .*: expected fewer weights in all"
        ):
            load_run(copied)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 300e6


def test_the_first_event_says_how_long_the_run_is(make_config, tmp_path, no_curves):
    events = []
    assert train_run(make_config(steps=3), tmp_path, events.append)
    assert resume_run(tmp_path, {"steps": 5}, ["steps"], events.append)
    starts = [event for event in events if isinstance(event, RunStart)]
    assert [(event.step, event.steps) for event in starts] == [(0, 3), (3, 5)]
