"""Runs on a failing system: one clear error, nothing lost that was saved, and the rest is trained as if nothing was."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from minigan import plots
from minigan.errors import RunError
from minigan.runs import TrainConfig, train_run
from minigan.runs.start import resume_run
from minigan.training import Saved, StepEnd
from tests.faults import Crash, Fault, full_disk
from tests.runs.test_resume import contents

STEPS = 6


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch) -> None:
    """They take most of a tiny run's time, and are written by the same calls as the rest."""
    monkeypatch.setattr(plots, "save_losses", lambda path, *_: Path(path).touch())


@pytest.fixture
def config(make_config) -> TrainConfig:
    return make_config(steps=STEPS, checkpoint_every=2, average=0.9)


def continue_from(config: TrainConfig, folder: Path, saved: list[int], listener: Callable = lambda event: None) -> None:
    """Finish a run that was broken off: from the newest checkpoint or, if there never was one, from the start."""
    if saved:
        first: list[int] = []
        assert resume_run(
            folder, listener=lambda event: first.append(event.step) if isinstance(event, StepEnd) else None
        )
        assert not first or first[0] > saved[-1], "what was reported as saved is lost"
    else:
        shutil.rmtree(folder, ignore_errors=True)
        assert train_run(config, folder)


def steps_saved(saved: list[int]) -> Callable:
    """A listener that notes the steps of checkpoints that were reported as saved."""

    def listen(event: object) -> None:
        if isinstance(event, Saved) and event.what == "checkpoint":
            saved.append(int(event.path.stem[5:]))

    return listen


def check_faults(config: TrainConfig, place: Path, failure: int | type[Crash], numbers: range) -> None:
    """Let a run's call of each of these numbers fail, and finish it."""
    assert train_run(config, place / "whole")
    for number in numbers:
        folder, saved, done = place / "run", [], False
        with Fault("any", number, failure) as fault:
            try:
                done = train_run(config, folder, steps_saved(saved))
            except Crash:
                assert failure is Crash
            except (RunError, OSError) as error:
                told = str(error)
        if failure is not Crash and not done:
            assert os.strerror(failure) in told
            assert "\n" not in told
        if not done:  # else all that failed was to remove something old
            continue_from(config, folder, saved)
        assert contents(folder) == contents(place / "whole")
        shutil.rmtree(folder)
        if not fault.met:
            return
    assert fault.met


@pytest.mark.parametrize("failure", [errno.ENOSPC, Crash])
def test_a_run_survives_calls_that_fail(config, tmp_path, failure):
    check_faults(config, tmp_path, failure, range(1, 400, 29))


@pytest.mark.slow
@pytest.mark.parametrize("failure", [errno.ENOSPC, errno.EROFS, errno.EIO, Crash])
def test_a_run_survives_every_call_that_fails(config, tmp_path, failure):
    check_faults(config, tmp_path, failure, range(1, 10_000))


@pytest.mark.parametrize("room", [100, 20_000, 50_000])
def test_a_full_disk_is_one_error_and_the_run_can_be_resumed_when_there_is_space(config, tmp_path, room):
    assert train_run(config, tmp_path / "whole")
    saved: list[int] = []
    with full_disk(room), pytest.raises((RunError, OSError), match="No space left on device"):
        train_run(config, tmp_path / "run", steps_saved(saved))
    continue_from(config, tmp_path / "run", saved)
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def test_a_folder_that_is_removed_while_it_trains_is_one_error(config, tmp_path):
    def remove(event: object) -> None:
        if isinstance(event, StepEnd) and event.step == 3:
            shutil.rmtree(tmp_path / "run")

    with pytest.raises((RunError, OSError), match=r"No such file or directory"):
        train_run(config, tmp_path / "run", remove)
