"""The steps of a trainer, with its losses, optimizers and streams: by plain launches or in a recorded graph."""

from typing import Any, NamedTuple

from minigan.backend import Array
from minigan.models import draw_classes, draw_noise
from minigan.training.simultaneous import simultaneous_step
from minigan.training.steps import (
    DiscriminatorResult,
    GeneratorResult,
    discriminator_step,
    generate,
    generator_step,
)
from minigan.training.trainer_like import TrainerLike

__all__ = ["Batch", "generate_batch", "make_batch", "train_both", "train_discriminator", "train_generator"]


class Batch(NamedTuple):
    """The inputs of a step: real images if D is to see some, noise, and the classes of both if there are any."""

    real: Array | None
    noise: Array
    labels: tuple[Array | None, Array | None]


def make_batch(trainer: TrainerLike, real: Array | None = None, real_labels: Array | None = None) -> Batch:
    """Real images, or none, with fresh noise and fresh classes."""
    noise = draw_noise(trainer.noise_stream, trainer.batch_size, trainer.gan.latent_size, trainer.noise)
    fake_labels = draw_classes(trainer.label_stream, trainer.batch_size, trainer.gan.classes)
    return Batch(real, noise, (real_labels, fake_labels))


def generate_batch(trainer: TrainerLike, batch: Batch, update_stats: bool = True) -> tuple[Array, Any]:
    """The images that G makes of the noise, and its caches."""
    return generate(trainer.gan, batch.noise, trainer.dropout_stream, update_stats, batch.labels[1])


def train_discriminator(trainer: TrainerLike, batch: Batch, fake: Array) -> DiscriminatorResult:
    """A step of D on a batch and the images that G made of it."""
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


def train_generator(trainer: TrainerLike, batch: Batch, fake: Array, caches: Any) -> GeneratorResult:
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


def train_both(trainer: TrainerLike, batch: Batch) -> tuple[DiscriminatorResult, GeneratorResult]:
    """A step of both networks at once, by the gradients at the weights that both have now."""
    fake, caches = generate_batch(trainer, batch)
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
