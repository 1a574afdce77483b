"""The alternation: images, a discriminator step, a generator step on the same images, and again."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np

from minigan import losses, optimizers
from minigan.backend import Array, array_module
from minigan.data import Dataset, Points
from minigan.errors import ConfigError, NonFiniteError
from minigan.model.sequential import Sequential
from minigan.models import GAN, NOISE_KINDS
from minigan.numbers import count_of
from minigan.random import Stream
from minigan.training.averaging import MovingAverage
from minigan.training.batch_steps import (
    Batch,
    generate_batch,
    make_batch,
    train_both,
    train_discriminator,
    train_generator,
)
from minigan.training.batches import RealBatches
from minigan.training.checks import check_data, check_names
from minigan.training.events import DiscriminatorEnd, EpochEnd, ignore
from minigan.training.fit import History, fit, trainer_table
from minigan.training.gpu.cuda_graph import GraphRounds, why_not_recorded
from minigan.training.gpu.deferred_events import DeferredEvents
from minigan.training.nonfinite import check_weights, first_non_finite, values_are_checked
from minigan.training.options import NO_OPTIONS, GameOptions
from minigan.training.reporting import ImmediateEvents, PendingStep, PublicEvent, TrainerEvent
from minigan.training.step_metrics import metrics_of
from minigan.training.steps import DiscriminatorResult, GeneratorResult
from minigan.training.trainer_like import Round

__all__ = ["COUNTED", "UPDATES", "Trainer"]

#: The units in which the steps of a round are counted.
COUNTED = ("batches", "epochs")

#: How the networks are updated: one after the other, or both by the gradients at the weights that both had before.
UPDATES = ("alternating", "simultaneous")


class Trainer:
    """Trains the two networks of a GAN against each other.

    A round is `d_steps` steps of D and then `g_steps` of G. Every step of D takes fresh images and fresh noise; G
    learns from the images that it made for D's last step, and in further steps from new ones. The noise, the dropout
    masks and the order of the images come from named streams of one seed, so that one seed gives one run, bit for bit.

    On a GPU no step reads what it computed, for the host would have to wait: events are reported in blocks of some tens
    of steps, and at the end of every epoch at the latest. Errors are the same as on the CPU, and come with the block
    (`minigan.training.gpu.deferred_events`).

    Parameters
    ----------
    gan : GAN
        Built, on the active backend; changed in place.
    data : Dataset or Points
        Of the generator's shape; images are scaled to its range batch by batch. With labels for a conditional GAN.
    loss : str or GANLoss
        The losses of both networks: see `minigan.losses`.
    g_optimizer, d_optimizer : Optimizer, optional
        Default: Adam(0.0004, beta_1=0.5): the DCGAN paper's (arXiv:1511.06434, section 4) at twice its rate, with
        which short runs get further.
    options : GameOptions
        A penalty, noise on D's inputs, bounds of weights.
    batch_size : int
        Images in a step; images that do not fill a batch at the end of an epoch may come in the next one.
    d_steps, g_steps : int
        Steps in a round (`d_steps` is k in algorithm 1 of the GAN paper).
    count_in : {"batches", "epochs"}
        Whether these are steps of one batch, or of as many as make an epoch, while the other network stays as it is.
    updates : {"alternating", "simultaneous"}
        One network after the other, or both at once by the gradients at the weights that both had before, as in the
        code of the 2014 paper; then a round is one step of each.
    before_step : callable, optional
        Called before each round and before each step of G with the number of G's steps so far: to set a learning rate
        by a schedule (`minigan.training.schedules`), for example.
    average : float, optional
        Decay of a moving average of G's weights, which `sampler` uses.
    noise : {"uniform", "normal"}
    flip : bool
        Mirror each real image left to right with probability 1/2, whenever it is in a batch.
    seed : int
    layer_gradients : bool
        Report `LayerGradients` before each `StepEnd`.

    Attributes
    ----------
    step : int
        G's steps so far.
    pending_events : int
        Events that follow, without another step, the one that was reported last: the end of an epoch after its last
        step, and on a GPU the rest of a block.
    round : Round
        How far the round has come.
    seconds : float
        From where the next call of `train` counts the seconds of its events.

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
    >>> history = trainer.fit(steps=100)  # doctest: +SKIP
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
        before_step: Callable[[int], object] | None = None,
        average: float | None = None,
        noise: str = "uniform",
        flip: bool = False,
        seed: int = 0,
        layer_gradients: bool = False,
    ) -> None:
        batch_size, d_steps = count_of("batch_size", batch_size), count_of("d_steps", d_steps)
        g_steps = count_of("g_steps", g_steps)
        check_names(count_in=(count_in, COUNTED), updates=(updates, UPDATES), noise=(noise, NOISE_KINDS))
        if updates == "simultaneous" and (d_steps, g_steps, count_in) != (1, 1, "batches"):
            raise ConfigError(
                f"simultaneous updates: expected rounds of one step of each network, got {d_steps} of the "
                f"discriminator and {g_steps} of the generator, counted in {count_in}"
            )
        check_data(data, gan, batch_size)
        if flip and not isinstance(data, Dataset):
            raise ConfigError(f"--flip mirrors images, and {data.name} has points")
        self.gan, self.data = gan, data
        self.loss = losses.get(loss) if isinstance(loss, str) else loss
        self.g_optimizer = g_optimizer or optimizers.Adam(4e-4, beta_1=0.5)
        self.d_optimizer = d_optimizer or optimizers.Adam(4e-4, beta_1=0.5)
        self.before_step = before_step or ignore
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
        flips = Stream(seed, "flips") if flip else None
        self.batches = RealBatches(data, batch_size, gan.output_range, bool(gan.classes), self.shuffle_stream, flips)
        self.layer_gradients = layer_gradients
        self.round, self.step, self.seconds = Round(), 0, 0.0
        on_gpu = array_module(gan.generator.flat_data) is not np
        self.graph_rounds = self._graph_rounds() if on_gpu else None
        self.events = DeferredEvents(self) if on_gpu else ImmediateEvents(self)

    def __repr__(self) -> str:
        settings = f"loss={self.loss!r}, batch_size={self.batch_size}, step={self.step}"
        return f"Trainer({self.gan.name!r} on {self.data.name!r}, {settings})"

    @property
    def pending_events(self) -> int:
        return self.events.pending

    def train(self, epochs: int | None = None, steps: int | None = None) -> "Iterator[PublicEvent]":
        """Train for some epochs or generator steps, and report each; a caller may stop iterating at any time.

        Another call goes on where the last one ended, also in the middle of a round: twice two steps are the same as
        four. On a GPU the last one ended where a block did (see `pending_events`).

        Parameters
        ----------
        epochs, steps : int
            One of the two.

        Yields
        ------
        LayerGradients, StepEnd, EpochEnd, DiscriminatorEnd

        Raises
        ------
        ConfigError
            Neither or both are given; the number is no whole one, or negative.
        NonFiniteError
            A loss or a weight became NaN or infinite; the message names the step, the network and the layer.
        """
        if (epochs is None) == (steps is None):
            raise ConfigError(f"expected epochs or steps, got {epochs!r} and {steps!r}")
        length = count_of("epochs" if steps is None else "steps", epochs if steps is None else steps, least=0)
        total = self.step + (length if steps is not None else length * self.steps_per_epoch)
        self.events.start(total)
        while self.step < total:
            self.events.begin_round()
            for happened in self.run_round(total):
                yield from self.events.add(happened)
            yield from self.events.end_round()

    def fit(self, epochs: int | None = None, steps: int | None = None) -> History:
        """Train for some epochs or generator steps, and show the progress, in a notebook with samples and curves.

        It takes the same steps as `train`. Ctrl-C ends it after a step; another call goes on from there.

        Parameters
        ----------
        epochs, steps : int
            One of the two.

        Returns
        -------
        History
            The metrics of every step: `plot` draws them.
        """
        return fit(self, epochs, steps)

    def _repr_html_(self) -> str:
        """The networks and the settings, for a notebook."""
        return trainer_table(self)

    def run_round(self, total: int) -> Iterator[Sequence[TrainerEvent]]:
        """The rest of the round: D's steps and G's, until G has taken `total`. Yields the events of each step."""
        start = time.perf_counter()
        self.before_step(self.step)
        if self.graph_rounds is not None and not values_are_checked(self.gan.generator.flat_data):
            # D's steps are reported before they run: if the caller stops here, the round has not begun.
            for done in range(1, self.d_steps):
                yield [DiscriminatorEnd(self.step, done, self.d_steps)]
            d, g = self.graph_rounds.run([self.batches.places() for _ in range(self.d_steps)])
            yield self.finish_step(d, g, total, start)
            return
        if self.simultaneous:
            yield self.finish_step(*self._simultaneous(make_batch(self, *next(self.batches))), total, start)
            return
        images: tuple[Batch, Array, Any] | None = None  # those of D's last step, until G has learnt from them
        while self.round.d_done < self.d_steps:
            batch, done = make_batch(self, *next(self.batches)), self.round.d_done + 1
            last = done == self.d_steps
            d, fake, caches = self.step_discriminator(batch, last)
            self.round, images = Round(done, judged=d if last else None), (batch, fake, caches)
            if not last:
                yield [DiscriminatorEnd(self.step, done, self.d_steps)]
        while self.round.judged is not None and self.step < total:
            if images is None:
                self.before_step(self.step)
                batch = make_batch(self)  # of noise alone
                images = batch, *generate_batch(self, batch)
            d, g, done = self.round.judged, self.step_generator(*images), self.round.g_done + 1
            self.round, images = Round() if done == self.g_steps else Round(self.d_steps, done, d), None
            yield self.finish_step(d, g, total, start)

    # The steps

    def step_discriminator(self, batch: Batch, last: bool) -> tuple[DiscriminatorResult, Array, Any]:
        """A step of D, with the images that G made for it and G's caches."""
        with self._explain_nonfinite(batch):
            # G learns from the last images alone: its moving averages are updated by no others.
            fake, caches = generate_batch(self, batch, update_stats=last)
            d = train_discriminator(self, batch, fake)
            check_weights(self.gan.discriminator)
        return d, fake, caches

    def step_generator(self, batch: Batch, fake: Array, caches: Any) -> GeneratorResult:
        """A step of G."""
        with self._explain_nonfinite(batch):
            g = train_generator(self, batch, fake, caches)
            check_weights(self.gan.generator)
        return g

    def _simultaneous(self, batch: Batch) -> tuple[DiscriminatorResult, GeneratorResult]:
        """A step of both networks at once."""
        with self._explain_nonfinite(batch):
            results = train_both(self, batch)
            check_weights(self.gan.discriminator)
            check_weights(self.gan.generator)
        return results

    @contextmanager
    def _explain_nonfinite(self, batch: Batch) -> Iterator[None]:
        """Add to a `NonFiniteError` the step, and the layer where the NaN came from; NumPy's own warnings are off."""
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                yield
        except NonFiniteError as error:
            origin = first_non_finite(self.gan, batch.real, batch.noise, batch.labels)
            raise NonFiniteError(f"step {self.step + 1}: {error}; {origin}") from None

    def finish_step(
        self, d: DiscriminatorResult, g: GeneratorResult, total: int, start: float
    ) -> Sequence[TrainerEvent]:
        """Update what follows G's weights, and return the events of G's step."""
        self.step += 1
        if self.average is not None:
            self.average.update()
        if self.options.instance_noise is not None:
            self.options.instance_noise.step()
        epoch, place = divmod(self.step - 1, self.steps_per_epoch)
        step = PendingStep(
            epoch=epoch + 1,
            step=self.step,
            steps=total,
            metrics=metrics_of(self.gan, d, g, self.loss.decision_threshold, self.layer_gradients),
            judged=d.real_logits.size,
            images_per_second=self.batch_size * self.d_steps / (time.perf_counter() - start),
        )
        return [step, EpochEnd(epoch + 1, self.step)] if place + 1 == self.steps_per_epoch else [step]

    def _graph_rounds(self) -> GraphRounds | None:
        """Rounds as CUDA graphs; None where they cannot be recorded, for a reason that is logged."""
        reason = why_not_recorded(self)
        if reason is None:
            return GraphRounds(self)
        logging.getLogger("minigan").warning(f"training without a CUDA graph: {reason}")
        return None

    def sampler(self) -> AbstractContextManager[Sequential]:
        """A block with the network that makes samples: G, with its averaged weights if there is an average."""
        return nullcontext(self.gan.generator) if self.average is None else self.average.applied()


def steps_per_epoch(images: int, batch_size: int, d_steps: int, g_steps: int) -> int:
    """Generator steps in which D sees about all images once."""
    return max(1, images // batch_size * g_steps // d_steps)
