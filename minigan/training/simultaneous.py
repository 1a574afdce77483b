"""The step of the 2014 paper's code: both networks are updated at once, by gradients at the weights both had before."""

from minigan.backend import Array
from minigan.layers.base import Context
from minigan.losses import GANLoss
from minigan.model.concurrent import backward_both, forward_both
from minigan.models import GAN
from minigan.optimizers import Optimizer
from minigan.random import Stream
from minigan.training.nonfinite import check_finite
from minigan.training.options import NO_OPTIONS, GameOptions
from minigan.training.steps import Caches, DiscriminatorResult, GeneratorResult, Labels

__all__ = ["simultaneous_step"]


def simultaneous_step(
    gan: GAN,
    loss: GANLoss,
    d_optimizer: Optimizer,
    g_optimizer: Optimizer,
    real: Array,
    fake: Array,
    caches: Caches,
    rng: Stream,
    options: GameOptions = NO_OPTIONS,
    labels: Labels = (None, None),
) -> tuple[DiscriminatorResult, GeneratorResult]:
    """One update of D and of G, each by the gradient of its loss at the weights that both have now.

    It is `discriminator_step` and `generator_step` (`minigan.training.steps`) with one forward of D for both, and with
    the updates at the end.

    Source: the code of the 2014 paper, github.com/goodfeli/adversarial, whose cost gives both gradients to one update.
    """
    discriminator = gan.discriminator.logits
    batches = options.seen(real), options.seen(fake)
    contexts = [Context(training=True, rng=rng, labels=classes) for classes in labels]
    (real_logits, real_caches), (fake_logits, fake_caches) = forward_both(discriminator, batches, contexts)

    real_loss, dz_real = loss.real(real_logits)
    fake_loss, dz_fake = loss.fake(fake_logits)
    d_loss = check_finite(real_loss + fake_loss, "discriminator")
    discriminator.zero_grads()
    backward_both(discriminator, (dz_real, dz_fake), (real_caches, fake_caches))
    if options.penalty is not None:
        d_loss = d_loss + check_finite(options.penalty(discriminator, real, fake, rng, *labels), "discriminator")

    value, dz = loss.generator(fake_logits)
    g_loss = check_finite(value, "generator")
    dfake = discriminator.backward(dz, fake_caches, param_grads=False)
    gan.generator.zero_grads()
    gan.generator.backward(dfake, caches, input_grad=False)

    for network, optimizer, constraint in (
        (gan.discriminator, d_optimizer, options.d_constraint),
        (gan.generator, g_optimizer, options.g_constraint),
    ):
        optimizer.step(network)
        if constraint is not None:
            constraint(network)
    return DiscriminatorResult(d_loss, real_logits, fake_logits), GeneratorResult(g_loss, fake_logits)
