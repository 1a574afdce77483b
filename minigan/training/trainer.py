"""The alternation: images, a discriminator step, a generator step on the same images, and again."""

import time
from collections.abc import Iterator

import numpy as np

from minigan import losses, optimizers
from minigan.backend import Array, asnumpy
from minigan.data import Dataset
from minigan.errors import ConfigError, DataError, NonFiniteError
from minigan.kernels import sigmoid
from minigan.models import GAN, NOISES, draw_noise
from minigan.random import Stream
from minigan.training.diagnosis import all_finite, first_non_finite
from minigan.training.events import EpochEnd, StepEnd
from minigan.training.steps import DiscriminatorResult, GeneratorResult, discriminator_step, generate, generator_step

__all__ = ["Trainer"]


class Trainer:
    """Trains the two networks of a GAN against each other.

    Every step of D takes fresh images and fresh noise; G then learns from the images that it made for D's last step.
    The noise, the dropout masks and the order of the images come from named streams of one seed, so that one seed
    gives one run, bit for bit.

    Parameters
    ----------
    gan : GAN
        Built; changed in place.
    data : Dataset
        Images of the generator's shape; scaled to its range batch by batch.
    loss : str or GANLoss
        The game: "non-saturating" or "minimax".
    g_optimizer, d_optimizer : Optimizer, optional
        Default: Adam(0.0004, beta_1=0.5): the DCGAN paper's (arXiv:1511.06434, section 4) at twice its rate, with
        which short runs get further.
    batch_size : int
        Images in a step; the rest of an epoch that does not fill a batch waits for the next shuffling.
    d_steps : int
        Discriminator steps for each generator step (k in algorithm 1 of the GAN paper).
    noise : {"uniform", "normal"}
    seed : int

    Raises
    ------
    ConfigError
        `batch_size` or `d_steps` is less than 1; the loss or the noise is unknown.
    DataError
        The images do not have the generator's shape, or are fewer than a batch.

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
        data: Dataset,
        *,
        loss: str | losses.GANLoss = "non-saturating",
        g_optimizer: optimizers.Optimizer | None = None,
        d_optimizer: optimizers.Optimizer | None = None,
        batch_size: int = 16,
        d_steps: int = 1,
        noise: str = "uniform",
        seed: int = 0,
    ) -> None:
        check_arguments(batch_size, d_steps, noise)
        check_data(data, gan, batch_size)
        self.gan, self.data = gan, data
        self.loss = losses.get(loss) if isinstance(loss, str) else loss
        self.g_optimizer = g_optimizer or optimizers.Adam(4e-4, beta_1=0.5)
        self.d_optimizer = d_optimizer or optimizers.Adam(4e-4, beta_1=0.5)
        self.batch_size, self.d_steps, self.noise = batch_size, d_steps, noise
        self.noise_stream = Stream(seed, "noise")
        self.dropout_stream = Stream(seed, "dropout")
        self.shuffle_stream = Stream(seed, "shuffle")
        self.batches = self._batches()
        self.step = 0

    @property
    def steps_per_epoch(self) -> int:
        """Generator steps in which D sees about all images once."""
        return max(1, len(self.data) // (self.batch_size * self.d_steps))

    def train(self, epochs: int | None = None, steps: int | None = None) -> Iterator[StepEnd | EpochEnd]:
        """Train for so many epochs or generator steps, and tell of each; a caller may stop listening at any time.

        Another call goes on where the last one ended: twice two steps are the same as four.

        Parameters
        ----------
        epochs, steps : int
            One of the two.

        Yields
        ------
        StepEnd, EpochEnd

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
            start = time.perf_counter()
            # The losses tell what overflows: no need to warn of it.
            with np.errstate(over="ignore", invalid="ignore"):
                d, g = self._train_once()
            self.step += 1
            now = time.perf_counter()
            epoch, place = divmod(self.step - 1, self.steps_per_epoch)
            yield StepEnd(
                epoch=epoch + 1,
                step=self.step,
                steps=total,
                d_loss=d.loss,
                g_loss=g.loss,
                **judgement(d),
                images_per_second=self.batch_size * self.d_steps / (now - start),
                seconds=now - began,
            )
            if place + 1 == self.steps_per_epoch:
                yield EpochEnd(epoch + 1, self.step)

    def _train_once(self) -> tuple[DiscriminatorResult, GeneratorResult]:
        """The discriminator's steps and the generator's."""
        real = noise = None
        try:
            for left in reversed(range(self.d_steps)):
                real, noise = next(self.batches), self._draw_noise()
                # G learns from the last images alone: no others count in its averages.
                fake, caches = generate(self.gan, noise, self.dropout_stream, update_stats=left == 0)
                d = discriminator_step(self.gan, self.loss, self.d_optimizer, real, fake, self.dropout_stream)
            g = generator_step(self.gan, self.loss, self.g_optimizer, fake, caches, self.dropout_stream)
            check_weights(self.gan)
        except NonFiniteError as error:
            origin = first_non_finite(self.gan, real, noise)
            raise NonFiniteError(f"step {self.step + 1}: {error}; {origin}") from None
        return d, g

    def _batches(self) -> Iterator[Array]:
        """Batches of real images without end, in a new order at every pass."""
        while True:
            order = self.shuffle_stream.permutation(len(self.data))
            for i in range(0, len(order) - self.batch_size + 1, self.batch_size):
                yield self.data.batch(order[i : i + self.batch_size], self.gan.output_range)

    def _draw_noise(self) -> Array:
        return draw_noise(self.noise_stream, self.batch_size, self.gan.latent_size, self.noise)


def check_arguments(batch_size: int, d_steps: int, noise: str) -> None:
    """Refuse a step of nothing, and noise that `draw_noise` does not know."""
    for name, value in (("batch_size", batch_size), ("d_steps", d_steps)):
        if value < 1:
            raise ConfigError(f"expected {name} to be at least 1, got {value!r}")
    if noise not in NOISES:
        raise ConfigError(f"unknown noise {noise!r}: expected one of {', '.join(NOISES)}")


def check_data(data: Dataset, gan: GAN, batch_size: int) -> None:
    """Refuse images that do not fit the networks, and too few of them."""
    if data.shape != gan.image_shape:
        raise DataError(f"{gan.name}: expected images {gan.image_shape}, got {data.shape} in {data.name}")
    if batch_size > len(data):
        raise DataError(f"expected a batch size of at most {len(data)}, the images in {data.name}, got {batch_size}")


def check_weights(gan: GAN) -> None:
    """Stop where an update has lost a weight: not every loss shows it, for tanh makes 1 of an infinity."""
    for network in (gan.generator, gan.discriminator):
        if not all_finite(network.flat_data):
            raise NonFiniteError(f"a weight of the {network.name} is no longer finite")


def judgement(d: DiscriminatorResult) -> dict[str, float]:
    """How D judged the two batches: its mean probabilities, and how often it was right."""
    real, fake = asnumpy(d.real_logits), asnumpy(d.fake_logits)
    return {
        "d_real": float(np.mean(sigmoid(real))),
        "d_fake": float(np.mean(sigmoid(fake))),
        "real_accuracy": float(np.mean(real > 0)),
        "fake_accuracy": float(np.mean(fake < 0)),
    }
