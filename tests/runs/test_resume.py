"""A resumed run equals one that was not interrupted: the same files, byte for byte, except for times."""

import csv
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from minigan.errors import CheckpointError, ConfigError, NonFiniteError, RunError
from minigan.runs import TrainConfig, train_run
from minigan.runs.lock import RunLock
from minigan.runs.start import resume_run
from minigan.runs.tables import read_metrics
from minigan.training import DiscriminatorEnd, EpochEnd, Notice, StepEnd

#: Two epochs of five steps, and some of a third.
STEPS = 12

#: Runs that remember more than the plain one.
KINDS = {
    "plain": {},
    "averaged": {"average": 0.9, "d_steps": 2},
    "mirrored": {"flip": True},
    "in epochs": {"count_in": "epochs", "g_steps": 2},
    "simultaneous": {"updates": "simultaneous", "optimizer": "momentum", "momentum": "0.5 -> 0.7 over 10"},
    "noisy": {"instance_noise": 0.1, "label_flips": 0.2, "learning_rate": "4e-4 -> 1e-5 over 12 cosine"},
}

#: The columns of times, which no two runs share.
TIMES = ("images_per_second", "seconds")


def content(path: Path) -> object:
    """What a file says, but for times."""
    if path.name == "metrics.csv":
        columns = read_metrics(path)
        return {name: columns[name].tolist() for name in columns if name not in TIMES}
    return path.read_bytes()


def contents(folder: Path) -> dict[str, object]:
    """All files of a run; of the checkpoints, of which the older ones differ by when it stopped, the last."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    old = sorted(folder.glob("checkpoints/*"))[:-1]
    return {path.relative_to(folder).as_posix(): content(path) for path in files if path not in old}


def interrupt(places: set[int], kind: type = StepEnd) -> Callable:
    """A listener that presses Ctrl-C at the events of these numbers."""
    seen = 0

    def listen(event: object) -> None:
        nonlocal seen
        if isinstance(event, kind):
            seen += 1
            if seen in places:
                signal.raise_signal(signal.SIGINT)

    return listen


def resume_until_done(folder: Path, listener: Callable) -> int:
    """Go on until the end; how often."""
    for times in range(1, 50):
        if resume_run(folder, listener=listener):
            return times
    raise AssertionError("it never ends")


@pytest.fixture
def whole(make_config, tmp_path, no_curves) -> Callable[..., tuple[TrainConfig, Path]]:
    """An uninterrupted run."""

    def make(**settings) -> tuple[TrainConfig, Path]:
        config = make_config(**{"steps": STEPS, **settings})
        assert train_run(config, tmp_path / "whole")
        return config, tmp_path / "whole"

    return make


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_run_resumed_after_any_step_is_the_same_run(whole, tmp_path, kind):
    config, expected = whole(**KINDS[kind])
    folder = tmp_path / "run"
    listener = interrupt({1, 3, 5, 8, 10, 11})
    assert not train_run(config, folder, listener)
    assert resume_until_done(folder, listener) > 1
    assert contents(folder) == contents(expected)


def test_so_is_one_resumed_inside_a_round(whole, tmp_path):
    config, expected = whole(d_steps=3, g_steps=2, average=0.5)
    folder = tmp_path / "run"
    listener = interrupt({1, 4, 7}, DiscriminatorEnd)
    assert not train_run(config, folder, listener)
    assert resume_until_done(folder, listener) == 3
    assert contents(folder) == contents(expected)


@pytest.mark.parametrize("settings", [{"penalty": "r1"}, {"loss": "wasserstein", "penalty": "wgan-gp", "d_steps": 2}])
def test_so_is_one_with_a_penalty(tmp_path, settings, no_curves, plain_planes):
    config = TrainConfig.recommended(
        model="mlp2d", data="ring", **{**settings, "steps": 8, "batch_size": 16, "threads": 1}
    )
    assert train_run(config, tmp_path / "whole")
    listener = interrupt({2, 7})
    assert not train_run(config, tmp_path / "run", listener)
    assert resume_until_done(tmp_path / "run", listener) == 2
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def test_so_is_a_conditional_one(tmp_path, no_curves):
    filters = {"generator_filters": (2, 2), "discriminator_filters": (2, 2)}
    config = TrainConfig(conditional=True, steps=6, batch_size=4, threads=1, latent_size=3, **filters)
    assert train_run(config, tmp_path / "whole")
    listener = interrupt({2, 5})
    assert not train_run(config, tmp_path / "run", listener)
    assert resume_until_done(tmp_path / "run", listener) == 2
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def killed(step: int) -> Callable:
    """A listener that dies in the middle of the tables."""

    def listen(event: object) -> None:
        if isinstance(event, StepEnd) and event.step == step:
            raise KeyboardInterrupt

    return listen


def test_what_was_written_after_the_checkpoint_is_written_again(whole, tmp_path):
    config, expected = whole(checkpoint_every=4)
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train_run(config, folder, killed(7))
    assert len(read_metrics(folder / "metrics.csv")["step"]) == 7
    (folder / "samples" / "step-000007.png").write_bytes(b"of a course that was given up")
    (folder / "samples" / ".partial-1").write_bytes(b"half a picture")
    assert resume_run(folder)
    assert contents(folder) == contents(expected)


def test_a_resumed_run_continues_to_count_seconds(make_config, tmp_path, no_curves):
    assert not train_run(make_config(steps=STEPS), tmp_path, interrupt({6}))
    before = read_metrics(tmp_path / "metrics.csv")["seconds"][-1]
    resume_run(tmp_path)
    after = read_metrics(tmp_path / "metrics.csv")["seconds"]
    assert (np.diff(after) > 0).all()
    assert after[6] > before


# The newest checkpoint that is whole


def test_a_damaged_checkpoint_is_reported_and_the_one_before_is_used(whole, tmp_path):
    config, expected = whole()
    folder, events = tmp_path / "run", []
    assert not train_run(config, folder, interrupt({8}))
    newest = max((folder / "checkpoints").iterdir())
    damaged = bytearray(newest.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    newest.write_bytes(damaged)
    assert resume_run(folder, listener=events.append)
    (notice,) = [event for event in events if isinstance(event, Notice) and event.kind == "damaged checkpoint"]
    assert newest.name in notice.text
    first = next(event for event in events if isinstance(event, StepEnd))
    assert first.step == 6
    assert contents(folder) == contents(expected)


def test_only_damaged_ones_are_an_error_and_change_nothing(make_config, tmp_path, no_curves):
    assert not train_run(make_config(steps=STEPS), tmp_path, interrupt({8}))
    for path in (tmp_path / "checkpoints").iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    before = contents(tmp_path)
    with pytest.raises(CheckpointError, match="found only damaged ones"):
        resume_run(tmp_path)
    assert contents(tmp_path) == before


def test_as_many_stay_as_are_asked_for(make_config, tmp_path, no_curves):
    train_run(make_config(steps=STEPS, checkpoint_every=2, keep=2), tmp_path)
    assert [path.name for path in sorted((tmp_path / "checkpoints").iterdir())] == [
        "step-000000010.checkpoint",
        "step-000000012.checkpoint",
    ]


# What is refused


def test_another_process_s_run_is_left_alone(make_config, tmp_path, no_curves):
    assert not train_run(make_config(steps=STEPS), tmp_path, interrupt({2}))
    with RunLock(tmp_path), pytest.raises(RunError, match="expected a run that no other process works on"):
        resume_run(tmp_path)


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"expected the folder of a run, with a config\.toml in it"):
        resume_run(tmp_path)


def test_a_run_without_checkpoints_is_refused(make_config, tmp_path, no_curves):
    assert not train_run(make_config(steps=STEPS), tmp_path, interrupt({2}))
    for path in (tmp_path / "checkpoints").iterdir():
        path.unlink()
    with pytest.raises(RunError, match=r"expected a checkpoint to resume from in .*checkpoints, found none"):
        resume_run(tmp_path)


def test_a_finished_run_writes_its_summary_and_says_how_to_train_longer(make_config, tmp_path, no_curves):
    train_run(make_config(steps=2), tmp_path)
    before, events = contents(tmp_path), []
    (tmp_path / "generator.npz").unlink()
    assert resume_run(tmp_path, listener=events.append)
    assert contents(tmp_path) == before
    assert "all 2 steps are done" in next(event.text for event in events if isinstance(event, Notice))
    events = []
    assert resume_run(tmp_path, {"steps": 4}, ["steps"], events.append)
    assert read_metrics(tmp_path / "metrics.csv")["step"].tolist() == [1, 2, 3, 4]
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert notice.text == "with changed settings: steps: 2 at the checkpoint, now 4"
    assert "steps = 4" in (tmp_path / "config.toml").read_text()


def test_other_settings_are_refused_with_both_values(make_config, tmp_path, no_curves):
    assert not train_run(make_config(steps=STEPS), tmp_path, interrupt({2}))
    before = contents(tmp_path)
    with pytest.raises(ConfigError, match=r"--lr: 0\.0004 at the checkpoint, now 0\.001; add --accept lr"):
        resume_run(tmp_path, {"learning_rate": 0.001})
    assert contents(tmp_path) == before
    assert resume_run(tmp_path, {"learning_rate": 0.001, "keep": 5}, ["learning_rate"])


def test_other_data_are_refused(make_config, tmp_path, pixels, no_curves):
    data = tmp_path / "data.npy"
    np.save(data, pixels)
    assert not train_run(make_config(steps=STEPS, data=str(data)), tmp_path / "run", interrupt({2}))
    np.save(data, pixels[::-1])
    with pytest.raises(RunError, match="expected the data that the run was trained on, got others"):
        resume_run(tmp_path / "run")


# Numbers that are no longer finite


def spoilt_once(trainer_step: int) -> Callable:
    """A listener that spoils a weight after a step, once: as a bit that flips in memory would."""
    done = False

    def listen(event: object) -> None:
        nonlocal done
        if isinstance(event, StepEnd) and event.step == trainer_step and not done:
            done = True
            listen.run.gan.discriminator.flat_data[0] = np.nan

    return listen


@pytest.fixture
def with_run(monkeypatch) -> Callable:
    """Let a listener know the run."""
    from minigan.runs.folder import Run

    def give(listener: Callable) -> Callable:
        begin = Run.begin
        monkeypatch.setattr(Run, "begin", lambda run: (setattr(listener, "run", run), begin(run))[1])
        return listener

    return give


def test_a_nonfinite_loss_stops_the_run_by_default(make_config, tmp_path, with_run, no_curves):
    with pytest.raises(NonFiniteError, match="step 8"):
        train_run(make_config(steps=STEPS), tmp_path, with_run(spoilt_once(7)))
    assert resume_run(tmp_path)


def test_on_nan_restore_returns_to_the_checkpoint_and_halves_the_rates(make_config, tmp_path, with_run, no_curves):
    assert train_run(make_config(steps=STEPS, on_nan="restore"), tmp_path, with_run(spoilt_once(7)))
    assert read_metrics(tmp_path / "metrics.csv")["step"].tolist() == list(range(1, STEPS + 1))
    with open(tmp_path / "notices.csv", newline="") as file:
        (row,) = [row for row in csv.DictReader(file) if row["kind"] == "restored"]
    assert row["step"] == "5"
    assert row["text"].startswith("step 8: ")
    assert row["text"].endswith("The run continues from step 5, with 0.5 times the learning rates.")


def test_lower_rates_stay_lower(make_config, tmp_path, with_run, no_curves):
    listener = with_run(spoilt_once(7))
    train_run(make_config(steps=STEPS, on_nan="restore"), tmp_path, listener)
    assert listener.run.trainer.g_optimizer.learning_rate == 2e-4
    resume_run(tmp_path, {"steps": STEPS + 1}, ["steps"], with_run(lambda event: None))
    checkpoint = listener.run.checkpoints.newest()
    assert checkpoint is not None
    assert checkpoint[1].state["run"]["scale"] == 0.5


def test_it_gives_up_where_nothing_helps(make_config, tmp_path, no_curves):
    config = make_config(steps=STEPS, on_nan="restore", optimizer="sgd", learning_rate=1e30, momentum=0.0)
    with pytest.raises(NonFiniteError, match="step 1"):
        train_run(config, tmp_path)
    with open(tmp_path / "notices.csv", newline="") as file:
        assert sum(row["kind"] == "restored" for row in csv.DictReader(file)) == 1


def test_a_resumed_run_reports_every_epoch_to_the_end(make_config, tmp_path, no_curves):
    """An interruption at the last step of an epoch does not lose the epoch."""
    config = replace(make_config(steps=None), epochs=2)
    assert not train_run(config, tmp_path, interrupt({5}))
    assert (tmp_path / "samples" / "epoch-0001.png").exists()
    events = []
    assert resume_run(tmp_path, listener=events.append)
    assert [event.epoch for event in events if isinstance(event, EpochEnd)] == [2]


def test_a_resumed_run_removes_no_file_of_the_user_s(make_config, tmp_path, no_curves):
    train_run(make_config(steps=2), tmp_path)
    own = ["best.png", "epoch-0001.jpg", "notes.txt", "step-000002.png.bak"]
    for name in own:
        (tmp_path / "samples" / name).write_text("mine")
    (tmp_path / "samples" / "chosen").mkdir()
    (tmp_path / "samples" / "step-000009.png").write_text("of an abandoned continuation")
    assert resume_run(tmp_path, {"steps": 3}, ["steps"])
    found = {path.name for path in (tmp_path / "samples").iterdir()}
    assert found == {*own, "chosen", "start.png", "step-000003.png"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the platform has no named pipes")
def test_a_table_that_is_a_pipe_is_refused_at_once(make_config, tmp_path, no_curves):
    train_run(make_config(steps=2), tmp_path)
    (tmp_path / "metrics.csv").unlink()
    os.mkfifo(tmp_path / "metrics.csv")
    with pytest.raises(RunError, match="expected a table"):
        resume_run(tmp_path, {"steps": 3}, ["steps"])


@pytest.mark.parametrize(
    "gone", ["samples", "samples/start.png", "samples/epoch-0001.png", "progress.gif", "losses.png"]
)
def test_a_run_whose_pictures_were_removed_goes_on(make_config, tmp_path, no_curves, gone):
    train_run(make_config(steps=6), tmp_path)
    if (tmp_path / gone).is_dir():
        shutil.rmtree(tmp_path / gone)
    else:
        (tmp_path / gone).unlink()
    assert resume_run(tmp_path, {"steps": 8}, ["steps"])
    assert (tmp_path / "samples" / "step-000008.png").is_file()
    assert (tmp_path / "progress.gif").is_file()
    assert resume_run(tmp_path)
