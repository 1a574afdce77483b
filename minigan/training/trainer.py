"""The alternation: images, a discriminator step, a generator step on the same images, and again."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from minigan import losses, optimizers
from minigan.backend import Array, array_module
from minigan.data import Dataset, Points
from minigan.errors import ConfigError, DataError, NonFiniteError
from minigan.model.sequential import Sequential
from minigan.models import GAN, NOISES
from minigan.random import Stream
from minigan.training.averaging import MovingAverage
from minigan.training.batch_steps import Batch, batch_of, paint, train_both, train_discriminator, train_generator
from minigan.training.batches import RealBatches
from minigan.training.checkpoint.trainer_state import Round
from minigan.training.events import DiscriminatorEnd, EpochEnd, LayerGradients, StepEnd
from minigan.training.gpu.cuda_graph import CapturedRounds, why_not
from minigan.training.gpu.snapshot import Snapshot
from minigan.training.nonfinite import (
    all_finite,
    check_values_on_gpu,
    check_weights,
    first_non_finite,
    values_are_checked,
)
from minigan.training.options import NO_OPTIONS, GameOptions
from minigan.training.step_metrics import Figures, figures_of, layer_norms, layer_squares, numbers_of, step_figures
from minigan.training.steps import DiscriminatorResult, GeneratorResult

__all__ = ["COUNTED", "UPDATES", "Trainer"]

#: What the steps of a round count.
COUNTED = ("batches", "epochs")

#: How the networks move: one after the other, or both by the gradients where both stood.
UPDATES = ("alternating", "simultaneous")

#: On a GPU: how many events are told at once, and how many at the most where a round is longer than that.
BLOCK, LONGEST = 32, 512


class Taken(NamedTuple):
    """A step of G that is not told of yet: what `StepEnd` will say, with the figures where they were computed."""

    epoch: int
    step: int
    steps: int
    figures: Figures
    judged: int
    images_per_second: float


#: What happens in a round, in order.
Happening: TypeAlias = Taken | EpochEnd | DiscriminatorEnd

#: What is told of it.
Told: TypeAlias = LayerGradients | StepEnd | EpochEnd | DiscriminatorEnd


class Trainer:
    """Trains the two networks of a GAN against each other.

    A round is `d_steps` steps of D and then `g_steps` of G. Every step of D takes fresh images and fresh noise; G
    learns from the images that it made for D's last step, and in further steps from new ones. The noise, the dropout
    masks and the order of the images come from named streams of one seed, so that one seed gives one run, bit for bit.

    On a GPU no step looks at what it computed, for the host would wait for it: events are told in blocks of some tens
    of steps, and at the end of every epoch at the latest. A loss that is no number any more is found out then. The
    trainer goes back to the last block's end, runs the steps again with a look at each, and so raises the same error
    as on the CPU, with the networks as they were before the step that failed.

    Parameters
    ----------
    gan : GAN
        Built, on the active backend; changed in place.
    data : Dataset or Points
        Of the generator's shape; images are scaled to its range batch by batch. With labels for a conditional GAN.
    loss : str or GANLoss
        The game: see `minigan.losses`.
    g_optimizer, d_optimizer : Optimizer, optional
        Default: Adam(0.0004, beta_1=0.5): the DCGAN paper's (arXiv:1511.06434, section 4) at twice its rate, with
        which short runs get further.
    options : GameOptions
        What the game has besides its loss: a penalty, noise on D's inputs, bounds of weights.
    batch_size : int
        Images in a step; the rest of an epoch that does not fill a batch waits for the next shuffling.
    d_steps, g_steps : int
        Steps in a round (`d_steps` is k in algorithm 1 of the GAN paper).
    count_in : {"batches", "epochs"}
        Whether these are steps of one batch, or of as many as make an epoch, while the other network stands still.
    updates : {"alternating", "simultaneous"}
        One network after the other, or both at once by the gradients where both stood, as in the code of the 2014
        paper; then a round is one step of each.
    before_step : callable, optional
        Called with the number of G's steps so far before each round, and before each step of G: to set a learning
        rate by a schedule (`minigan.training.schedules`), for example.
    average : float, optional
        Decay of a moving average of G's weights, by which `sampler` draws.
    noise : {"uniform", "normal"}
    seed : int
    layer_gradients : bool
        Tell `LayerGradients` before each `StepEnd`.

    Attributes
    ----------
    step : int
        G's steps so far.
    untold : int
        Events that follow, without another step, the one that was told last: the end of an epoch after its last step,
        and on a GPU those of the rest of a block.
    round : Round
        Where in a round it stands.
    seconds : float
        What the next call of `train` begins to count from.

    Raises
    ------
    ConfigError
        A number of steps or `batch_size` is less than 1; a name is unknown; two settings do not fit each other.
    DataError
        The images do not have the generator's shape, are fewer than a batch, or lack labels.

    Examples
    --------
    >>> import minigan as mg
    >>> trainer = mg.Trainer(mg.models.build("dcgan28", seed=0), mg.data.load("digits"), batch_size=8)
    >>> for event in trainer.train(steps=2):
    ...     print(event.step, event.steps)
    1 2
    2 2
    """

    def __init__(
        self,
        gan: GAN,
        data: Dataset | Points,
        *,
        loss: str | losses.GANLoss = "non-saturating",
        g_optimizer: optimizers.Optimizer | None = None,
        d_optimizer: optimizers.Optimizer | None = None,
        options: GameOptions = NO_OPTIONS,
        batch_size: int = 16,
        d_steps: int = 1,
        g_steps: int = 1,
        count_in: str = "batches",
        updates: str = "alternating",
        before_step: Callable[[int], None] = lambda step: None,
        average: float | None = None,
        noise: str = "uniform",
        seed: int = 0,
        layer_gradients: bool = False,
    ) -> None:
        check_counts(batch_size=batch_size, d_steps=d_steps, g_steps=g_steps)
        check_names(count_in=(count_in, COUNTED), updates=(updates, UPDATES), noise=(noise, NOISES))
        if updates == "simultaneous" and (d_steps, g_steps, count_in) != (1, 1, "batches"):
            raise ConfigError(
                f"simultaneous updates: expected rounds of one step of each network, got {d_steps} of the "
                f"discriminator and {g_steps} of the generator, counted in {count_in}"
            )
        check_data(data, gan, batch_size)
        self.gan, self.data = gan, data
        self.loss = losses.get(loss) if isinstance(loss, str) else loss
        self.g_optimizer = g_optimizer or optimizers.Adam(4e-4, beta_1=0.5)
        self.d_optimizer = d_optimizer or optimizers.Adam(4e-4, beta_1=0.5)
        self.before_step = before_step
        self.options, self.simultaneous = options, updates == "simultaneous"
        self.batch_size, self.noise = batch_size, noise
        times = len(data) // batch_size if count_in == "epochs" else 1
        self.d_steps, self.g_steps = d_steps * times, g_steps * times
        self.steps_per_epoch = steps_per_epoch(len(data), batch_size, d_steps, g_steps)
        self.average = None if average is None else MovingAverage(gan.generator, average)
        self.noise_stream = Stream(seed, "noise")
        self.label_stream = Stream(seed, "labels")
        self.dropout_stream = Stream(seed, "dropout")
        self.shuffle_stream = Stream(seed, "shuffle")
        self.batches = RealBatches(data, batch_size, gan.output_range, bool(gan.classes), self.shuffle_stream)
        self.layer_gradients = layer_gradients
        self.layers = {layer: len(squares) for layer, squares in layer_squares(gan).items()}
        self.in_blocks = array_module(gan.generator.flat_data) is not np
        self.round = Round()
        self.rounds = self._captured()
        self.step = self.untold = 0
        self.seconds = 0.0

    def train(self, epochs: int | None = None, steps: int | None = None) -> Iterator[Told]:
        """Train for so many epochs or generator steps, and tell of each; a caller may stop listening at any time.

        Another call goes on where the last one ended, also in the middle of a round: twice two steps are the same as
        four. On a GPU the last one ended where a block did (see `untold`).

        Parameters
        ----------
        epochs, steps : int
            One of the two.

        Yields
        ------
        LayerGradients, StepEnd, EpochEnd, DiscriminatorEnd

        Raises
        ------
        NonFiniteError
            A loss or a weight became NaN or infinite; the message names the step, the network and the layer.
        """
        if (epochs is None) == (steps is None):
            raise ConfigError(f"expected epochs or steps, got {epochs!r} and {steps!r}")
        total = self.step + (steps if steps is not None else (epochs or 0) * self.steps_per_epoch)
        self.last_told = time.perf_counter()
        self.began = self.last_told - self.seconds
        self.untold = 0
        happened: list[Happening] = []
        while self.step < total:
            if self.in_blocks and not happened:
                self.good = Snapshot(self)
            for item in self._round(total):
                happened.append(item)
                if isinstance(item, EpochEnd) or len(happened) >= LONGEST or not (self.in_blocks or self._ends(item)):
                    yield from self._told(happened, total)
            if len(happened) >= BLOCK or self.step >= total:
                yield from self._told(happened, total)

    def _ends(self, item: Happening) -> bool:
        """Whether the end of an epoch follows, without another step: both are told together."""
        return isinstance(item, Taken) and item.step % self.steps_per_epoch == 0

    def _told(self, happened: list[Happening], total: int) -> Iterator[Told]:
        """Tell what happened, and forget it. Here, and in no step, the figures are read from a GPU."""
        numbers = numbers_of([item.figures for item in happened if isinstance(item, Taken)])
        error = self._lost(numbers, total) if self.in_blocks else None
        speed = self._speed(len(numbers)) if self.in_blocks else None
        rows, events = iter(numbers), list[Told]()
        for item in happened:
            if item.step <= self.step:  # others are undone: they followed the step that failed
                events += self._events(item, next(rows), speed) if isinstance(item, Taken) else [item]
        happened.clear()
        for place, event in enumerate(events, 1):
            self.untold = len(events) - place
            yield event
        if error is not None:
            raise error

    def _events(self, taken: Taken, numbers: list[float], speed: float | None) -> Iterator[Told]:
        """What is told of a step, with its numbers."""
        if self.layer_gradients:
            yield LayerGradients(taken.step, layer_norms(numbers, self.layers))
        yield StepEnd(
            epoch=taken.epoch,
            step=taken.step,
            steps=taken.steps,
            **step_figures(numbers, taken.judged),
            images_per_second=taken.images_per_second if speed is None else speed,
            seconds=time.perf_counter() - self.began,
        )

    def _speed(self, steps: int) -> float:
        """Real images a second, since the last time that events were told."""
        since, self.last_told = self.last_told, time.perf_counter()
        return steps * self.batch_size * self.d_steps / (self.last_told - since)

    def _lost(self, numbers: list[list[float]], total: int) -> NonFiniteError | None:
        """The error of a step that has lost a loss or a weight since the last look, with the trainer back before it."""
        networks = (self.gan.generator, self.gan.discriminator)
        losses = [row[:2] for row in numbers]
        if np.isfinite(losses).all() and all(all_finite(network.flat_data) for network in networks):
            return None
        end = self.step
        self.good.restore()
        try:
            with check_values_on_gpu():
                while self.step <= end and self.step < total:
                    for _ in self._round(total):
                        pass
        except NonFiniteError as error:
            return error
        return NonFiniteError(
            f"steps {self.good.step + 1} to {end}: a loss or a weight is not finite, and all are when the steps are "
            "run again: this device does not compute the same twice"
        )

    def _round(self, total: int) -> Iterator[Happening]:
        """What is left of the round: D's steps and G's, until `total` of G's are taken."""
        start = time.perf_counter()
        self.before_step(self.step)
        if self.rounds is not None and not values_are_checked(self.gan.generator.flat_data):
            # Told beforehand: whoever stops here finds a round that has not begun.
            yield from (DiscriminatorEnd(self.step, done, self.d_steps) for done in range(1, self.d_steps))
            d, g = self.rounds.run([self.batches.places() for _ in range(self.d_steps)])
            yield from self._ended(d, g, total, start)
            return
        if self.simultaneous:
            yield from self._ended(*self._both(batch_of(self, *next(self.batches))), total, start)
            return
        images: tuple[Batch, Array, Any] | None = None  # those of D's last step, until G has learnt from them
        while self.round.d_done < self.d_steps:
            batch, done = batch_of(self, *next(self.batches)), self.round.d_done + 1
            last = done == self.d_steps
            d, fake, caches = self._discriminator(batch, last)
            self.round, images = Round(done, judged=d if last else None), (batch, fake, caches)
            if not last:
                yield DiscriminatorEnd(self.step, done, self.d_steps)
        while self.round.judged is not None and self.step < total:
            if images is None:
                self.before_step(self.step)
                batch = batch_of(self)  # of noise alone
                images = batch, *paint(self, batch)
            d, g, done = self.round.judged, self._generator(*images), self.round.g_done + 1
            self.round, images = Round() if done == self.g_steps else Round(self.d_steps, done, d), None
            yield from self._ended(d, g, total, start)

    # The steps

    def _captured(self) -> CapturedRounds | None:
        """Rounds as CUDA graphs; None on the CPU, and where they cannot be recorded, which is then logged."""
        if not self.in_blocks:
            return None
        reason = why_not(self)
        if reason is None:
            return CapturedRounds(self)
        logging.getLogger("minigan").warning(f"training without a CUDA graph: {reason}")
        return None

    def _discriminator(self, batch: Batch, last: bool) -> tuple[DiscriminatorResult, Array, Any]:
        """A step of D, and the images that it was."""
        with self._watched(batch):
            # G learns from the last images alone: no others count in its averages.
            fake, caches = paint(self, batch, update_stats=last)
            d = train_discriminator(self, batch, fake)
            check_weights(self.gan.discriminator)
        return d, fake, caches

    def _generator(self, batch: Batch, fake: Array, caches: Any) -> GeneratorResult:
        """A step of G."""
        with self._watched(batch):
            g = train_generator(self, batch, fake, caches)
            check_weights(self.gan.generator)
        return g

    def _both(self, batch: Batch) -> tuple[DiscriminatorResult, GeneratorResult]:
        """A step of both at once."""
        with self._watched(batch):
            results = train_both(self, batch)
            check_weights(self.gan.discriminator)
            check_weights(self.gan.generator)
        return results

    @contextmanager
    def _watched(self, batch: Batch) -> Iterator[None]:
        """Say where a NaN came from. The losses tell what overflows: no need for a warning of each."""
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                yield
        except NonFiniteError as error:
            origin = first_non_finite(self.gan, batch.real, batch.noise, batch.labels)
            raise NonFiniteError(f"step {self.step + 1}: {error}; {origin}") from None

    def _ended(self, d: DiscriminatorResult, g: GeneratorResult, total: int, start: float) -> Iterator[Happening]:
        """G has moved: what follows from it, and what there will be to tell."""
        self.step += 1
        if self.average is not None:
            self.average.update()
        if self.options.instance_noise is not None:
            self.options.instance_noise.step()
        epoch, place = divmod(self.step - 1, self.steps_per_epoch)
        yield Taken(
            epoch=epoch + 1,
            step=self.step,
            steps=total,
            figures=figures_of(self.gan, d, g, self.loss.decision_threshold, self.layer_gradients),
            judged=d.real_logits.size,
            images_per_second=self.batch_size * self.d_steps / (time.perf_counter() - start),
        )
        if place + 1 == self.steps_per_epoch:
            yield EpochEnd(epoch + 1, self.step)

    def sampler(self) -> AbstractContextManager[Sequential]:
        """A block with the network to draw samples from: G, with its averaged weights where there is an average."""
        return nullcontext(self.gan.generator) if self.average is None else self.average.applied()


def steps_per_epoch(images: int, batch_size: int, d_steps: int, g_steps: int) -> int:
    """Generator steps in which D sees about all images once."""
    return max(1, images // batch_size * g_steps // d_steps)


def check_counts(**counts: int) -> None:
    """Refuse a step of nothing."""
    for name, value in counts.items():
        if value < 1:
            raise ConfigError(f"expected {name} to be at least 1, got {value!r}")


def check_names(**settings: tuple[str, tuple[str, ...]]) -> None:
    """Refuse a name that is not among the known ones."""
    for name, (value, known) in settings.items():
        if value not in known:
            raise ConfigError(f"unknown {name} {value!r}: expected one of {', '.join(known)}")


def check_data(data: Dataset | Points, gan: GAN, batch_size: int) -> None:
    """Refuse images that do not fit the networks, and too few of them."""
    if data.shape != gan.image_shape:
        kind = "images" if len(gan.image_shape) == 3 else "points"
        raise DataError(f"{gan.name}: expected {kind} {gan.image_shape}, got {data.shape} in {data.name}")
    if batch_size > len(data):
        raise DataError(f"expected a batch size of at most {len(data)}, the images in {data.name}, got {batch_size}")
    if gan.classes:
        check_labels(data, gan)


def check_labels(data: Dataset | Points, gan: GAN) -> None:
    """Refuse data without classes, and classes that the networks do not know."""
    if data.labels is None:
        raise DataError(f"{gan.name}: expected images with labels, for it is conditional, got none in {data.name}")
    low, high = data.labels.min(), data.labels.max()
    if low < 0 or high >= gan.classes:
        raise DataError(f"{gan.name}: expected labels from 0 to {gan.classes - 1}, got {low} to {high} in {data.name}")
