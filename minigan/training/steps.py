"""One step of the discriminator and one of the generator: the whole of GAN training, by hand.

D minimises ``L_D = -E log D(x) - E log(1 - D(G(z)))`` while G only generates; G minimises ``L_G = -E log D(G(z))``
(or the minimax form) while D stands still. The gradient of either reaches the weights through the chain rule alone:

    dL_D/dw_D = J_D(x)^T dL/dz_real + J_D(G(z))^T dL/dz_fake
    dL_G/dw_G = J_G(z)^T (dD/dx)^T dL/dz_fake

with D's logits z, from which the losses start (`minigan.losses`).

Source: Goodfellow et al., arXiv:1406.2661, algorithm 1.
"""

from typing import NamedTuple

import numpy as np

from minigan.backend import Array, asnumpy
from minigan.errors import NonFiniteError
from minigan.layers.base import Context
from minigan.losses import GANLoss
from minigan.models import GAN
from minigan.optimizers import Optimizer
from minigan.random import Stream

__all__ = ["DiscriminatorResult", "GeneratorResult", "discriminator_step", "generator_step"]


class DiscriminatorResult(NamedTuple):
    """D's loss, and its logits for the real and the generated images (N, 1)."""

    loss: float
    real_logits: Array
    fake_logits: Array


class GeneratorResult(NamedTuple):
    """G's loss, and D's logits for its images (N, 1)."""

    loss: float
    fake_logits: Array


def discriminator_step(
    gan: GAN, loss: GANLoss, optimizer: Optimizer, real: Array, noise: Array, rng: Stream
) -> DiscriminatorResult:
    """Teach D to tell `real` images (N, H, W, C) from those that G makes of `noise` (N, latent_size).

    G only generates: neither its weights nor its moving averages change. Real and generated images pass D as
    separate batches, for BatchNorm would otherwise mix their statistics.
    """
    discriminator = gan.discriminator.logits
    train = Context(training=True, rng=rng)
    fake, _ = gan.generator.forward(noise, train._replace(update_stats=False))

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


def generator_step(gan: GAN, loss: GANLoss, optimizer: Optimizer, noise: Array, rng: Stream) -> GeneratorResult:
    """Teach G to make images of `noise` (N, latent_size) that D takes for real.

    The gradient flows through D to its input, the image, and on into G. D stands still: neither its weights nor
    its gradients nor its moving averages change.
    """
    generator, discriminator = gan.generator, gan.discriminator.logits
    train = Context(training=True, rng=rng)

    fake, generator_caches = generator.forward(noise, train)
    fake_logits, caches = discriminator.forward(fake, train._replace(update_stats=False))
    value, dlogits = loss.generator(fake_logits)
    total = finite(value, "generator")

    dfake = discriminator.backward(dlogits, caches, param_grads=False)
    generator.zero_grads()
    generator.backward(dfake, generator_caches)
    optimizer.step(generator)
    return GeneratorResult(total, fake_logits)


def finite(loss: Array, network: str) -> float:
    """The loss as a number; a step that has lost it stops before it moves any weight."""
    value = float(asnumpy(loss))
    if not np.isfinite(value):
        raise NonFiniteError(f"the {network}'s loss is {value}")
    return value
