"""``minigan plot`` as a user meets it: which pictures a run gets, what it says, and what it refuses."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import minigan as mg
from minigan import plots
from minigan.data.toy import gaussian, ring
from minigan.layers import ConcatenateLabels, Dense, Flatten, Reshape
from minigan.runs import TrainConfig
from minigan.runs import plot as runs

ON_IMAGES = ["samples", "neighbours", "walk-linear", "walk-spherical", "losses", "histogram"]


def refused(outcome, *parts: str) -> None:
    """One line on stderr that has all the parts, and status 2."""
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith("minigan: ")
    assert outcome.err.count("\n") == 1, outcome.err
    for part in parts:
        assert part in outcome.err


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def make_gan(shape: tuple[int, ...], classes: int = 0) -> mg.GAN:
    """Untrained networks for data of any shape."""
    size = int(np.prod(shape))
    labels = [ConcatenateLabels(classes, 3)] if classes else []
    end = [Dense(size), Reshape(shape)] if len(shape) > 1 else [Dense(size)]
    generator = mg.Sequential([*labels, *end], name="generator")
    labels = [ConcatenateLabels(classes, 3)] if classes else []
    judge = [Flatten()] if len(shape) > 1 else []
    discriminator = mg.Sequential([*judge, *labels, Dense(1, activation="sigmoid")], name="discriminator")
    generator.build((1,), seed=0)
    discriminator.build(shape, seed=0)
    return mg.GAN("mine", generator, discriminator, (-1.0, 1.0) if len(shape) == 3 else None, classes)


@pytest.fixture
def pretend(monkeypatch, tmp_path):
    """A run of these networks and data, without training."""

    def make(gan: mg.GAN, data) -> Path:
        monkeypatch.setattr(runs, "load_run", lambda folder: (TrainConfig(), gan))
        monkeypatch.setattr(runs, "load_data", lambda config, gan, folder: data)
        return tmp_path

    return make


# Which pictures


def test_all_that_fit_a_run_on_images_are_drawn_into_its_folder(repeatable, minigan):
    status, out, err = minigan("plot", repeatable)
    assert (status, err) == (0, "")
    paths = [repeatable / "pictures" / f"{name}.png" for name in ON_IMAGES]
    written = [Path(line.removeprefix("Wrote ")) for line in out.splitlines()]
    assert [path for path in written if path.stem != "gradients"] == paths
    assert names_in(repeatable / "pictures") == sorted(path.name for path in written)
    for path in paths:
        with Image.open(path) as picture:
            picture.load()


@pytest.fixture
def repeatable(finished, tmp_path) -> Path:
    """The finished run, where a test may write."""
    import shutil

    return Path(shutil.copytree(finished[0], tmp_path / "run"))


def test_kinds_choose_and_a_seed_is_other_noise(finished, minigan):
    folder, _ = finished
    for seed in (0, 0, 1):
        assert minigan("plot", folder, "samples", "neighbours", "--out", f"a/{seed}", "--seed", seed).status == 0
    assert names_in(Path("a/0")) == ["neighbours.png", "samples.png"]
    for name in names_in(Path("a/0")):
        assert (Path("a/0") / name).read_bytes() != (Path("a/1") / name).read_bytes()
    before = Path("a/0/samples.png").read_bytes()
    assert minigan("plot", folder, "samples", "--out", "a/0").out == "Wrote a/0/samples.png\n"
    assert Path("a/0/samples.png").read_bytes() == before


def test_neighbours_are_those_of_the_run_s_own_data(finished, monkeypatch, tmp_path):
    shown = []
    monkeypatch.setattr(runs, "save_neighbours", lambda *arguments: shown.append(arguments))
    runs.draw_run(finished[0], tmp_path, ["neighbours"])
    _, images, neighbours, value_range = shown[0]
    examples = runs.PlottedRun(finished[0], 0).data.batch(slice(None), value_range)
    queries = images.reshape(5, 5, *images.shape[1:])[:, -1]
    distances = ((queries[:, None] - examples) ** 2).sum(axis=(2, 3, 4))
    np.testing.assert_array_equal(neighbours, examples[distances.argmin(axis=1)])


@pytest.mark.parametrize(
    ("data", "classes", "kind"), [(ring(300), 0, "plane"), (ring(300), 8, "plane"), (gaussian(300), 0, "figure1")]
)
def test_points_have_pictures_of_their_own(pretend, data, classes, kind):
    folder = pretend(make_gan(data.shape, classes), data)
    assert [path.name for path in runs.draw_run(folder)] == ["histogram.png", f"{kind}.png"]


def test_classes_have_a_row_each_and_every_network_is_asked_with_its_labels(pretend, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 6, 6), dtype=np.uint8)
    data = mg.data.Dataset(pixels, np.arange(40) % 3)
    folder = pretend(make_gan((6, 6, 1), classes=3), data)
    shown = []
    monkeypatch.setattr(runs, "save_classes", lambda path, images, value_range, names: shown.append(images))
    names = [path.stem for path in runs.draw_run(folder)]
    assert names == ["samples", "neighbours", "walk-linear", "walk-spherical", "histogram"]
    assert shown[0].shape == (3, 10, 6, 6, 1)
    gan = runs.load_run(folder)[1]
    noise = runs.PlottedRun(folder, 0).noise(30)
    for row in range(3):
        labels = np.full(10, row)
        np.testing.assert_array_equal(shown[0][row], gan.generator.predict(noise[10 * row :][:10], labels=labels))


def test_the_histogram_is_of_d_s_logits(finished, monkeypatch, tmp_path):
    shown = []
    monkeypatch.setattr(runs, "save_histogram", lambda path, *arrays, **options: shown.append((arrays, options)))
    runs.draw_run(finished[0], tmp_path, ["histogram"])
    (real, fake), options = shown[0]
    source = runs.PlottedRun(finished[0], 0)
    judge = source.gan.discriminator.logits
    expected = judge.predict(source.data.batch(slice(None), source.gan.output_range))
    np.testing.assert_allclose(np.sort(real.ravel()), np.sort(expected.ravel()), rtol=1e-5)
    np.testing.assert_allclose(fake, judge.predict(source.gan.generator.predict(source.noise(40))), rtol=1e-5)
    assert options == {"probabilities": True}


def test_gradients_are_those_of_the_run_s_table(repeatable, monkeypatch, tmp_path):
    (repeatable / "gradients.csv").write_text("step,generator/dense,discriminator/dense\n1,0.5,2\n2,0.25,4\n")
    shown = []
    monkeypatch.setattr(runs, "save_gradients", lambda path, *arrays: shown.append(arrays))
    assert runs.draw_run(repeatable, tmp_path, ["gradients"]) == [tmp_path / "gradients.png"]
    steps, norms = shown[0]
    assert steps.tolist() == [1, 2]
    assert {name: values.tolist() for name, values in norms.items()} == {
        "generator/dense": [0.5, 0.25],
        "discriminator/dense": [2, 4],
    }


def test_losses_know_how_long_an_epoch_is(finished, monkeypatch, tmp_path):
    shown = []
    monkeypatch.setattr(runs, "save_losses", lambda path, metrics, *arguments: shown.append(arguments))
    runs.draw_run(finished[0], tmp_path, ["losses"])
    assert shown[0][0] == 5


# What is refused


def test_an_unknown_picture(finished, minigan):
    refused(minigan("plot", finished[0], "movie"), "unknown picture 'movie'", *runs.PICTURES)


@pytest.mark.parametrize("kind", ["plane", "figure1"])
def test_a_picture_that_does_not_fit_the_run_and_then_none_is_drawn(finished, minigan, kind):
    outcome = minigan("plot", finished[0], "samples", kind, "--out", "new")
    refused(outcome, f"{kind}: does not fit {finished[0]}: it was not trained on", "data of shape 8x8x1")
    assert not Path("new").exists()


def test_a_picture_of_a_table_that_is_not_there(repeatable, minigan):
    (repeatable / "gradients.csv").unlink(missing_ok=True)
    refused(minigan("plot", repeatable, "gradients"), "it has no gradients.csv")
    (repeatable / "metrics.csv").write_text("epoch,step\n")
    refused(minigan("plot", repeatable, "losses"), "its metrics.csv has no step")


def test_a_picture_of_a_table_that_is_no_text(repeatable, minigan):
    (repeatable / "metrics.csv").write_bytes(b"\xff\xfe\n\xff\n")
    refused(minigan("plot", repeatable, "losses"), "expected a table of metrics in", "metrics.csv, got: 'utf-8' codec")


@pytest.mark.parametrize("kind", ["samples", "neighbours", "walk"])
def test_points_are_no_images(pretend, kind):
    data = ring(50)
    folder = pretend(make_gan(data.shape), data)
    with pytest.raises(mg.errors.RunError, match=f"{kind}: does not fit .*: it was trained on points, not on images"):
        runs.draw_run(folder, kinds=[kind])


def test_a_folder_that_is_no_run(minigan, tmp_path):
    refused(minigan("plot", tmp_path), f"expected the folder of a run, with a config.toml in it, got {tmp_path}")


def test_a_place_where_no_folder_can_be(finished, minigan):
    Path("file").write_text("mine")
    refused(minigan("plot", finished[0], "losses", "--out", "file"), "--out: expected a folder, got the file file")


def test_help_names_every_picture(minigan):
    page = " ".join(minigan("plot", "--help").out.split())
    for kind in runs.PICTURES:
        assert kind in page
    assert plots.__doc__


@pytest.fixture
def without_data(start, tiny, images_file, tmp_path) -> Path:
    """A finished run whose data have been removed."""
    copy = shutil.copy(images_file, tmp_path / "gone.npy")
    process = start("train", *tiny, "--data", copy, "--steps", 2, "--out", tmp_path / "run")
    assert process.communicate(timeout=120)[1] == ""
    Path(copy).unlink()
    return tmp_path / "run"


def test_what_needs_no_data_is_drawn_without_them_and_the_rest_is_named(without_data, minigan):
    status, out, err = minigan("plot", without_data)
    assert (status, err) == (0, "")
    names = {path.name for path in (without_data / "pictures").iterdir()}
    assert names == {"samples.png", "walk-linear.png", "walk-spherical.png", "losses.png", "gradients.png"}
    assert out.splitlines()[-1].startswith("Left out: neighbours, histogram: ")
    assert "gone.npy" in out.splitlines()[-1]


@pytest.mark.parametrize("kind", ["samples", "walk", "losses", "gradients"])
def test_a_picture_that_needs_no_data_can_be_asked_for(without_data, minigan, kind):
    status, out, _ = minigan("plot", without_data, kind)
    assert (status, "Left out" in out) == (0, False)


@pytest.mark.parametrize("kinds", [("histogram",), ("losses", "neighbours")], ids=" ".join)
def test_a_picture_that_needs_data_is_refused_before_any_is_drawn(without_data, minigan, kinds):
    refused(minigan("plot", without_data, *kinds), "gone.npy")
    assert not (without_data / "pictures").exists()
