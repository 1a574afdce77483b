"""The data of a run: found again from other folders, its classes numbered and named, what it is told of them."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigan import backend, data
from minigan.errors import ConfigError, DataError, RunError
from minigan.runs import TrainConfig, evaluate, load_run, resume_run, train_run
from minigan.runs.plot import draw_run
from minigan.runs.run_data import PLACES, with_classes
from minigan.runs.sample import class_number, sample_run
from minigan.training import Notice
from minigan.training.events import RunStart

SMALL = {"generator_filters": (4, 4), "discriminator_filters": (4, 4), "image_size": 8, "latent_size": 5}
SHORT = {**SMALL, "steps": 2, "batch_size": 8, "threads": 1}


@pytest.fixture(autouse=True)
def _unpainted(no_curves):
    pass


def pictures(folder: Path, *classes: str, each: int = 12, size: tuple[int, int] = (10, 14)) -> Path:
    """A picture for each of some numbers in each class folder."""
    rng = np.random.default_rng(0)
    for name in classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8)).save(folder / name / f"{number}.png")
    return folder


# Places


def make_source(kind: str, folder: Path) -> str:
    """Forty images in a file or folder of this kind in the active folder; its name."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
    if kind == "npy":
        np.save("a.npy", pixels)
        return "a.npy"
    if kind == "npz":
        np.savez("a.npz", images=pixels)
        return "a.npz"
    if kind == "folder":
        pictures(folder / "photos", "", each=40)
        return "folder:photos"
    (folder / "idx").mkdir()
    header = b"\0\0\x08\x03" + b"".join(size.to_bytes(4, "big") for size in pixels.shape)
    (folder / "idx" / "train-images-idx3-ubyte").write_bytes(header + pixels.tobytes())
    labels = (np.arange(40) % 10).astype(np.uint8)
    (folder / "idx" / "train-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01\0\0\0\x28" + labels.tobytes())
    return "stacked-digits:mnist:idx" if kind == "stacked" else "mnist:idx"


@pytest.mark.parametrize("kind", ["npy", "npz", "folder", "mnist", "stacked"])
def test_relative_data_are_found_from_another_folder(kind, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    name = make_source(kind, tmp_path)
    channels = {"channels": 3} if kind == "stacked" else {}
    train_run(TrainConfig(data=name, **SHORT, **channels), tmp_path / "run")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert resume_run(tmp_path / "run", {"steps": 3}, ["steps"])
    assert load_run(tmp_path / "run")[0].data == name  # as it was typed
    result = evaluate(tmp_path / "run", count=10)
    assert result["data"] == name
    assert draw_run(tmp_path / "run", kinds=["neighbours"])


def test_a_run_that_was_moved_with_its_data_finds_them_beside_it(tmp_path, monkeypatch):
    (tmp_path / "old").mkdir()
    monkeypatch.chdir(tmp_path / "old")
    train_run(TrainConfig(data=make_source("npy", tmp_path / "old"), **SHORT), "run")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old").rename(tmp_path / "new")
    monkeypatch.chdir(tmp_path / "new")
    assert resume_run("run", {"steps": 3}, ["steps"])


def test_data_that_are_gone_are_reported_with_both_places_and_the_way_to_name_the_new_one(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    train_run(TrainConfig(data=make_source("folder", tmp_path), **SHORT), tmp_path / "run")
    (tmp_path / "photos").rename(tmp_path / "pictures")
    monkeypatch.chdir(tmp_path / "elsewhere")
    for use in (
        lambda: resume_run(tmp_path / "run", {"steps": 3}, ["steps"]),
        lambda: evaluate(tmp_path / "run", count=10),
        lambda: draw_run(tmp_path / "run", kinds=["neighbours"]),
    ):
        with pytest.raises(DataError) as caught:
            use()
        message = str(caught.value)
        assert f"{tmp_path}/photos and {tmp_path}/elsewhere/photos" in message
        assert f"--resume {tmp_path}/run --accept data --data folder:PATH" in message
    new = {"data": f"folder:{tmp_path}/pictures"}
    assert resume_run(tmp_path / "run", new, ["data"])
    assert evaluate(tmp_path / "run", count=10)["data"] == new["data"]
    assert json.loads((tmp_path / "run" / PLACES).read_text())["places"] == {"data": f"{tmp_path}/pictures"}


def test_other_data_at_the_old_place_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train_run(TrainConfig(data=make_source("npy", tmp_path), **SHORT), "run")
    np.save("a.npy", np.zeros((40, 8, 8), np.uint8))
    with pytest.raises(RunError, match="expected the data that the run was trained on, got others"):
        resume_run("run", {"steps": 3}, ["steps"])


def test_other_labels_are_refused_where_the_run_uses_them(tmp_path):
    folder = pictures(tmp_path / "photos", "", each=20)
    table = folder / "labels.csv"
    table.write_text("".join(f"{number}.png,{'ab'[number % 2]}\n" for number in range(20)))
    settings = {**SHORT, "data": f"folder:{folder}", "channels": 3}
    train_run(TrainConfig(**settings, conditional=True), tmp_path / "with")
    train_run(TrainConfig(**settings), tmp_path / "without")
    table.write_text("".join(f"{number}.png,{'ab'[number // 10]}\n" for number in range(20)))
    with pytest.raises(RunError, match="expected the labels that the run was trained on, got others in folder:"):
        resume_run(tmp_path / "with", {"steps": 3}, ["steps"])
    assert resume_run(tmp_path / "without", {"steps": 3}, ["steps"])


def test_a_table_of_labels_is_found_from_another_folder(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    pictures(tmp_path / "photos", "", each=24)
    Path("t.csv").write_text("".join(f"{number}.png,{'odd' if number % 2 else 'even'}\n" for number in range(24)))
    config = TrainConfig(data="folder:photos", labels="t.csv", conditional=True, **SHORT)
    train_run(config, tmp_path / "run")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert resume_run(tmp_path / "run", {"steps": 3}, ["steps"])
    (tmp_path / "t.csv").unlink()
    with pytest.raises(DataError, match=r"labels: no such file or folder: .*--accept labels --labels PATH"):
        resume_run(tmp_path / "run", {"steps": 4}, ["steps"])


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"places": 3}', '{"places": {"data": 3}}', "[" * 100_000, "\0"])
def test_a_damaged_file_of_places_is_as_none(content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train_run(TrainConfig(data=make_source("npy", tmp_path), **SHORT), "run")
    (tmp_path / "run" / PLACES).write_text(content)
    assert resume_run("run", {"steps": 3}, ["steps"])
    os.remove(tmp_path / "run" / PLACES)
    assert resume_run("run", {"steps": 4}, ["steps"])


# Classes


def test_class_folders_are_classes_by_name(tmp_path):
    folder = pictures(tmp_path / "photos", "dogs", "cats")
    events: list = []
    config = TrainConfig(data=f"folder:{folder}", conditional=True, **SHORT)
    train_run(config, tmp_path / "run", events.append)
    kept, gan = load_run(tmp_path / "run")
    assert (gan.classes, kept.class_names) == (2, ("cats", "dogs"))
    drawn = [sample_run(tmp_path / "run", tmp_path / f"{c}.png", count=4, label=c) for c in ("dogs", "1", "cats")]
    contents = [path.read_bytes() for path in drawn]
    assert contents[0] == contents[1] != contents[2]
    with pytest.raises(
        ConfigError, match=r"--class: expected one of the classes cats, dogs, got dog: did you mean dogs\?"
    ):
        sample_run(tmp_path / "run", tmp_path / "none.png", label="dog")
    (start,) = (event for event in events if isinstance(event, RunStart))
    assert "2 classes (cats, dogs)" in start.description
    assert resume_run(tmp_path / "run", {"steps": 3}, ["steps"])
    assert draw_run(tmp_path / "run", kinds=["samples", "histogram"])
    assert evaluate(tmp_path / "run", count=10)["count"] == 10


@pytest.mark.parametrize("model", ["dcgan28", "dcgan64-small"])
def test_every_model_with_classes_is_trained_and_drawn_by_them(model, tmp_path):
    pictures(tmp_path / "photos", "cats", "dogs")
    train_run(
        TrainConfig(model=model, data=f"folder:{tmp_path / 'photos'}", channels=3, conditional=True, **SHORT),
        tmp_path / "run",
    )
    assert load_run(tmp_path / "run")[1].classes == 2
    assert sample_run(tmp_path / "run", tmp_path / "a.png", count=2, label="dogs").exists()


def test_the_pictures_of_a_run_show_the_names_of_its_classes(tmp_path, monkeypatch):
    shown = []

    def see(path, images, value_range, names=None):
        shown.append(names)
        Image.new("L", (2, 2)).save(path)

    monkeypatch.setattr("minigan.plots.save_classes", see)
    monkeypatch.setattr("minigan.runs.plot.save_classes", see)
    folder = pictures(tmp_path / "photos", "dogs", "cats")
    train_run(TrainConfig(data=f"folder:{folder}", conditional=True, **SHORT), tmp_path / "run")
    draw_run(tmp_path / "run", kinds=["samples"])
    assert {*map(tuple, shown)} == {("cats", "dogs")}


@pytest.mark.parametrize("numbers", [[1, 2, 3], [5, 9], [1995, 2020], [0, 2], [-1, 4]])
def test_labels_that_leave_numbers_out_become_names(numbers, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (24, 8, 8), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", images=pixels, labels=np.resize(numbers, 24))
    train_run(TrainConfig(data=str(tmp_path / "a.npz"), conditional=True, **SHORT), tmp_path / "run")
    config, gan = load_run(tmp_path / "run")
    assert gan.classes == len(numbers)
    assert config.class_names == tuple(map(str, numbers))
    sample_run(tmp_path / "run", tmp_path / "a.png", count=2, label=numbers[0])
    with pytest.raises(ConfigError, match="expected one of the classes"):
        sample_run(tmp_path / "run", tmp_path / "b.png", count=2, label=77)
    assert resume_run(tmp_path / "run", {"steps": 3}, ["steps"])
    with open(tmp_path / "run" / "notices.csv", newline="") as file:
        kinds = [row["kind"] for row in csv.DictReader(file)]
    assert ("classes" in kinds) == (min(numbers) >= 0)


def test_labels_from_0_on_have_no_names_and_no_notice(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (24, 8, 8), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", images=pixels, labels=np.arange(24) % 3)
    train_run(TrainConfig(data=str(tmp_path / "a.npz"), conditional=True, **SHORT), tmp_path / "run")
    assert load_run(tmp_path / "run")[0].class_names is None
    assert (tmp_path / "run" / "notices.csv").read_text() == "step,kind,text\n"


def labelled(labels: list[int], names: tuple[str, ...] | None = None) -> data.Dataset:
    return data.Dataset(np.zeros((len(labels), 2, 2), np.uint8), np.array(labels), class_names=names, name="it")


@pytest.mark.parametrize(
    ("labels", "own", "stated", "names", "numbers"),
    [
        ([0, 1, 1], None, ("zero", "one"), ("zero", "one"), [0, 1, 1]),
        ([0, 1, 1], ("a", "b"), None, ("a", "b"), [0, 1, 1]),
        ([0, 1, 1], ("a", "b"), ("b", "a"), ("b", "a"), [1, 0, 0]),
        ([0, 1, 1], ("a", "b"), ("b", "c", "a"), ("b", "c", "a"), [2, 0, 0]),
        ([3, 7, 7], None, None, ("3", "7"), [0, 1, 1]),
        ([3, 7, 7], None, ("7", "3"), ("7", "3"), [1, 0, 0]),
    ],
)
def test_names_that_are_stated_decide_the_order(labels, own, stated, names, numbers):
    config, dataset = with_classes(TrainConfig(class_names=stated), labelled(labels, own))
    assert (config.class_names, config.classes) == (names, len(names))
    assert dataset.labels.tolist() == numbers


@pytest.mark.parametrize(
    ("labels", "own", "stated", "words"),
    [
        ([0, 1], ("a", "b"), ("a", "c"), "it: expected the classes a, c, got also b: --class-names has"),
        ([0, 2], None, ("a", "b"), "expected labels from 0 to 1, one for each name of a class, got 0 to 2"),
        ([0, 1], None, ("a", "b", "c"), "expected no more classes than images, got 3"),
    ],
)
def test_names_that_do_not_fit_are_refused(labels, own, stated, words):
    with pytest.raises(DataError, match=words):
        with_classes(TrainConfig(class_names=stated), labelled(labels, own))


def test_a_class_is_found_by_its_name_and_by_its_number_where_names_are_no_numbers():
    assert class_number("3", 10, None) == 3
    assert class_number("dogs", 2, ("cats", "dogs")) == 1
    assert class_number("0", 2, ("cats", "dogs")) == 0
    assert class_number("2", 2, ("1", "2")) == 1
    for label, names in (
        ("0", ("1", "2")),
        ("2", ("cats", "dogs")),
        ("10", None),
        ("-1", None),
        ("²", None),
        ("x", None),
    ):
        with pytest.raises(ConfigError, match="--class: expected"):
            class_number(label, 10 if names is None else 2, names)


# What the user reads


def noticed(run: Path) -> list[tuple[str, str]]:
    with open(run / "notices.csv", newline="") as file:
        return [(row["kind"], row["text"]) for row in csv.DictReader(file) if row["step"] == "0"]


def test_the_start_says_what_was_left_out_and_which_values_are_few(tmp_path):
    folder = tmp_path / "masks"
    folder.mkdir()
    mask = np.zeros((8, 8), np.uint8)
    mask[2:5] = 1
    for number in range(16):
        Image.fromarray(mask).save(folder / f"{number}.png")
    (folder / "readme.md").touch()
    (folder / "bad.png").write_text("none")
    events: list = []
    config = TrainConfig(data=f"folder:{folder}", skip_bad=True, **SHORT)
    train_run(config, tmp_path / "run", events.append)
    (start,) = (event for event in events if isinstance(event, RunStart))
    assert start.description.endswith("1 file of other kinds left out, 1 file skipped that cannot be read")
    told = noticed(tmp_path / "run")
    assert [(event.kind, event.text) for event in events if isinstance(event, Notice) and event.step == 0] == told
    assert told[0][0] == "data range"
    assert told[0][1].endswith("is --data-range 0 1 meant?")
    assert any("bad.png" in text for _, text in told)
    assert any(".md" in text for _, text in told)
    again = TrainConfig(data=f"folder:{folder}", skip_bad=True, data_range=(0, 1), **SHORT)
    train_run(again, tmp_path / "again")
    assert all(kind != "data range" for kind, _ in noticed(tmp_path / "again"))


# Rectangles, from end to end


@pytest.mark.parametrize("model", ["dcgan28", "wgan-gp28", "dcgan64", "dcgan64-small"])
def test_a_run_of_rectangles_is_trained_resumed_sampled_drawn_and_measured(model, tmp_path):
    folder = pictures(tmp_path / "photos", "", each=24, size=(30, 50))
    settings = {**SHORT, "image_size": "8x12", "flip": True}
    config = TrainConfig.recommended(**{"model": model, "data": f"folder:{folder}", **settings})
    train_run(config, tmp_path / "run")
    assert 'image_size = "8x12"' in (tmp_path / "run" / "config.toml").read_text()
    assert resume_run(tmp_path / "run", {"steps": 3}, ["steps"])
    kept, gan = load_run(tmp_path / "run")
    assert (kept.image_size, gan.image_shape[:2], kept.flip) == ((8, 12), (8, 12), True)
    sample_run(tmp_path / "run", tmp_path / "a.png", count=4, columns=2)
    with Image.open(tmp_path / "a.png") as sheet:
        assert (sheet.height, sheet.width) == (2 * (2 * 10 + 2), 2 * (2 * 14 + 2))
    assert len(draw_run(tmp_path / "run")) >= 6
    assert evaluate(tmp_path / "run", count=10)["kind"] == "images"
    with backend.textbook():
        assert resume_run(tmp_path / "run", {"steps": 4}, ["steps", "textbook"])
