"""One round of GAN training, by hand: G makes images, D learns from them, then G does.

D minimises ``L_D = -E log D(x) - E log(1 - D(G(z)))`` while G stands still; G minimises ``L_G = -E log D(G(z))``
(or the minimax form) while D stands still. The gradient of either reaches the weights through the chain rule alone:

    dL_D/dw_D = J_D(x)^T dL/dz_real + J_D(G(z))^T dL/dz_fake
    dL_G/dw_G = J_G(z)^T (dD/dx)^T dL/dz_fake

with D's logits z, from which the losses start (`minigan.losses`).

The images G(z) are made once, for both steps. That is right because G does not move between the two: a second forward
of the same noise would give the same images and the same caches, number for number. Had G moved, its backward would
raise `StaleCacheError`. D does move, so G's step asks the new D what it thinks of the images.

The code of the 2014 paper instead moves both networks at once, by gradients at the weights that both had before
(`simultaneous_step`).

Source: Goodfellow et al., arXiv:1406.2661, algorithm 1. There G's step draws noise of its own; one batch for both is
the way of PyTorch's DCGAN example (github.com/pytorch/examples, dcgan/main.py).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from minigan.backend import Array, array_module, asnumpy
from minigan.errors import NonFiniteError
from minigan.layers.base import Context
from minigan.losses import GANLoss, InstanceNoise
from minigan.model import concurrent
from minigan.model.sequential import Sequential
from minigan.models import GAN
from minigan.optimizers import Optimizer
from minigan.random import Stream

__all__ = [
    "PLAIN",
    "DiscriminatorResult",
    "GeneratorResult",
    "Rules",
    "discriminator_step",
    "generate",
    "generator_step",
    "looking",
    "looks_at",
    "simultaneous_step",
]

#: What a network's forward leaves for its backward: the cache of every step that runs.
Caches: TypeAlias = tuple[Any, ...]

#: The classes of real images and those that generated ones were asked to have; None twice without conditions.
Labels: TypeAlias = tuple[Array | None, Array | None]


class DiscriminatorResult(NamedTuple):
    """D's loss, with its penalty where there is one, and its logits for the real and the generated images (N, 1).

    The losses are numbers on the CPU; on a GPU they are arrays without axes, which nobody has looked at yet.
    """

    loss: Array | float
    real_logits: Array
    fake_logits: Array


class GeneratorResult(NamedTuple):
    """G's loss, and D's logits for its images (N, 1)."""

    loss: Array | float
    fake_logits: Array


#: Brings a network's weights back within bounds.
Constraint: TypeAlias = Callable[[Sequential], None]


class Rules(NamedTuple):
    """What a game has besides its loss.

    Attributes
    ----------
    penalty : callable, optional
        See `minigan.penalties`: called with D's logits, the images, a stream and both labels, adds its gradient to
        D's and returns its value.
    blur : InstanceNoise, optional
        Noise on all that D sees, in both networks' steps. It does not depend on the images: the gradient passes it as
        it is.
    d_constraint, g_constraint : callable, optional
        Called with D and with G after each of its updates, to bring its weights back within bounds: see
        `minigan.constraints`.
    """

    penalty: Callable[..., Array] | None = None
    blur: InstanceNoise | None = None
    d_constraint: Constraint | None = None
    g_constraint: Constraint | None = None

    def seen(self, images: Array) -> Array:
        """What D sees of images."""
        return images if self.blur is None else self.blur(images)


#: Nothing but the loss.
PLAIN = Rules()


def generate(
    gan: GAN, noise: Array, rng: Stream, update_stats: bool = True, labels: Array | None = None
) -> tuple[Array, Caches]:
    """The images G(z) that G makes of `noise` (N, latent_size) in training mode, and G's caches, for `generator_step`.

    Both stay good until G's weights move: a round makes its images once. With ``update_stats=False`` G's moving
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
    rules: Rules = PLAIN,
    labels: Labels = (None, None),
) -> DiscriminatorResult:
    """Teach D to tell `real` images (N, H, W, C) from the `fake` ones of `generate`.

    G is not touched: to D its images are mere data. Real and generated images pass D as separate batches, for
    BatchNorm would otherwise mix their statistics.
    """
    result, _ = judge(gan, loss, real, fake, rng, rules, labels)
    update(gan.discriminator, optimizer, rules.d_constraint)
    return result


def generator_step(
    gan: GAN,
    loss: GANLoss,
    optimizer: Optimizer,
    fake: Array,
    caches: Caches,
    rng: Stream,
    rules: Rules = PLAIN,
    labels: Array | None = None,
) -> GeneratorResult:
    """Teach G to make images that D takes for real, by the `fake` ones of `generate` and G's `caches`.

    D may have learnt since, so it judges the images anew. The gradient flows through D to its input, the image, and on
    into G by way of the caches. D stands still: neither its weights nor its gradients nor its moving averages change.

    Raises
    ------
    StaleCacheError
        G has moved since it made the images.
    """
    ctx = Context(training=True, rng=rng, update_stats=False, labels=labels)
    logits, judge_caches = gan.discriminator.logits.forward(rules.seen(fake), ctx)
    result = learn(gan, loss, logits, judge_caches, caches)
    update(gan.generator, optimizer, rules.g_constraint)
    return result


def simultaneous_step(
    gan: GAN,
    loss: GANLoss,
    d_optimizer: Optimizer,
    g_optimizer: Optimizer,
    real: Array,
    fake: Array,
    caches: Caches,
    rng: Stream,
    rules: Rules = PLAIN,
    labels: Labels = (None, None),
) -> tuple[DiscriminatorResult, GeneratorResult]:
    """Move D and G at once, each by the gradient of its loss where both stand now.

    One judgement of the images serves both: G learns from the very logits that D does.

    Source: the code of the 2014 paper, github.com/goodfeli/adversarial, whose cost gives both gradients to one update.
    """
    d, judge_caches = judge(gan, loss, real, fake, rng, rules, labels)
    g = learn(gan, loss, d.fake_logits, judge_caches, caches)
    update(gan.discriminator, d_optimizer, rules.d_constraint)
    update(gan.generator, g_optimizer, rules.g_constraint)
    return d, g


def judge(
    gan: GAN, loss: GANLoss, real: Array, fake: Array, rng: Stream, rules: Rules, labels: Labels
) -> tuple[DiscriminatorResult, Caches]:
    """D's loss, with its gradient left in D, and the caches of its judgement of the generated images."""
    discriminator = gan.discriminator.logits
    batches = rules.seen(real), rules.seen(fake)
    contexts = [Context(training=True, rng=rng, labels=classes) for classes in labels]

    passes = concurrent.forward_both(discriminator, batches, contexts)
    (real_logits, real_caches), (fake_logits, fake_caches) = passes
    real_loss, dreal = loss.real(real_logits)
    fake_loss, dfake = loss.fake(fake_logits)
    total = finite(real_loss + fake_loss, "discriminator")

    discriminator.zero_grads()
    concurrent.backward_both(discriminator, (dreal, dfake), (real_caches, fake_caches))
    if rules.penalty is not None:
        total = total + finite(rules.penalty(discriminator, real, fake, rng, *labels), "discriminator")
    return DiscriminatorResult(total, real_logits, fake_logits), fake_caches


def learn(gan: GAN, loss: GANLoss, logits: Array, judge_caches: Caches, caches: Caches) -> GeneratorResult:
    """G's loss by D's `logits` for its images, with its gradient left in G; D's own gradients stay as they are."""
    value, dlogits = loss.generator(logits)
    total = finite(value, "generator")
    dfake = gan.discriminator.logits.backward(dlogits, judge_caches, param_grads=False)
    gan.generator.zero_grads()
    gan.generator.backward(dfake, caches)
    return GeneratorResult(total, logits)


def update(network: Sequential, optimizer: Optimizer, constraint: Constraint | None = None) -> None:
    """Move a network by its gradients, and back within its bounds."""
    optimizer.step(network)
    if constraint is not None:
        constraint(network)


def finite(loss: Array, network: str) -> Array | float:
    """The loss as a number, or on a GPU as it is; a step that is seen to have lost it moves no weight."""
    if not looks_at(loss):
        return loss
    value = float(asnumpy(loss))
    if not np.isfinite(value):
        raise NonFiniteError(f"the {network}'s loss is {value}")
    return value


_looking = False


def looks_at(array: Array) -> bool:
    """Whether a step looks at its own values: always on the CPU, and on a GPU only inside `looking`.

    There to look is to wait: the host, which sends the work ahead, has to let the GPU catch up and then run idle. So
    the trainer looks at the losses of many steps at once, and finds the step that lost one by running them again.
    """
    return _looking or array_module(array) is np


@contextmanager
def looking() -> Iterator[None]:
    """A block in which steps look at their values on a GPU too."""
    global _looking
    before, _looking = _looking, True
    try:
        yield
    finally:
        _looking = before
