"""A run while it trains: writes its folder, and keeps what is needed to go on.

The names in the folder are told in `minigan.runs.start`.
"""

import gc
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from minigan import backend, data, plots
from minigan.errors import NonFiniteError, RunError
from minigan.io.atomic_write import save_arrays
from minigan.runs.build import Parts
from minigan.runs.checkpoint_interval import Cadence
from minigan.runs.config import write_config
from minigan.runs.epoch_metrics import Evaluation
from minigan.runs.interrupt import StopRequest
from minigan.runs.resume import cut_tables, lines_of_tables, settings_of
from minigan.runs.sample_grid import Samples
from minigan.runs.tables import COLUMNS, Table, read_metrics, row_of
from minigan.training.checkpoint.file import Checkpoint
from minigan.training.checkpoint.folder import CheckpointFolder
from minigan.training.checkpoint.trainer_state import capture, restore
from minigan.training.events import (
    EpochEnd,
    Evaluated,
    Event,
    LayerGradients,
    Notice,
    RunStart,
    Saved,
    StepEnd,
    Stopped,
)
from minigan.training.monitor.monitor import Monitor
from minigan.training.nonfinite import all_finite
from minigan.training.step_metrics import layer_squares

__all__ = ["Run"]

#: Times that a run goes back to the same checkpoint: each halves the learning rates.
MOST_RESTORED = 5


class Run:
    """The folder of a run: knows the names in it and writes them.

    Parameters
    ----------
    folder : path
        Nothing is written to it before `begin` or `open`; from then on it must be locked.
    parts : Parts
        What it is a run of.
    listener : callable
        Called with every `Event`.
    """

    def __init__(self, folder: Path, parts: Parts, listener: Callable[[Event], None]) -> None:
        self.folder, self.listener = folder, listener
        config, trainer, self.rates = parts
        self.config, self.trainer = config, trainer
        self.gan = trainer.gan
        trainer.layer_gradients = True
        self.samples = Samples(trainer.gan, trainer.data, trainer.loss, config.noise, config.seed)
        noise = trainer.options.instance_noise
        self.monitor = Monitor(
            config.batch_size,
            accuracy=trainer.loss.decision_threshold is not None,
            noise_until=0 if noise is None else noise.steps,
        )
        self.evaluate = Evaluation(trainer.gan, trainer.data, config.noise, config.seed) if config.metrics else None
        self.cadence = Cadence(config.checkpoint_every)
        self.total = config.steps or (config.epochs or 0) * trainer.steps_per_epoch
        self.digest = digest(trainer.data)
        self.frames: list[Path] = []
        self.notes: list[Notice] = []
        self.figure: float | None = None
        self.restored = 0
        self.tables: list[Table] = []

    def begin(self) -> None:
        """Write what a new run begins with."""
        self.open()
        (self.folder / "samples").mkdir()
        write_config(self.folder / "config.toml", self.config)
        self.save("start")

    def open(self) -> None:
        """Tell what is going to be trained, and look for checkpoints."""
        data = self.trainer.data
        self.listener(RunStart(self.gan.name, data.name, len(data), self.folder, backend.is_textbook()))
        self.checkpoints = CheckpointFolder(self.folder / "checkpoints", self.config.keep, self.listener)

    def train(self) -> bool:
        """Train to the end, writing as it goes; False when it was asked to stop before."""
        with StopRequest() as stop:
            while True:
                try:
                    with self._tables():
                        self._train(stop)
                    break
                except NonFiniteError as error:
                    if not self._restore(error):
                        raise
        if stop.asked:
            self.listener(Stopped(self.trainer.step, stop.asked))
        return not stop.asked

    def _train(self, stop: StopRequest) -> None:
        """Train until the end, a stop or an error; a second signal is none of these, and leaves all as it is."""
        if not self.checkpoints.good:
            self.checkpoint()
        try:
            self._follow(stop)
        except NonFiniteError:
            self.show()
            raise
        self.checkpoint()
        self.show()

    def show(self) -> None:
        """Write what is shown of the run as it stands now."""
        if self.trainer.step % self.trainer.steps_per_epoch:
            self.save(f"step-{self.trainer.step:06d}")
        plots.save_film(self.folder / "progress.gif", self.frames)

    @contextmanager
    def _tables(self) -> Iterator[None]:
        """Begin the run's tables, or go on with them."""
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

    def _follow(self, stop: StopRequest) -> None:
        """Take the trainer's events: each step to the tables, each epoch to the folder, all to those who listen."""
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
            self.tell(event)
            if isinstance(event, EpochEnd):
                self._look_at_samples(event)
            # On a GPU the networks are ahead of the events: what is kept or left is where the last event told.
            if self.trainer.pending_events:
                continue
            if self.cadence.due(self.trainer.step, isinstance(event, EpochEnd)):
                self.checkpoint()
            if stop.asked or (self.config.stop_when_converged and self.monitor.converged):
                break

    def _look_at_samples(self, event: EpochEnd) -> None:
        """How diverse they are and, if asked for, how good."""
        with self.trainer.sampler() as generator:
            self.tell(self.samples.diversity(event.step, generator))
            if self.evaluate is not None:
                figures = self.evaluate(generator)
                self.figure = figures.get("frechet_distance")
                self.evaluation.append([event.epoch, event.step, *figures.values()])
                self.tell(Evaluated(event.epoch, event.step, figures))

    def tell(self, event: Event) -> None:
        """Tell those who listen, and the monitor; what the monitor has to say follows."""
        self.listener(event)
        for notice in self.monitor(event):
            self.note(notice)

    def note(self, notice: Notice) -> None:
        """Write down what a person should know, and tell it."""
        self.notices.append([notice.step, notice.kind, notice.text])
        self.listener(notice)

    # Checkpoints

    def checkpoint(self) -> None:
        """Save all that is needed to go on from here."""
        if self.trainer.step in self.checkpoints.good and not self.trainer.round.d_done:
            return
        run = {
            "config": settings_of(self.config),
            "data": self.digest,
            "tables": lines_of_tables(table.path for table in self.tables),
            "frames": [path.name for path in self.frames],
            "scale": self.rates.scale,
        }
        self.checkpoints.save(self.trainer.step, capture(self.trainer, self.monitor, run, self.figure))
        self.cadence.saved(self.trainer.step)
        self.figure, self.restored = None, 0

    def go_on(self, checkpoint: Checkpoint) -> None:
        """Become the run that it was at a checkpoint, in memory and on the disk.

        Raises
        ------
        CheckpointError, RunError
            It does not fit the networks, the data or what is in the folder.
        """
        run = checkpoint.state["run"]
        if run["data"] != self.digest:
            raise RunError(f"expected the data that the run was trained on, got others in {self.trainer.data.name}")
        restore(checkpoint, self.trainer, self.monitor)
        cut_tables(self.folder, run["tables"])
        self.rates.scale = run["scale"]
        self.trainer.seconds = seconds_of(self.folder / "metrics.csv")
        self.cadence.saved(self.trainer.step)
        self.frames = [self.folder / "samples" / name for name in run["frames"]]
        for path in {*(self.folder / "samples").iterdir()} - {*self.frames}:
            path.unlink()

    def _restore(self, error: NonFiniteError) -> bool:
        """Go back to the last checkpoint at half the learning rates, if that is wanted and may still help."""
        if self.config.on_nan != "restore" or self.restored == MOST_RESTORED:
            return False
        found = self.checkpoints.newest()
        if found is None:
            return False
        self.restored += 1
        scale = self.rates.scale / 2
        self.go_on(found[1])
        self.rates.scale = scale
        words = f"{error}. The run goes on from step {found[0]}, with {scale:g} times the learning rates."
        self.notes.append(Notice(found[0], "restored", words))
        return True

    # What is shown of it

    def save(self, name: str) -> None:
        """Everything as it stands now: samples under this name, weights, curves."""
        self.save_samples(name)
        self.save_weights()
        if self.trainer.step:
            self.save_losses()
        # The objects of a picture refer to each other in rings. Training makes so few objects that the collector would
        # not come for minutes, and dead pictures would pile up to hundreds of megabytes.
        gc.collect()

    def save_samples(self, name: str) -> None:
        """The picture of the same noises."""
        path = self.folder / "samples" / f"{name}.png"
        with self.trainer.sampler() as generator:
            drawn = self.samples.save(path, generator, f"step {self.trainer.step}")
        if drawn:
            self.frames.append(path)
            self.listener(Saved(path, "samples"))

    def save_weights(self) -> None:
        """Both networks, unless one holds a NaN: the last good ones are worth more."""
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
        """The curves so far."""
        path = self.folder / "losses.png"
        figures = read_metrics(self.folder / "metrics.csv")
        plots.save_losses(path, figures, self.trainer.steps_per_epoch, self.trainer.loss.optimum)
        self.listener(Saved(path, "losses"))


def seconds_of(path: Path) -> float:
    """How long a run has taken, by its table of metrics."""
    seconds = read_metrics(path)["seconds"]
    return float(seconds[-1]) if len(seconds) else 0.0


def check_norms(event: LayerGradients) -> None:
    """Stop where a gradient has exploded, though the weights have survived it.

    Raises
    ------
    NonFiniteError
        A norm is beyond all numbers; the layers are named.
    """
    lost = [layer for layer, norm in event.norms.items() if not np.isfinite(norm)]
    if lost:
        raise NonFiniteError(f"step {event.step}: the norm of the gradient is not finite in {', '.join(lost)}")


def digest(dataset: data.Dataset | data.Points) -> str:
    """A word for the data's content: SHA-256."""
    stored = dataset.images if isinstance(dataset, data.Dataset) else dataset.points
    return hashlib.sha256(np.ascontiguousarray(stored).data).hexdigest()
