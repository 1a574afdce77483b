"""A run while it trains: writes the files of its folder, and the checkpoints to resume from.

`minigan.runs.start` lists the files of the folder.
"""

import gc
import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from minigan import backend, data, plots
from minigan.data.description import describe
from minigan.errors import NonFiniteError, RunError
from minigan.io.atomic_write import save_arrays
from minigan.runs.build import RunParts
from minigan.runs.checkpoint_interval import CheckpointInterval
from minigan.runs.config import write_config
from minigan.runs.epoch_metrics import EpochMetrics
from minigan.runs.resume import cut_tables, lines_of_tables, settings_of
from minigan.runs.run_data import notices_of, write_places
from minigan.runs.tables import COLUMNS, Table, read_metrics, row_of
from minigan.training.checkpoint.file import Checkpoint
from minigan.training.checkpoint.folder import CheckpointFolder
from minigan.training.checkpoint.trainer_state import capture, restore
from minigan.training.events import (
    EpochEnd,
    Evaluated,
    Event,
    LayerGradients,
    Listener,
    Notice,
    RunStart,
    Saved,
    StepEnd,
    Stopped,
)
from minigan.training.interrupt import SaveRequest, StopRequest
from minigan.training.monitor.monitor import Monitor
from minigan.training.nonfinite import all_finite
from minigan.training.sample_grid import SampleGrid
from minigan.training.step_metrics import layer_squares

__all__ = ["Run"]

#: The names of the pictures of samples.
PICTURE = re.compile(r"(start|epoch-[0-9]+|step-[0-9]+)\.png")

#: How often a run may restore the same checkpoint: each time halves the learning rates.
MOST_RESTORED = 5

#: The most frames of the animation, and the least steps between two drawings of the losses: an epoch may be short.
MOST_FRAMES, STEPS_BETWEEN_LOSSES = 60, 20


class Run:
    """Trains, and writes the files of the run's folder.

    Parameters
    ----------
    folder : path
        Nothing is written to it before `begin` or `find_checkpoints`; from then on it must be locked.
    parts : RunParts
        The settings, the trainer and its learning rates.
    listener : Listener
        Called with every `Event`.
    """

    def __init__(self, folder: Path, parts: RunParts, listener: Listener) -> None:
        self.folder, self.listener = folder, listener
        config, trainer, self.rates = parts
        self.config, self.trainer = config, trainer
        self.gan = trainer.gan
        trainer.layer_gradients = True
        self.samples = SampleGrid(
            trainer.gan, trainer.data, trainer.loss, config.noise, config.seed, config.class_names
        )
        noise = trainer.options.instance_noise
        self.monitor = Monitor(
            config.batch_size,
            accuracy=trainer.loss.decision_threshold is not None,
            noise_until=0 if noise is None else noise.steps,
        )
        self.evaluate = EpochMetrics(trainer.gan, trainer.data, config.noise, config.seed) if config.metrics else None
        self.interval = CheckpointInterval(config.checkpoint_every)
        self.total = config.steps or (config.epochs or 0) * trainer.steps_per_epoch
        self.digests = digests(trainer.data, bool(self.gan.classes))
        self.frames: list[Path] = []
        self.notes: list[Notice] = []
        self.score: float | None = None
        self.restored, self.losses_due = 0, 1
        self.tables: list[Table] = []

    def begin(self) -> None:
        """Write the first files of a new run."""
        self.find_checkpoints()
        self.announce()
        (self.folder / "samples").mkdir()
        write_config(self.folder / "config.toml", self.config)
        write_places(self.folder, self.config, self.trainer.data)
        self.notes += notices_of(self.config, self.trainer.data)
        self.save("start")

    def find_checkpoints(self) -> CheckpointFolder:
        """The checkpoints of the folder, which is made if there is none."""
        self.checkpoints = CheckpointFolder(self.folder / "checkpoints", self.config.keep, self.listener)
        return self.checkpoints

    def announce(self) -> None:
        """Report what will be trained."""
        data = self.trainer.data
        textbook, done = backend.is_textbook(), (self.trainer.step, self.total)
        made = describe(data, self.gan.output_range)
        self.listener(RunStart(self.gan.name, data.name, len(data), self.folder, textbook, *done, made))

    def train(self, save: SaveRequest) -> bool:
        """Train to the end and write the files; False if a signal stopped it before. `save` asks for checkpoints."""
        with StopRequest() as stop:
            while True:
                try:
                    with self._tables():
                        self._train(stop, save)
                    break
                except NonFiniteError as error:
                    if not self._restore(error):
                        raise
        if stop.asked:
            self.listener(Stopped(self.trainer.step, stop.asked))
        return not stop.asked

    def _train(self, stop: StopRequest, save: SaveRequest) -> None:
        """Train until the end, a stop or an error. A second signal interrupts at once, and nothing more is saved."""
        if not self.checkpoints.good:
            self.checkpoint()
        try:
            self._handle_events(stop, save)
        except NonFiniteError:
            self.write_summary()
            raise
        self.checkpoint()
        self.write_summary()

    def write_summary(self) -> None:
        """Write the samples of an unfinished epoch, the curves, and the animation."""
        if self.trainer.step % self.trainer.steps_per_epoch:
            self.save(f"step-{self.trainer.step:06d}")
        if self.trainer.step and self.losses_due < self.trainer.step + STEPS_BETWEEN_LOSSES:
            self.save_losses()
        if self.frames:
            plots.save_film(self.folder / "progress.gif", self.frames, most=MOST_FRAMES)

    @contextmanager
    def _tables(self) -> Iterator[None]:
        """Open the run's tables: new ones, or those of the folder to append to."""
        with ExitStack() as files:

            def table(name: str, columns: Sequence[str]) -> Table:
                self.tables.append(files.enter_context(Table(self.folder / name, columns)))
                return self.tables[-1]

            self.tables = []
            self.metrics = table("metrics.csv", COLUMNS)
            self.gradients = table("gradients.csv", ["step", *layer_squares(self.gan)])
            self.notices = table("notices.csv", ["step", "kind", "text"])
            if self.evaluate is not None:
                self.evaluation = table("evaluation.csv", ["epoch", "step", *self.evaluate.names])
            while self.notes:
                self.note(self.notes.pop(0))
            yield

    def _handle_events(self, stop: StopRequest, save: SaveRequest) -> None:
        """Train, and handle each event: steps go to the tables, epochs to the folder, all events to the listener."""
        left = self.total - self.trainer.step
        for event in self.trainer.train(steps=left) if left > 0 else ():
            if isinstance(event, LayerGradients):
                self.gradients.append([event.step, *event.norms.values()])
                self.listener(event)
                check_norms(event)
                continue
            if isinstance(event, StepEnd):
                self.metrics.append(row_of(event))
            elif isinstance(event, EpochEnd):
                self.save(f"epoch-{event.epoch:04d}")
            self.report(event)
            if isinstance(event, EpochEnd):
                self._measure_samples(event)
            # On a GPU the networks are ahead of the events: a checkpoint or stop waits until all are reported.
            if self.trainer.pending_events:
                continue
            if self.interval.due(self.trainer.step, isinstance(event, EpochEnd)):
                self.checkpoint()
            if (number := save.take()) and self.config.on_usr1 == "stop":
                stop.asked = stop.asked or number
            elif number:
                self.checkpoint()
                self.listener(Notice(self.trainer.step, "saved", "a checkpoint, because of the signal SIGUSR1"))
            if stop.asked or (self.config.stop_when_converged and self.monitor.converged):
                break

    def _measure_samples(self, event: EpochEnd) -> None:
        """Report the diversity of the samples and, with --metrics, how good they are."""
        with self.trainer.sampler() as generator:
            self.report(self.samples.diversity(event.step, generator))
            if self.evaluate is not None:
                values = self.evaluate(generator)
                self.score = values.get("frechet_distance")
                self.evaluation.append([event.epoch, event.step, *values.values()])
                self.report(Evaluated(event.epoch, event.step, values))

    def report(self, event: Event) -> None:
        """Pass an event to the listener and to the monitor, and record the monitor's notices."""
        self.listener(event)
        for notice in self.monitor(event):
            self.note(notice)

    def note(self, notice: Notice) -> None:
        """Write a notice to its table, and pass it to the listener."""
        self.notices.append([notice.step, notice.kind, notice.text])
        self.listener(notice)

    # Checkpoints

    def checkpoint(self) -> None:
        """Save everything needed to resume from this step."""
        if self.trainer.step in self.checkpoints.good and not self.trainer.round.d_done:
            return
        run = {
            "config": settings_of(self.config),
            **self.digests,
            "tables": lines_of_tables(table.path for table in self.tables),
            "frames": [path.name for path in self.frames],
            "scale": self.rates.scale,
        }
        self.checkpoints.save(self.trainer.step, capture(self.trainer, self.monitor, run, self.score))
        self.interval.saved(self.trainer.step)
        self.score, self.restored = None, 0

    def continue_from(self, checkpoint: Checkpoint) -> None:
        """Return to a checkpoint, in memory and in the folder.

        Raises
        ------
        CheckpointError, RunError
            It does not fit the networks, the data or what is in the folder.
        """
        run = checkpoint.state["run"]
        for what, digest in self.digests.items():
            if run.get(what, digest) != digest:  # runs of 0.2.0 and before have no digest of their labels
                found = f"got others in {self.trainer.data.name}"
                raise RunError(f"expected the {what} that the run was trained on, {found}")
        restore(checkpoint, self.trainer, self.monitor)
        cut_tables(self.folder, run["tables"])
        self.rates.scale, self.losses_due = run["scale"], 1
        self.trainer.seconds = seconds_of(self.folder / "metrics.csv")
        self.interval.saved(self.trainer.step)
        (self.folder / "samples").mkdir(exist_ok=True)
        drawn = [self.folder / "samples" / name for name in run["frames"]]
        self.frames = [path for path in drawn if path.is_file()]  # others were removed
        for path in {*(self.folder / "samples").iterdir()} - {*self.frames}:
            if PICTURE.fullmatch(path.name):  # no file of the user's
                path.unlink()

    def _restore(self, error: NonFiniteError) -> bool:
        """Go back to the last checkpoint with half the learning rates; False if the run must stop instead."""
        if self.config.on_nan != "restore" or self.restored == MOST_RESTORED:
            return False
        found = self.checkpoints.newest()
        if found is None:
            return False
        self.restored += 1
        scale = self.rates.scale / 2
        self.continue_from(found[1])
        self.rates.scale = scale
        words = f"{error}. The run continues from step {found[0]}, with {scale:g} times the learning rates."
        self.notes.append(Notice(found[0], "restored", words))
        return True

    # Pictures and weights

    def save(self, name: str) -> None:
        """Save the samples under this name, the weights and the curves."""
        self.save_samples(name)
        self.save_weights()
        if self.trainer.step >= self.losses_due:
            self.save_losses()
        # The objects of a picture form reference cycles. Training makes so few objects that the garbage collector would
        # not run for minutes, and unused pictures would fill hundreds of megabytes.
        gc.collect()

    def save_samples(self, name: str) -> None:
        """Save the picture of the samples."""
        path = self.folder / "samples" / f"{name}.png"
        with self.trainer.sampler() as generator:
            drawn = self.samples.save(path, generator, f"step {self.trainer.step}")
        if drawn:
            self.frames.append(path)
            self.listener(Saved(path, "samples"))

    def save_weights(self) -> None:
        """Save both networks, unless one holds a NaN: then the last good files stay."""
        networks = (self.gan.generator, self.gan.discriminator)
        if not all(all_finite(p.data) for network in networks for p in network.parameters().values()):
            return
        for network in networks:
            self._save_weights(network.name, network.state_dict())
        if self.trainer.average is not None:
            self._save_weights("average", self.trainer.average.state_dict())

    def _save_weights(self, name: str, weights: dict[str, np.ndarray]) -> None:
        path = self.folder / f"{name}.npz"
        save_arrays(path, weights)
        self.listener(Saved(path, f"weights of the {name}"))

    def save_losses(self) -> None:
        """Draw the curves so far."""
        path = self.folder / "losses.png"
        metrics = read_metrics(self.folder / "metrics.csv")
        plots.save_losses(path, metrics, self.trainer.steps_per_epoch, self.trainer.loss.optimum)
        self.losses_due = self.trainer.step + STEPS_BETWEEN_LOSSES
        self.listener(Saved(path, "losses"))


def seconds_of(path: Path) -> float:
    """How long a run has trained, from its table of metrics."""
    seconds = read_metrics(path)["seconds"]
    return float(seconds[-1]) if len(seconds) else 0.0


def check_norms(event: LayerGradients) -> None:
    """Stop if a gradient has exploded, even if the weights are still finite.

    Raises
    ------
    NonFiniteError
        A norm is not finite; the message names the layers.
    """
    lost = [layer for layer, norm in event.norms.items() if not np.isfinite(norm)]
    if lost:
        raise NonFiniteError(f"step {event.step}: the norm of the gradient is not finite in {', '.join(lost)}")


def digests(dataset: data.Dataset | data.Points, with_labels: bool) -> dict[str, str]:
    """The SHA-256 digests of the data, and of the labels if the run uses them."""
    stored = {"data": dataset.images if isinstance(dataset, data.Dataset) else dataset.points}
    if with_labels and dataset.labels is not None:
        stored["labels"] = dataset.labels
    return {what: hashlib.sha256(np.ascontiguousarray(array).data).hexdigest() for what, array in stored.items()}
