"""Starts, resumes and loads a training run. Its folder has these files:

::

    config.toml        every setting; minigan train --config repeats the run
    data.json          where the data are, and what was made of them
    metrics.csv        one line for each step
    gradients.csv      norms of each layer's gradients, one line for each step
    evaluation.csv     metrics of the samples, one line for each epoch (with --metrics)
    notices.csv        warnings about the run
    samples/           the generator's images of the same noise, after every epoch
    progress.gif       the same as an animation, of at most 60 of them
    losses.png         losses, D(x), D(G(z)) and accuracies over the steps
    generator.npz      weights of both networks
    discriminator.npz
    average.npz        the moving average of the generator's weights (with --average)
    checkpoints/       the last few checkpoints, for minigan train --resume
"""

import itertools
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from minigan import backend, models
from minigan.errors import CheckpointError, ConfigError, RunError
from minigan.initializers import parameter_budget
from minigan.io.atomic_write import load_arrays, remove_leftovers
from minigan.io.messages import one_line
from minigan.model.sequential import Sequential
from minigan.models import GAN
from minigan.runs.build import build_run
from minigan.runs.config import TrainConfig, read_config, write_config
from minigan.runs.folder import Run
from minigan.runs.lock import RunLock
from minigan.runs.notebook import default_listener
from minigan.runs.resume import check_settings
from minigan.runs.run_data import PLACES, write_places
from minigan.runs.trial import try_step
from minigan.training.checkpoint.file import Checkpoint, versions
from minigan.training.events import Listener, Notice
from minigan.training.interrupt import SaveRequest
from minigan.training.nonfinite import all_finite

__all__ = [
    "check_folder",
    "check_writable",
    "load_run",
    "make_numbered_folder",
    "next_place",
    "resume_run",
    "train_run",
]

#: Numbers that the networks may have above those in the weight files, so that a missing array is reported by name.
SPARE = 10**7

#: Settings that may always differ when a run is resumed: they decide where and how fast it runs, and what is kept.
FREE = ("backend", "threads", "checkpoint_every", "keep", "on_nan", "on_usr1")


def train_run(config: TrainConfig, folder: str | Path | None = None, listener: Listener | None = None) -> bool:
    """Train with the settings of `config` and write all files to `folder`.

    Nothing is written before settings, data and networks are known to fit each other.

    Parameters
    ----------
    config : TrainConfig
    folder : path, optional
        New or empty. Default: the next in ``runs/``, which the event `RunStart` names.
    listener : Listener, optional
        Called with every `Event`. Default: `NotebookProgress` in a notebook, none elsewhere.

    Returns
    -------
    bool
        True at the end of the training; False if a signal stopped it before (Ctrl-C, SIGTERM, SIGHUP).

    Raises
    ------
    MiniganError
        The settings do not fit each other; or a loss is no longer finite, and all files up to then are kept.
    """
    place = Path(folder) if folder else next_place(config.model, config.data)
    (check_folder if folder else check_writable)(place)
    # SIGUSR1 is caught from the start: it would end a process that still reads its data.
    with SaveRequest() as save, backend.textbook(config.textbook or backend.is_textbook()):
        parts = build_run(config)
        try_step(parts)
        run = Run(place, parts, listener or default_listener())
        run.folder = place = make_folder(place) if folder else make_numbered_folder(place)
        with RunLock(place):
            check_folder(place)  # another process may have used it meanwhile
            run.begin()
            return run.train(save)


def resume_run(
    folder: str | Path,
    changes: Mapping[str, Any] | None = None,
    accepted: Collection[str] = (),
    listener: Listener | None = None,
) -> bool:
    """Continue a run from its newest checkpoint, as if it had never been interrupted.

    With the same settings, versions and machine the rest of the run is the same, bit for bit. Of a finished run
    pictures and weights are written once more.

    Parameters
    ----------
    folder : path
        Of the run.
    changes : mapping, optional
        Settings that replace the run's own.
    accepted : collection of str
        Names of settings that may differ from the checkpoint's. `FREE` ones always may.
    listener : Listener, optional
        As in `train_run`.

    Returns
    -------
    bool
        As in `train_run`.

    Raises
    ------
    RunError
        The folder is no run, has no checkpoint, or is in use.
    ConfigError
        Settings differ that are not accepted.
    CheckpointError
        All checkpoints are damaged, or do not fit.
    """
    folder, changes, listener = Path(folder), changes or {}, listener or default_listener()
    own = read_settings(folder)
    if not (folder / "checkpoints").is_dir():
        raise RunError(nothing_to_resume(folder))
    if changes.keys() & {"epochs", "steps"}:  # each replaces the other
        own = {name: value for name, value in own.items() if name not in ("epochs", "steps")}
    config = TrainConfig(**{**own, **changes})
    with SaveRequest() as save, RunLock(folder) as lock, backend.textbook(config.textbook or backend.is_textbook()):
        parts = build_run(config, folder)
        run = Run(folder, parts, listener)
        found = run.find_checkpoints().newest()
        if found is None:
            raise RunError(nothing_to_resume(folder))
        step, checkpoint = found
        changed = check_settings(checkpoint.state["run"]["config"], run.config, accepted, FREE)
        if changed:
            try_step(parts)
        run.continue_from(checkpoint)
        for place in (folder, folder / "samples"):
            remove_leftovers(place)
        run.announce()
        if changed:
            write_config(folder / "config.toml", run.config)
        if changes.keys() & {"data", "labels"} or not (folder / PLACES).exists():
            write_places(folder, run.config, run.trainer.data)
        if step >= run.total:
            length = "steps" if run.config.epochs is None else "epochs"
            words = f"all {step} steps are done; to train longer: --{length} N --accept {length}"
            listener(Notice(step, "finished", words))
            run.write_summary()
            return True
        run.notes += resumed(step, run.config, changed, checkpoint, lock.left_by)
        return run.train(save)


def nothing_to_resume(folder: Path) -> str:
    """The error for a run without checkpoints."""
    imported = not (folder / "metrics.csv").exists() and (folder / "generator.npz").exists()
    reason = ": the run was imported; sample, evaluate, plot and export use its weights" if imported else ""
    return f"expected a checkpoint to resume from in {folder / 'checkpoints'}, found none{reason}"


def resumed(
    step: int, config: TrainConfig, changed: list[str], checkpoint: Checkpoint, left_by: str
) -> Iterator[Notice]:
    """The notice at the start of a resumed run: everything that differs from before."""
    remarks = [f"with changed settings: {', '.join(changed)}"] if changed else []
    before = checkpoint.state["run"]["config"]["backend"]
    if before != config.backend:
        remarks.append(f"it ran on {before} and continues on {config.backend}: numbers will differ in the last digits")
    if checkpoint.versions != versions():
        remarks.append(f"made by {checkpoint.versions}, now {versions()}: numbers may differ in the last digits")
    if left_by:
        remarks.append(f"its last process was killed: {left_by}")
    if remarks:
        yield Notice(step, "resumed", "; ".join(remarks))


def read_settings(folder: Path) -> dict[str, Any]:
    """The settings of the run in a folder."""
    if not os.path.lexists(folder / "config.toml"):
        raise RunError(f"expected the folder of a run, with a config.toml in it, got {folder}")
    return read_config(folder / "config.toml")


def check_folder(folder: Path) -> None:
    """Refuse a folder that is not empty, and what `check_writable` refuses."""
    try:
        if folder.exists() and (not folder.is_dir() or any(path.name != RunLock.NAME for path in folder.iterdir())):
            kind = "a run" if (folder / "config.toml").exists() else "something"
            raise RunError(f"expected a new or empty folder for the run, got {folder}, which already holds {kind}")
    except OSError as error:
        raise RunError(f"expected a folder that can be written, got {folder}: {error.strerror}") from None
    check_writable(folder)


def check_writable(folder: Path) -> None:
    """Refuse a path where no folder can be made."""
    try:
        place = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
        if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
            raise RunError(f"expected a folder that can be written, got {folder}: {place} cannot be written")
    except OSError as error:
        raise RunError(f"expected a folder that can be written, got {folder}: {error.strerror}") from None


def next_place(model: str, data_name: str) -> Path:
    """Where a run without ``--out`` goes, but for its number: ``runs/MODEL-DATA``."""
    return Path("runs") / f"{model}-{Path(data_name.rpartition(':')[2]).stem}"


def make_folder(folder: Path, new: bool = False) -> Path:
    """Make a folder, unless it is there; with `new` a `FileExistsError` is raised then.

    Raises
    ------
    RunError
        It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=not new)
    except OSError as error:
        if new and isinstance(error, FileExistsError) and os.path.lexists(folder):
            raise
        raise RunError(f"expected a folder that can be written, got {folder}: {error.strerror}") from None
    return folder


def make_numbered_folder(place: Path) -> Path:
    """Make the first of ``PLACE-1``, ``PLACE-2``, ... that does not exist: each of several processes gets its own.

    Raises
    ------
    RunError
        It cannot be made.
    """
    for number in itertools.count(1):
        with suppress(FileExistsError):
            return make_folder(place.with_name(f"{place.name}-{number}"), new=True)
    raise AssertionError


def load_run(folder: str | Path) -> tuple[TrainConfig, GAN]:
    """The settings of a finished or interrupted run, and its networks with their last weights.

    If the run kept a moving average of the generator's weights, the generator has the average: its samples are better.

    Raises
    ------
    RunError
        The folder is not a run.
    ConfigError
        Its settings are damaged, or no networks can be built by them.
    CheckpointError
        Its weights are missing, damaged, not finite, or do not fit.
    """
    folder = Path(folder)
    config = TrainConfig(**read_settings(folder))
    generator = load_arrays(folder / ("generator.npz" if config.average is None else "average.npz"))
    discriminator = load_arrays(folder / "discriminator.npz")
    try:
        with parameter_budget(SPARE + sum(array.size for array in (*generator.values(), *discriminator.values()))):
            gan = models.build(config.model, config.seed, **config.model_options())
    except (ValueError, OverflowError, MemoryError) as error:  # sizes that do not fit together, or not into the memory
        raise ConfigError(f"{folder / 'config.toml'}: no networks of these sizes: {one_line(error)}") from None
    put_weights(gan.generator, generator, folder)
    put_weights(gan.discriminator, discriminator, folder)
    return config, gan


def put_weights(network: Sequential, weights: dict[str, np.ndarray], folder: Path) -> None:
    """Replace a network's weights by these; they must be finite, as a run never saves others."""
    network.load_state_dict(weights)
    for name, parameter in network.parameters().items():
        if not all_finite(parameter.data):
            raise CheckpointError(f"{folder}: expected finite numbers in {network.name}'s {name}, got NaN or infinity")
