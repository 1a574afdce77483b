"""The checkpoints of a run: the last ones and the best, in files whose names sort by step."""

import math
import re
from pathlib import Path

from minigan.errors import CheckpointError, RunError
from minigan.io.atomic_write import remove_leftovers, system
from minigan.numbers import count_of
from minigan.training.checkpoint.file import (
    Checkpoint,
    DamagedCheckpointError,
    read_checkpoint,
    read_score,
    write_checkpoint,
)
from minigan.training.events import Listener, Notice, Saved, ignore

__all__ = ["CheckpointFolder"]

#: A checkpoint's name; nine digits sort as text do up to a billion steps, and as numbers beyond.
NAME = re.compile(r"step-([0-9]{9,})\.checkpoint")


class CheckpointFolder:
    """A folder of checkpoints of which the last `keep` stay, and the best.

    A file is removed only after a newer one is durable, and only if it has a checkpoint's name. Saving at a step also
    removes the checkpoints of later steps, which an abandoned continuation of the run has left.

    Only one process may use a folder at a time: see `minigan.runs.lock.RunLock`.

    Parameters
    ----------
    folder : path
        Created if it is missing. Leftovers of killed writes are removed, and every checkpoint is checked.
    keep : int
        How many of the last ones stay.
    listener : callable
        Called with `Saved` for every checkpoint, once it is durable, and with a `Notice` for every damaged one that is
        skipped.

    Attributes
    ----------
    good : dict of int to float or None
        The steps of the complete checkpoints, each with the run's score there.

    Raises
    ------
    ConfigError
        `keep` is less than 1.
    CheckpointError
        A newer minigan made one of them.
    RunError
        The folder cannot be made or read.

    Examples
    --------
    >>> import tempfile
    >>> folder = CheckpointFolder(tempfile.mkdtemp(), keep=2)
    >>> for step in (10, 20, 30):
    ...     folder.save(step, Checkpoint(arrays={}, state={"step": step}))
    >>> sorted(path.name for path in folder.folder.iterdir())
    ['step-000000020.checkpoint', 'step-000000030.checkpoint']
    >>> step, checkpoint = folder.newest()
    >>> checkpoint.state
    {'step': 30}
    """

    def __init__(self, folder: str | Path, keep: int = 3, listener: Listener | None = None) -> None:
        self.folder, self.keep, self.listener = Path(folder), count_of("keep", keep), listener or ignore
        self.good: dict[int, float | None] = {}
        self.damaged: dict[int, str] = {}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            remove_leftovers(self.folder)
            found = sorted(self.folder.iterdir())
        except OSError as error:
            raise RunError(f"expected a folder for checkpoints, got {self.folder}: {error.strerror}") from None
        for path in found:
            if name := NAME.fullmatch(path.name):
                self._check(int(name[1]))

    def __repr__(self) -> str:
        return f"CheckpointFolder({str(self.folder)!r}, keep={self.keep}, steps={sorted(self.good)})"

    def _check(self, step: int) -> None:
        """Check the checkpoint of a step, and keep its score or its damage."""
        try:
            self.good[step] = read_score(self.path(step))
        except DamagedCheckpointError as error:
            self.damaged[step] = str(error)

    def path(self, step: int) -> Path:
        """Where the checkpoint of a step is."""
        return self.folder / f"step-{step:09d}.checkpoint"

    def newest(self) -> tuple[int, Checkpoint] | None:
        """The step and the content of the newest complete checkpoint; None if there is no checkpoint, damaged or not.

        Raises
        ------
        CheckpointError
            There are some, and all are damaged.
        RunError
            One cannot be read.
        """
        for step in sorted({*self.good, *self.damaged}, reverse=True):
            try:
                if step not in self.damaged:
                    return step, read_checkpoint(self.path(step))
            except DamagedCheckpointError as error:  # since it was checked
                del self.good[step]
                self.damaged[step] = str(error)
            self.listener(Notice(step, "damaged checkpoint", f"{self.damaged[step]}. The one before is taken."))
        if self.damaged:
            raise CheckpointError(
                f"expected a whole checkpoint in {self.folder}, found only damaged ones: "
                f"{'; '.join(reason for _, reason in sorted(self.damaged.items()))}"
            )
        return None

    def save(self, step: int, checkpoint: Checkpoint) -> None:
        """Save the state at a step; when this returns it is durable, and only then are older files removed.

        Raises
        ------
        RunError
            It could not be saved. All checkpoints are as they were.
        """
        path = self.path(step)
        try:
            write_checkpoint(path, checkpoint)
        except OSError as error:
            gone = "" if self.folder.is_dir() else ", for its folder is gone"
            raise RunError(
                f"expected a place for a checkpoint, got {path}: {error.strerror}{gone}; "
                "the checkpoints before it are as they were"
            ) from None
        self.damaged.pop(step, None)
        self.good[step] = checkpoint.score
        self.listener(Saved(path, "checkpoint"))
        self._remove_old(step)

    def _remove_old(self, newest: int) -> None:
        """Remove all but the last ones up to the newest, and the best of these."""
        steps = sorted(step for step in self.good if step <= newest)
        kept = {*steps[-self.keep :], *self._best(steps)}
        for step in {*self.good, *self.damaged} - kept:
            try:
                system.remove(self.path(step))
            except FileNotFoundError:
                pass
            except OSError:  # the new checkpoint is saved; the next save tries this again
                continue
            self.good.pop(step, None)
            self.damaged.pop(step, None)

    def _best(self, steps: list[int]) -> list[int]:
        """The step with the lowest score, the first of several; none if no score is known."""
        scores = {step: score for step in steps if (score := self.good[step]) is not None and math.isfinite(score)}
        return [min(scores, key=lambda step: (scores[step], step))] if scores else []
