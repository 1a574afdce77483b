"""``minigan train`` and ``minigan sample`` as a user meets them; and one seed, one run."""

import csv
import io
import os
import re
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import tomlkit
from PIL import Image
from rich.console import Console

from minigan import kernels, plots
from minigan.cli import progress as progress_module
from minigan.cli.progress import TrainingProgress
from minigan.runs import load_run
from minigan.runs.tables import read_metrics
from minigan.training import EpochEnd, StepEnd
from minigan.training.events import DiscriminatorEnd, RunStart

WHAT_REPEATS = (
    "generator.npz",
    "discriminator.npz",
    "samples/start.png",
    "samples/epoch-0001.png",
    "samples/step-000007.png",
    "progress.gif",
)


@pytest.fixture
def no_curves(monkeypatch) -> None:
    """Leave the curves unpainted: they take most of a tiny run's time."""
    monkeypatch.setattr(plots, "save_losses", lambda path, *_: Path(path).touch())


def figures_of(folder: Path) -> list[list[str]]:
    """``metrics.csv`` without its two columns of times."""
    with open(folder / "metrics.csv", newline="") as file:
        return [row[:-2] for row in csv.reader(file)]


def settings_of(folder: Path) -> dict:
    return tomlkit.parse((folder / "config.toml").read_text()).unwrap()


# One run


def test_a_run_writes_its_files_and_no_others(finished):
    folder, outcome = finished
    assert outcome.status == 0, outcome.err
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert files == [
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
    for name in files:
        if name.endswith(("png", "gif")):
            with Image.open(folder / name) as picture:
                picture.load()


def test_train_prints_what_it_does_what_it_wrote_and_what_to_do_next(finished):
    folder, (_, out, err) = finished
    assert err == ""
    lines = out.splitlines()
    assert lines[0].startswith("Training dcgan28 on ")
    assert lines[0].endswith(f"tiny.npy, into {folder}")
    assert lines[1] == "Data: 40 images, 8x8 grey, values 0..255 -> -1..1"
    assert re.match(r"epoch 1  step 5/7  loss D \d\.\d\d G \d\.\d\d  D\(x\) 0\.\d\d D\(G\(z\)\) 0\.\d\d  ", lines[3])
    assert re.match(r"epoch 2  step 7/7  loss D \d\.\d\d G \d\.\d\d  ", lines[4])
    assert lines[5] == f"Finished: {folder}"
    for name in ("samples/", "progress.gif", "losses.png", "metrics.csv", "generator.npz", "config.toml"):
        assert any(line.startswith(f"  {name} ") for line in lines), name
    for command in ("sample", "evaluate", "plot"):
        assert f"minigan {command} {folder}\n" in out
    assert f"minigan train --config {folder}/config.toml" in out


def test_config_toml_holds_every_setting(finished, images_file):
    folder, _ = finished
    assert settings_of(folder) == {
        "latent_size": 5,
        "image_size": 8,
        "channels": 1,
        "generator_filters": [4, 4],
        "discriminator_filters": [4, 4, 4],
        "output_activation": "tanh",
        "data": str(images_file),
        "skip_bad": False,
        "flip": False,
        "model": "dcgan28",
        "conditional": False,
        "loss": "non-saturating",
        "label_smoothing": 0.0,
        "fake_label_smoothing": 0.0,
        "label_flips": 0.0,
        "instance_noise": 0.0,
        "optimizer": "adam",
        "learning_rate": 0.0004,
        "momentum": 0.5,
        "batch_size": 8,
        "d_steps": 1,
        "g_steps": 1,
        "count_in": "batches",
        "updates": "alternating",
        "noise": "uniform",
        "steps": 7,
        "stop_when_converged": False,
        "textbook": False,
        "metrics": False,
        "keep": 3,
        "on_nan": "stop",
        "on_usr1": "save",
        "seed": 3,
        "backend": "numpy",
        "precision": "float32",
        "threads": 1,
    }


def test_flags_reach_their_settings(minigan, tiny, no_curves):
    status, _, err = minigan(
        *("train", *tiny, "--steps", 1, "--out", "run", "--loss", "minimax", "--label-smoothing", 0.1),
        *("--optimizer", "rmsprop", "--lr", "1e-3", "--d-lr", 1, "--momentum", 0.9, "--d-steps", 2),
        *("--noise", "normal", "--seed", -5, "--backend", "auto", "--output-activation", "sigmoid"),
        *("--data-range", "-1", "256.5"),
    )
    assert (status, err) == (0, "")
    settings = settings_of(Path("run"))
    expected = {
        "loss": "minimax",
        "label_smoothing": 0.1,
        "optimizer": "rmsprop",
        "learning_rate": 0.001,
        "d_learning_rate": 1.0,
        "momentum": 0.9,
        "d_steps": 2,
        "noise": "normal",
        "seed": -5,
        "output_activation": "sigmoid",
        "data_range": [-1.0, 256.5],
    }
    assert {name: settings[name] for name in expected} == expected


def test_runs_without_a_folder_are_numbered(minigan, tiny, no_curves):
    for _ in range(2):
        assert minigan("train", *tiny, "--steps", 1).status == 0
    assert sorted(os.listdir("runs")) == ["dcgan28-tiny-1", "dcgan28-tiny-2"]


@pytest.mark.parametrize("name", ["with blanks", "[bold]a[/x]:dog:"])
def test_a_folder_may_have_any_name(minigan, tiny, no_curves, name):
    status, out, err = minigan("train", *tiny, "--steps", 1, "--out", name)
    assert (status, err) == (0, "")
    assert f"into {name}\n" in out
    assert f"minigan sample '{name}'\n" in out
    assert (Path(name) / "generator.npz").is_file()


# One seed, one run


@pytest.fixture(scope="module")
def repeated(finished, start, tmp_path_factory):
    """The first run's settings in a folder of its own, by ``--config`` alone, in another process."""
    folder = tmp_path_factory.mktemp("runs") / "again"
    process = start("train", "--config", finished[0] / "config.toml", "--out", folder)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    return folder


def test_a_run_s_config_repeats_it_bit_for_bit(finished, repeated):
    first, _ = finished
    assert figures_of(repeated) == figures_of(first)
    assert len(figures_of(first)) == 8
    for name in WHAT_REPEATS:
        assert (repeated / name).read_bytes() == (first / name).read_bytes(), name
    assert (repeated / "config.toml").read_bytes() == (first / "config.toml").read_bytes()


def test_the_same_flags_repeat_a_run_and_another_seed_does_not(finished, minigan, tiny, no_curves):
    first, _ = finished
    for seed, same in ((3, True), (4, False)):
        folder = Path(f"seed-{seed}")
        assert minigan("train", *tiny, "--steps", 7, "--seed", seed, "--out", folder).status == 0
        assert (figures_of(folder)[1:] == figures_of(first)[1:]) is same
        for name in WHAT_REPEATS:
            assert ((folder / name).read_bytes() == (first / name).read_bytes()) is same, name


def test_flags_override_the_file(finished, minigan, no_curves):
    first, _ = finished
    config = first / "config.toml"
    status, _, err = minigan("train", "--config", config, "--seed", 9, "--lr", 0.5, "--steps", 2, "--out", "run")
    assert (status, err) == (0, "")
    expected = settings_of(first) | {"seed": 9, "learning_rate": 0.5, "steps": 2}
    assert settings_of(Path("run")) == expected


def test_epochs_take_the_place_of_the_file_s_steps_and_the_other_way_round(finished, minigan, no_curves):
    assert minigan("train", "--config", finished[0] / "config.toml", "--epochs", 1, "--out", "a").status == 0
    assert settings_of(Path("a"))["epochs"] == 1
    assert "steps" not in settings_of(Path("a"))
    assert minigan("train", "--config", "a/config.toml", "--steps", 1, "--out", "b").status == 0
    assert settings_of(Path("b"))["steps"] == 1
    assert "epochs" not in settings_of(Path("b"))


def test_a_file_of_a_few_settings_leaves_the_rest_to_flags_and_defaults(minigan, tiny, no_curves):
    Path("my.toml").write_text("seed = 11\nsteps = 1\nd_steps = 3\n")
    assert minigan("train", *tiny, "--config", "my.toml", "--out", "run").status == 0
    settings = settings_of(Path("run"))
    assert (settings["seed"], settings["steps"], settings["d_steps"], settings["noise"]) == (11, 1, 3, "uniform")


# Samples


def test_sample_makes_a_picture_of_new_noise(finished, minigan):
    folder, _ = finished
    status, out, err = minigan("sample", folder, "--count", 5, "--columns", 3, "--out", "a.png")
    assert (status, out, err) == (0, "Wrote a.png\n", "")
    with Image.open("a.png") as picture:
        assert picture.size == (2 * (3 * 10 + 2), 2 * (2 * 10 + 2))
    minigan("sample", folder, "--count", 5, "--columns", 3, "--out", "again.png")
    minigan("sample", folder, "--count", 5, "--columns", 3, "--out", "other.png", "--seed", 1)
    first, again, other = (Path(f"{name}.png").read_bytes() for name in ("a", "again", "other"))
    assert first == again
    assert first != other


def test_sample_writes_into_the_run_s_folder_by_default(repeated, minigan):
    for arguments, name in (((), "samples-0.png"), (("--seed", 7), "samples-7.png")):
        assert minigan("sample", repeated, *arguments).out == f"Wrote {repeated / name}\n"
        with Image.open(repeated / name) as picture:
            assert picture.size == (2 * (8 * 10 + 2), 2 * (8 * 10 + 2))


# Ctrl-C


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to send")
@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_a_run_in_order_and_it_can_go_on(start, minigan, tiny, tmp_path, name, status):
    number = getattr(signal, name)
    process = start(
        *("train", *tiny, "--steps", 100_000, "--out", "run"),
        cwd=tmp_path,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # the tests may run in the background
    )
    folder, deadline = tmp_path / "run", time.monotonic() + 60
    while not (folder / "samples" / "epoch-0002.png").exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    began = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 10
    assert (process.returncode, err) == (status, "")
    assert "Stopped, as you asked; everything so far is saved:" in out
    assert f"minigan sample {folder.name}" in out
    assert f"minigan train --resume {folder.name}" in out

    steps = read_metrics(folder / "metrics.csv")["step"]
    assert steps.tolist() == list(range(1, len(steps) + 1))
    assert 10 <= len(steps) < 100_000
    _, gan = load_run(folder)
    assert np.isfinite(gan.generator.flat_data).all()
    pictures = sorted((folder / "samples").iterdir())
    assert pictures[-1].name == f"step-{len(steps):06d}.png" or len(steps) % 5 == 0
    for path in (folder / "losses.png", folder / "progress.gif", *pictures):
        with Image.open(path) as picture:
            picture.load()
    assert not [path for path in folder.rglob("*") if path.name.startswith(".")]

    more = len(steps) + 3
    refused = minigan("train", "--resume", folder, "--steps", more)
    assert (refused.status, refused.out.count("epoch")) == (2, 0)
    assert f"steps: 100000 at the checkpoint, now {more}" in refused.err
    finished = minigan("train", "--resume", folder, "--steps", more, "--accept", "steps")
    assert (finished.status, finished.err) == (0, "")
    assert read_metrics(folder / "metrics.csv")["step"].tolist() == list(range(1, more + 1))


# The bar


def step(number: int) -> StepEnd:
    return StepEnd(2, number, 12_345, 1.38629, 0.69315, 0.5, 0.5, 0.25, 0.75, 1.0, 1.0, 4321.0, 1.0)


@pytest.fixture
def terminal(monkeypatch):
    """Make standard error a terminal that can be read."""

    def make(width: int = 80) -> io.StringIO:
        screen = io.StringIO()
        screen.isatty = lambda: True
        monkeypatch.setattr("sys.stderr", screen)
        for name, value in {"TERM": "xterm", "NO_COLOR": "1", "COLUMNS": str(width)}.items():
            monkeypatch.setenv(name, value)
        return screen

    return make


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
@pytest.mark.parametrize("number", [1, 1234, 12_343])
def test_the_bar_and_the_metrics_fit_at_any_width(terminal, width, number):
    screen = terminal(width)
    progress = TrainingProgress(Console(file=io.StringIO()))
    for count in range(number, number + 3):
        progress(step(count))
    progress.draw()
    bar, metrics = re.sub(r"\x1b\[[0-9?]*[a-zA-Z]", "", screen.getvalue()).split("\n")
    progress.end()
    assert f"step {number + 2}/12345" in bar
    assert bar.startswith("epoch 2  step ") is (width >= 60)
    assert max(len(bar), len(metrics)) <= width - 3
    assert bar.rstrip().endswith(" left") is (width > 30)
    if number > 12_000 and width > 30:
        assert "━━━  0:00:00 left" in bar
    if width == 200:
        assert metrics == "loss D 1.39 G 0.69  D(x) 0.50 D(G(z)) 0.50  right 25% real 75% fake  4321 img/s"


def test_before_the_first_step_there_is_no_bar(terminal):
    screen = terminal()
    with TrainingProgress(Console(file=io.StringIO())) as progress:
        progress.tick()
        progress(RunStart("dcgan28", "digits", 5000, Path("run")))
        progress.tick()
    assert screen.getvalue() == ""


def test_while_a_step_takes_long_a_pipe_gets_a_line_all_the_same(monkeypatch):
    monkeypatch.setattr(progress_module, "LINES", 0)
    out = io.StringIO()
    progress = TrainingProgress(Console(file=out))
    progress.tick()
    assert out.getvalue() == ""  # nothing has begun
    progress(RunStart("dcgan64", "photos", 5000, Path("run")))
    progress.tick()
    progress(step(5))
    progress.tick()
    progress(DiscriminatorEnd(5, 2, 5))
    progress.tick()
    lines = out.getvalue().splitlines()[3:]
    assert lines == [
        "step 1: 0:00:00 so far",
        "epoch 2  step 5/12345  loss D 1.39 G 0.69  D(x) 0.50 D(G(z)) 0.50  right 25% real 75% fake  4321 img/s",
        "step 6 of 12345: 0:00:00 so far (discriminator: 2 of 5 steps of this round)",
    ]


def test_elsewhere_there_is_a_line_an_epoch_and_no_bar(capsys):
    with TrainingProgress(Console(force_terminal=False, width=40)) as progress:
        progress(step(1234))
        progress(EpochEnd(2, 1234))
    assert capsys.readouterr().out == (
        "epoch 2  step 1234/12345  loss D 1.39 G 0.69  D(x) 0.50 D(G(z)) 0.50  right 25% real 75% fake  4321 img/s\n"
    )


def test_the_first_lines_say_what_runs_and_how_to_get_the_other(minigan, tiny, tmp_path):
    fast = minigan("train", *tiny, "--steps", 1, "--out", tmp_path / "fast")
    how = ", compiled by Numba" if kernels.compiled_run() else ""
    line = f"Fused steps and fast kernels run{how}; --textbook runs the layer files one by one."
    assert fast.out.splitlines()[2] == line
    slow = minigan("train", *tiny, "--steps", 1, "--textbook", "--out", tmp_path / "slow")
    assert slow.out.splitlines()[2].startswith("Textbook mode: the layer files run one by one on the reference kernels")
    assert "textbook = true" in (tmp_path / "slow" / "config.toml").read_text(encoding="utf-8")
    again = minigan("train", "--config", tmp_path / "slow" / "config.toml", "--out", tmp_path / "again")
    assert again.out.splitlines()[2].startswith("Textbook mode")
