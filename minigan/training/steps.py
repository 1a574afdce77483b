"""One round of GAN training, by hand: G makes images, D learns from them, then G does.

D minimises ``L_D = -E log D(x) - E log(1 - D(G(z)))`` while G stands still; G minimises ``L_G = -E log D(G(z))``
(or the minimax form) while D stands still. The gradient of either reaches the weights through the chain rule alone:

    dL_D/dw_D = J_D(x)^T dL/dz_real + J_D(G(z))^T dL/dz_fake
    dL_G/dw_G = J_G(z)^T (dD/dx)^T dL/dz_fake

with D's logits z, from which the losses start (`minigan.losses`).

The images G(z) are made once, for both steps. That is right because G does not move between the two: a second forward
of the same noise would give the same images and the same caches, number for number. Had G moved, its backward would
raise `StaleCacheError`. D does move, so G's step asks the new D what it thinks of the images.

Source: Goodfellow et al., arXiv:1406.2661, algorithm 1. There G's step draws noise of its own; one batch for both is
the way of PyTorch's DCGAN example (github.com/pytorch/examples, dcgan/main.py).
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np

from minigan.backend import Array, asnumpy
from minigan.errors import NonFiniteError
from minigan.layers.base import Context
from minigan.losses import GANLoss
from minigan.models import GAN
from minigan.optimizers import Optimizer
from minigan.random import Stream

__all__ = ["DiscriminatorResult", "GeneratorResult", "discriminator_step", "generate", "generator_step"]

#: What a network's forward leaves for its backward: the cache of every step that runs.
Caches: TypeAlias = tuple[Any, ...]


class DiscriminatorResult(NamedTuple):
    """D's loss, and its logits for the real and the generated images (N, 1)."""

    loss: float
    real_logits: Array
    fake_logits: Array


class GeneratorResult(NamedTuple):
    """G's loss, and D's logits for its images (N, 1)."""

    loss: float
    fake_logits: Array


def generate(gan: GAN, noise: Array, rng: Stream, update_stats: bool = True) -> tuple[Array, Caches]:
    """The images G(z) that G makes of `noise` (N, latent_size) in training mode, and G's caches, for `generator_step`.

    Both stay good until G's weights move: a round makes its images once. With ``update_stats=False`` G's moving
    averages stay as they are: for images from which only D learns.
    """
    return gan.generator.forward(noise, Context(training=True, rng=rng, update_stats=update_stats))


def discriminator_step(
    gan: GAN, loss: GANLoss, optimizer: Optimizer, real: Array, fake: Array, rng: Stream
) -> DiscriminatorResult:
    """Teach D to tell `real` images (N, H, W, C) from the `fake` ones of `generate`.

    G is not touched: to D its images are mere data. Real and generated images pass D as separate batches, for
    BatchNorm would otherwise mix their statistics.
    """
    discriminator = gan.discriminator.logits
    train = Context(training=True, rng=rng)

    real_logits, real_caches = discriminator.forward(real, train)
    fake_logits, fake_caches = discriminator.forward(fake, train)
    real_loss, dreal = loss.real(real_logits)
    fake_loss, dfake = loss.fake(fake_logits)
    total = finite(real_loss + fake_loss, "discriminator")

    discriminator.zero_grads()
    discriminator.backward(dreal, real_caches)
    discriminator.backward(dfake, fake_caches)
    optimizer.step(discriminator)
    return DiscriminatorResult(total, real_logits, fake_logits)


def generator_step(
    gan: GAN, loss: GANLoss, optimizer: Optimizer, fake: Array, caches: Caches, rng: Stream
) -> GeneratorResult:
    """Teach G to make images that D takes for real, by the `fake` ones of `generate` and G's `caches`.

    D may have learnt since, so it judges the images anew. The gradient flows through D to its input, the image, and on
    into G by way of the caches. D stands still: neither its weights nor its gradients nor its moving averages change.

    Raises
    ------
    StaleCacheError
        G has moved since it made the images.
    """
    generator, discriminator = gan.generator, gan.discriminator.logits

    fake_logits, judge_caches = discriminator.forward(fake, Context(training=True, rng=rng, update_stats=False))
    value, dlogits = loss.generator(fake_logits)
    total = finite(value, "generator")

    dfake = discriminator.backward(dlogits, judge_caches, param_grads=False)
    generator.zero_grads()
    generator.backward(dfake, caches)
    optimizer.step(generator)
    return GeneratorResult(total, fake_logits)


def finite(loss: Array, network: str) -> float:
    """The loss as a number; a step that has lost it stops before it moves any weight."""
    value = float(asnumpy(loss))
    if not np.isfinite(value):
        raise NonFiniteError(f"the {network}'s loss is {value}")
    return value
