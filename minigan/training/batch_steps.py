"""A trainer's steps, with what it has of losses, optimizers and streams: by plain launches and in a recorded graph."""

from typing import Any, NamedTuple

from minigan.backend import Array
from minigan.models import draw_classes, draw_noise
from minigan.training.checkpoint.trainer_state import Trained
from minigan.training.simultaneous import simultaneous_step
from minigan.training.steps import (
    DiscriminatorResult,
    GeneratorResult,
    discriminator_step,
    generate,
    generator_step,
)

__all__ = ["Batch", "batch_of", "paint", "train_both", "train_discriminator", "train_generator"]


class Batch(NamedTuple):
    """What a step needs: real images where D is to see some, noise, and the classes of both where there are any."""

    real: Array | None
    noise: Array
    labels: tuple[Array | None, Array | None]


def batch_of(trainer: Trained, real: Array | None = None, of_real: Array | None = None) -> Batch:
    """Real images, perhaps none, with fresh noise and fresh classes."""
    noise = draw_noise(trainer.noise_stream, trainer.batch_size, trainer.gan.latent_size, trainer.noise)
    return Batch(real, noise, (of_real, draw_classes(trainer.label_stream, trainer.batch_size, trainer.gan.classes)))


def paint(trainer: Trained, batch: Batch, update_stats: bool = True) -> tuple[Array, Any]:
    """The images that G makes of the noise, and its caches."""
    return generate(trainer.gan, batch.noise, trainer.dropout_stream, update_stats, batch.labels[1])


def train_discriminator(trainer: Trained, batch: Batch, fake: Array) -> DiscriminatorResult:
    """A step of D on a batch and G's images of it."""
    return discriminator_step(
        trainer.gan,
        trainer.loss,
        trainer.d_optimizer,
        batch.real,
        fake,
        trainer.dropout_stream,
        trainer.options,
        batch.labels,
    )


def train_generator(trainer: Trained, batch: Batch, fake: Array, caches: Any) -> GeneratorResult:
    """A step of G on the images that it made of a batch."""
    return generator_step(
        trainer.gan,
        trainer.loss,
        trainer.g_optimizer,
        fake,
        caches,
        trainer.dropout_stream,
        trainer.options,
        batch.labels[1],
    )


def train_both(trainer: Trained, batch: Batch) -> tuple[DiscriminatorResult, GeneratorResult]:
    """A step of both at once, by the gradients where both stood."""
    fake, caches = paint(trainer, batch)
    return simultaneous_step(
        trainer.gan,
        trainer.loss,
        trainer.d_optimizer,
        trainer.g_optimizer,
        batch.real,
        fake,
        caches,
        trainer.dropout_stream,
        trainer.options,
        batch.labels,
    )
