"""The alternation: images, a discriminator step, a generator step on the same images, and again."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from minigan import backend, losses, optimizers
from minigan.backend import Array, asnumpy
from minigan.data import Dataset, Points
from minigan.errors import ConfigError, DataError, NonFiniteError
from minigan.kernels import sigmoid
from minigan.models import GAN, NOISES, draw_classes, draw_noise
from minigan.random import Stream
from minigan.sequential import Sequential
from minigan.training.averaging import MovingAverage
from minigan.training.config import COUNTED, UPDATES
from minigan.training.diagnosis import all_finite, first_non_finite
from minigan.training.events import DiscriminatorEnd, EpochEnd, StepEnd
from minigan.training.steps import (
    PLAIN,
    DiscriminatorResult,
    GeneratorResult,
    Rules,
    discriminator_step,
    generate,
    generator_step,
    simultaneous_step,
)

__all__ = ["Trainer"]


class Batch(NamedTuple):
    """What a step needs: real images where D is to see some, noise, and the classes of both where there are any."""

    real: Array | None
    noise: Array
    labels: tuple[Array | None, Array | None]


class Trainer:
    """Trains the two networks of a GAN against each other.

    A round is `d_steps` steps of D and then `g_steps` of G. Every step of D takes fresh images and fresh noise; G
    learns from the images that it made for D's last step, and in further steps from new ones. The noise, the dropout
    masks and the order of the images come from named streams of one seed, so that one seed gives one run, bit for bit.

    Parameters
    ----------
    gan : GAN
        Built; changed in place.
    data : Dataset or Points
        Of the generator's shape; images are scaled to its range batch by batch. With labels for a conditional GAN.
    loss : str or GANLoss
        The game: see `minigan.losses`.
    g_optimizer, d_optimizer : Optimizer, optional
        Default: Adam(0.0004, beta_1=0.5): the DCGAN paper's (arXiv:1511.06434, section 4) at twice its rate, with
        which short runs get further.
    rules : Rules
        What the game has on D's side besides its loss: a penalty, noise on its inputs, bounds of its weights.
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

    Attributes
    ----------
    step : int
        G's steps so far.

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
        rules: Rules = PLAIN,
        batch_size: int = 16,
        d_steps: int = 1,
        g_steps: int = 1,
        count_in: str = "batches",
        updates: str = "alternating",
        before_step: Callable[[int], None] = lambda step: None,
        average: float | None = None,
        noise: str = "uniform",
        seed: int = 0,
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
        self.rules, self.simultaneous = rules, updates == "simultaneous"
        self.batch_size, self.noise = batch_size, noise
        times = len(data) // batch_size if count_in == "epochs" else 1
        self.d_steps, self.g_steps = d_steps * times, g_steps * times
        self.steps_per_epoch = steps_per_epoch(len(data), batch_size, d_steps, g_steps)
        self.average = None if average is None else MovingAverage(gan.generator, average)
        self.noise_stream = Stream(seed, "noise")
        self.label_stream = Stream(seed, "labels")
        self.dropout_stream = Stream(seed, "dropout")
        self.shuffle_stream = Stream(seed, "shuffle")
        self.batches = self._real_batches()
        self.step = 0

    def train(
        self, epochs: int | None = None, steps: int | None = None
    ) -> Iterator[StepEnd | EpochEnd | DiscriminatorEnd]:
        """Train for so many epochs or generator steps, and tell of each; a caller may stop listening at any time.

        Another call goes on where the last one ended, at the beginning of a round: twice two steps are the same as
        four where a round has one step of G.

        Parameters
        ----------
        epochs, steps : int
            One of the two.

        Yields
        ------
        StepEnd, EpochEnd, DiscriminatorEnd

        Raises
        ------
        NonFiniteError
            A loss or a weight became NaN or infinite; the message names the step, the network and the layer.
        """
        if (epochs is None) == (steps is None):
            raise ConfigError(f"expected epochs or steps, got {epochs!r} and {steps!r}")
        total = self.step + (steps if steps is not None else (epochs or 0) * self.steps_per_epoch)
        began = time.perf_counter()
        while self.step < total:
            for event in self._round(total):
                yield replace(event, seconds=time.perf_counter() - began) if isinstance(event, StepEnd) else event

    def _round(self, total: int) -> Iterator[StepEnd | EpochEnd | DiscriminatorEnd]:
        """D's steps and G's, until `total` of G's are taken."""
        start = time.perf_counter()
        self.before_step(self.step)
        if self.simultaneous:
            yield from self._ended(*self._both(self._batch()), total, start)
            return
        for done in range(1, self.d_steps + 1):
            batch = self._batch()
            d, fake, caches = self._discriminator(batch, last=done == self.d_steps)
            if done < self.d_steps:
                yield DiscriminatorEnd(self.step, done, self.d_steps)
        for turn in range(min(self.g_steps, total - self.step)):
            if turn:
                self.before_step(self.step)
                batch = self._batch(real=False)
                fake, caches = self._generate(batch)
            yield from self._ended(d, self._generator(batch, fake, caches), total, start)

    # The steps

    def _discriminator(self, batch: Batch, last: bool) -> tuple[DiscriminatorResult, Array, Any]:
        """A step of D, and the images that it was."""
        with self._watched(batch):
            # G learns from the last images alone: no others count in its averages.
            fake, caches = self._generate(batch, update_stats=last)
            d = discriminator_step(
                self.gan,
                self.loss,
                self.d_optimizer,
                batch.real,
                fake,
                self.dropout_stream,
                self.rules,
                batch.labels,
            )
            check_weights(self.gan.discriminator)
        return d, fake, caches

    def _generator(self, batch: Batch, fake: Array, caches: Any) -> GeneratorResult:
        """A step of G."""
        with self._watched(batch):
            g = generator_step(
                self.gan, self.loss, self.g_optimizer, fake, caches, self.dropout_stream, self.rules, batch.labels[1]
            )
            check_weights(self.gan.generator)
        return g

    def _both(self, batch: Batch) -> tuple[DiscriminatorResult, GeneratorResult]:
        """A step of both at once."""
        with self._watched(batch):
            fake, caches = self._generate(batch)
            results = simultaneous_step(
                self.gan,
                self.loss,
                self.d_optimizer,
                self.g_optimizer,
                batch.real,
                fake,
                caches,
                self.dropout_stream,
                self.rules,
                batch.labels,
            )
            check_weights(self.gan.discriminator)
            check_weights(self.gan.generator)
        return results

    def _generate(self, batch: Batch, update_stats: bool = True) -> tuple[Array, Any]:
        return generate(self.gan, batch.noise, self.dropout_stream, update_stats, batch.labels[1])

    @contextmanager
    def _watched(self, batch: Batch) -> Iterator[None]:
        """Say where a NaN came from. The losses tell what overflows: no need for a warning of each."""
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                yield
        except NonFiniteError as error:
            origin = first_non_finite(self.gan, batch.real, batch.noise, batch.labels)
            raise NonFiniteError(f"step {self.step + 1}: {error}; {origin}") from None

    def _ended(
        self, d: DiscriminatorResult, g: GeneratorResult, total: int, start: float
    ) -> Iterator[StepEnd | EpochEnd]:
        """G has moved: what follows from it, and what there is to tell."""
        self.step += 1
        if self.average is not None:
            self.average.update()
        if self.rules.blur is not None:
            self.rules.blur.step()
        epoch, place = divmod(self.step - 1, self.steps_per_epoch)
        yield StepEnd(
            epoch=epoch + 1,
            step=self.step,
            steps=total,
            d_loss=d.loss,
            g_loss=g.loss,
            **judgement(d, self.loss.undecided),
            d_grad_norm=norm(self.gan.discriminator.flat_grad),
            g_grad_norm=norm(self.gan.generator.flat_grad),
            images_per_second=self.batch_size * self.d_steps / (time.perf_counter() - start),
            seconds=0.0,
        )
        if place + 1 == self.steps_per_epoch:
            yield EpochEnd(epoch + 1, self.step)

    # Images, noise, classes

    def sampler(self) -> AbstractContextManager[Sequential]:
        """A block with the network to draw samples from: G, with its averaged weights where there is an average."""
        return nullcontext(self.gan.generator) if self.average is None else self.average.applied()

    def _real_batches(self) -> Iterator[tuple[Array, Array | None]]:
        """Batches of real images and their classes without end, in a new order at every pass."""
        while True:
            order = self.shuffle_stream.permutation(len(self.data))
            for i in range(0, len(order) - self.batch_size + 1, self.batch_size):
                chosen = order[i : i + self.batch_size]
                labels = self.data.labels if self.gan.classes else None
                classes = None if labels is None else backend.asarray(labels[chosen])
                yield self.data.batch(chosen, self.gan.output_range), classes

    def _batch(self, real: bool = True) -> Batch:
        """What the next step needs; without `real` images, what a step of G alone does."""
        images, of_real = next(self.batches) if real else (None, None)
        noise = draw_noise(self.noise_stream, self.batch_size, self.gan.latent_size, self.noise)
        of_fake = draw_classes(self.label_stream, self.batch_size, self.gan.classes)
        return Batch(images, noise, (of_real, of_fake))


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


def check_weights(network: Sequential) -> None:
    """Stop where an update has lost a weight: not every loss shows it, for tanh makes 1 of an infinity."""
    if not all_finite(network.flat_data):
        raise NonFiniteError(f"a weight of the {network.name} is no longer finite")


def norm(vector: Array) -> float:
    """The L2 norm."""
    return math.sqrt(float(vector @ vector))


def judgement(d: DiscriminatorResult, undecided: float | None) -> dict[str, float]:
    """How D judged the two batches: its mean probabilities, and how often it was right.

    A logit above `undecided` says "real"; for a critic, whose values have no such point, 0 stands in.
    """
    real, fake = asnumpy(d.real_logits), asnumpy(d.fake_logits)
    return {
        "d_real": float(np.mean(sigmoid(real))),
        "d_fake": float(np.mean(sigmoid(fake))),
        "real_accuracy": float(np.mean(real > (undecided or 0))),
        "fake_accuracy": float(np.mean(fake < (undecided or 0))),
    }
