"""One round of GAN training, by hand: G makes images, D learns from them, then G does.

D minimises ``L_D = -E log D(x) - E log(1 - D(fake))``, where ``fake = G(noise)``, while G stays as it is; G minimises
``L_G = -E log D(fake)`` (or the minimax form) while D stays as it is. The gradient of either reaches the weights by the
chain rule alone:

    dL_D/dw_D = J_D(x)^T dz_real + J_D(fake)^T dz_fake
    dL_G/dw_G = J_G(noise)^T dfake,  dfake = (dD/dx)^T dz

with D's logits z, from which the losses start (`minigan.losses`), and dz, the gradient of the loss by them.

The images are made once, for both steps. That is right because G is not updated between the two: a second forward
of the same noise would give the same images and the same caches, number for number. Had G been updated, its backward
would raise `StaleCacheError`. D is updated, so G's step runs the new D on the images.

The code of the 2014 paper instead updates both networks at once: see `minigan.training.simultaneous`.

Source: Goodfellow et al., arXiv:1406.2661, algorithm 1. There G's step draws noise of its own; one batch for both is
the way of PyTorch's DCGAN example (github.com/pytorch/examples, dcgan/main.py).
"""

from typing import Any, NamedTuple, TypeAlias

from minigan.backend import Array
from minigan.layers.base import Context
from minigan.losses import GANLoss
from minigan.model.concurrent import backward_both, forward_both
from minigan.models import GAN
from minigan.optimizers import Optimizer
from minigan.random import Stream
from minigan.training.nonfinite import check_finite
from minigan.training.options import NO_OPTIONS, GameOptions

__all__ = [
    "DiscriminatorResult",
    "GeneratorResult",
    "discriminator_step",
    "generate",
    "generator_step",
]

#: The caches that a network's forward returns for its backward, one for each step that runs.
Caches: TypeAlias = tuple[Any, ...]

#: The classes of the real and of the generated images; None twice without conditions.
Labels: TypeAlias = tuple[Array | None, Array | None]


class DiscriminatorResult(NamedTuple):
    """D's loss, with its penalty where there is one, and its logits for the real and the generated images (N, 1).

    On the CPU the loss is a number. On a GPU it is an array without axes, which was not copied to the host yet.
    """

    loss: Array | float
    real_logits: Array
    fake_logits: Array


class GeneratorResult(NamedTuple):
    """G's loss, and D's logits for its images (N, 1)."""

    loss: Array | float
    fake_logits: Array


def generate(
    gan: GAN, noise: Array, rng: Stream, update_stats: bool = True, labels: Array | None = None
) -> tuple[Array, Caches]:
    """The images that G makes of `noise` (N, latent_size) in training mode, and G's caches, for `generator_step`.

    Both are valid until G's weights are updated: a round makes its images once. With ``update_stats=False`` G's moving
    averages stay as they are: for images from which only D learns. `labels` (N,) are the classes to draw.
    """
    return gan.generator.forward(noise, Context(training=True, rng=rng, update_stats=update_stats, labels=labels))


def discriminator_step(
    gan: GAN,
    loss: GANLoss,
    optimizer: Optimizer,
    real: Array,
    fake: Array,
    rng: Stream,
    options: GameOptions = NO_OPTIONS,
    labels: Labels = (None, None),
) -> DiscriminatorResult:
    """One update of D, by `real` images (N, H, W, C) and the `fake` ones of `generate`.

    G is not used: for D its images are data. Real and generated images pass D as separate batches, for BatchNorm would
    otherwise mix their statistics.
    """
    discriminator = gan.discriminator.logits
    batches = options.seen(real), options.seen(fake)
    contexts = [Context(training=True, rng=rng, labels=classes) for classes in labels]

    (real_logits, real_caches), (fake_logits, fake_caches) = forward_both(discriminator, batches, contexts)
    real_loss, dz_real = loss.real(real_logits)
    fake_loss, dz_fake = loss.fake(fake_logits)
    total = check_finite(real_loss + fake_loss, "discriminator")

    discriminator.zero_grads()
    backward_both(discriminator, (dz_real, dz_fake), (real_caches, fake_caches))
    if options.penalty is not None:
        total = total + check_finite(options.penalty(discriminator, real, fake, rng, *labels), "discriminator")

    optimizer.step(gan.discriminator)
    if options.d_constraint is not None:
        options.d_constraint(gan.discriminator)
    return DiscriminatorResult(total, real_logits, fake_logits)


def generator_step(
    gan: GAN,
    loss: GANLoss,
    optimizer: Optimizer,
    fake: Array,
    caches: Caches,
    rng: Stream,
    options: GameOptions = NO_OPTIONS,
    labels: Array | None = None,
) -> GeneratorResult:
    """One update of G, by the `fake` images of `generate` and G's `caches`: D should take them for real.

    D may have been updated since, so it is run on the images again. The gradient flows through D to its input, the
    image, and on into G. D's weights, gradients and moving averages stay as they are.

    Raises
    ------
    StaleCacheError
        G was updated since it made the images.
    """
    discriminator = gan.discriminator.logits
    ctx = Context(training=True, rng=rng, update_stats=False, labels=labels)

    logits, d_caches = discriminator.forward(options.seen(fake), ctx)
    value, dz = loss.generator(logits)
    value = check_finite(value, "generator")

    dfake = discriminator.backward(dz, d_caches, param_grads=False)
    gan.generator.zero_grads()
    gan.generator.backward(dfake, caches, input_grad=False)

    optimizer.step(gan.generator)
    if options.g_constraint is not None:
        options.g_constraint(gan.generator)
    return GeneratorResult(value, logits)
