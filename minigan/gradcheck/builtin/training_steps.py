"""The training steps as functions of one network's weights, for the checker."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigan import losses, models
from minigan.backend import Array, array_module, asnumpy
from minigan.errors import GradientError
from minigan.layers.base import Context
from minigan.model.sequential import Sequential
from minigan.optimizers import Optimizer
from minigan.random import Stream
from minigan.training.options import NO_OPTIONS, GameOptions
from minigan.training.simultaneous import simultaneous_step
from minigan.training.steps import discriminator_step, generate, generator_step

__all__ = ["changed_names", "discriminator_step_functions", "generator_step_functions", "simultaneous_step_functions"]

#: Two halvings of 12 pixels leave 3, which is padded: so the padding of odd maps is checked too.
LATENT, SIZE, BATCH = 3, 12, 4

#: A gradient from an earlier step, in every entry.
EARLIER = 7

#: The weight of a simple penalty.
DECAY = 0.3


class Evidence(Optimizer):
    """An optimizer that keeps the gradient of a step and updates nothing."""

    gradient: Array | None = None

    def __init__(self) -> None:
        super().__init__(learning_rate=1.0)

    def update(self, w: Array, g: Array, slots: dict[str, Array]) -> None:
        # The whole gradient: networks as small as these are one piece.
        self.gradient = g.copy()


class Recorder:
    """Options that record how a step uses them: constraints without effect, and a penalty ``DECAY/2 |w|^2`` of D."""

    def __init__(self, real: Array, fake: Array) -> None:
        self.real, self.fake = real, fake
        self.penalized: list[str] = []
        self.bounded: list[str] = []
        self.options = GameOptions(self.penalty, None, self.bound, self.bound)

    def penalty(self, discriminator: Sequential, real: Array, fake: Array, rng: Stream, *labels: Array | None) -> Array:
        if real is not self.real or fake is not self.fake or not isinstance(rng, Stream) or len(labels) != 2:
            raise GradientError("expected a penalty to be called with D, the images, a stream and two labels")
        self.penalized.append(discriminator.name)
        w = discriminator.flat_data
        discriminator.flat_grad += w.dtype.type(DECAY) * w
        return w.dtype.type(DECAY / 2) * (w * w).sum()

    def bound(self, network: Sequential) -> None:
        self.bounded.append(network.name)

    def check(self, penalized: list[str], bounded: list[str]) -> None:
        """Check which networks got a penalty, and which a constraint."""
        found = self.penalized, self.bounded
        if found != (penalized, bounded):
            raise GradientError(f"expected penalties of {penalized} and constraints of {bounded}, got {found}")


def small_gan(dtype: Any) -> models.GAN:
    """The networks of the article, small; with Dropout, BatchNorm in training mode, and the path through both."""
    gan = models.build(
        "dcgan28", image_size=SIZE, latent_size=LATENT, generator_filters=(2, 2), discriminator_filters=(2, 2, 3)
    )
    for network, shape in ((gan.generator, (LATENT,)), (gan.discriminator, (SIZE, SIZE, 1))):
        network.build(shape, seed=1, dtype=dtype)
        # With biases at 0, inactive units would put the next ReLU exactly on its kink.
        size = network.flat_data.shape
        network.flat_data += Stream(1, f"gradcheck/{network.name}").normal(size, stddev=0.05, dtype=dtype)
    return gan


def batches(dtype: Any) -> tuple[Array, Array]:
    """Real images and noise."""
    rng = Stream(2, "gradcheck/batches")
    return rng.uniform((BATCH, SIZE, SIZE, 1), -1, 1, np.float64).astype(dtype), rng.uniform(
        (BATCH, LATENT), -1, 1, np.float64
    ).astype(dtype)


def discriminator_step_functions(
    loss: str = "non-saturating", label_smoothing: float = 0.1
) -> tuple[Callable, Callable, Array]:
    """Forward and backward of D's step in D's weights, and the weights; with options where labels are smoothed."""

    def step(gan: models.GAN, evidence: Evidence, real: Array, fake: Array, caches: Any, rng: Stream) -> float:
        averages = gan.discriminator.state_dict()
        recorder, drawn = Recorder(real, fake), rng.state
        options = recorder.options if label_smoothing else NO_OPTIONS
        result = discriminator_step(gan, losses.get(loss, label_smoothing), evidence, real, fake, rng, options)
        if options is not NO_OPTIONS:
            recorder.check(["discriminator"], ["discriminator"])
        check_averages(gan.discriminator, averages)
        check_logits(gan, result, real, fake, drawn)
        return result.loss

    return step_functions("discriminator", step)


def generator_step_functions(loss: str = "non-saturating") -> tuple[Callable, Callable, Array]:
    """Forward and backward of G's step in G's weights, and the weights; with options where the loss has labels.

    The forward also generates the images.
    """
    labelled = issubclass(losses.GAN_LOSSES[loss], losses.TargetLoss)

    def step(gan: models.GAN, evidence: Evidence, real: Array, fake: Array, caches: Any, rng: Stream) -> float:
        recorder = Recorder(real, fake)
        options = recorder.options if labelled else NO_OPTIONS
        result = generator_step(gan, losses.get(loss), evidence, fake, caches, rng, options)
        if options is not NO_OPTIONS:
            recorder.check([], ["generator"])
        return result.loss

    return step_functions("generator", step)


def simultaneous_step_functions(network: str, loss: str = "non-saturating") -> tuple[Callable, Callable, Array]:
    """Forward and backward of the step of both networks in the weights of one of them, and these weights.

    In D's with options, in G's without.
    """

    def step(gan: models.GAN, evidence: Evidence, real: Array, fake: Array, caches: Any, rng: Stream) -> float:
        other, recorder, drawn = Evidence(), Recorder(real, fake), rng.state
        options = recorder.options if network == "discriminator" else NO_OPTIONS
        optimizers = (evidence, other) if network == "discriminator" else (other, evidence)
        d, g = simultaneous_step(gan, losses.get(loss), *optimizers, real, fake, caches, rng, options)
        if options is not NO_OPTIONS:
            recorder.check(["discriminator"], ["discriminator", "generator"])
        if other.gradient is None:
            raise GradientError(f"the step of both networks updated the {network} only")
        check_logits(gan, d, real, fake, drawn)
        return d.loss if network == "discriminator" else g.loss

    return step_functions(network, step, both=True)


def check_averages(network: Sequential, before: dict[str, Array]) -> None:
    """Check that a network ran in training mode: its moving averages were updated."""
    averages = {name: p for name, p in network.parameters().items() if not p.trainable}
    if same := [name for name, p in averages.items() if (asnumpy(p.data) == before[name]).all()]:
        raise GradientError(f"the {network.name}'s forward did not update {', '.join(same)}")


def check_logits(gan: models.GAN, result: Any, real: Array, fake: Array, drawn: tuple[int, int, int, int]) -> None:
    """Check that the reported logits are D's for the real and for the generated images, with the same dropout."""
    rng = Stream(0, "gradcheck/dropout")
    rng.state = drawn
    ctx = Context(training=True, rng=rng, update_stats=False)
    for name, x, logits in (("real", real, result.real_logits), ("generated", fake, result.fake_logits)):
        expected, _ = gan.discriminator.logits.forward(x, ctx)
        if not bool((expected == logits).all()):
            raise GradientError(f"the step reported other logits than D's for the {name} images")


def changed_names(network: Sequential, before: dict[str, Array]) -> str:
    """The names of the network's values and averages that have changed."""
    return ", ".join(name for name, array in network.state_dict().items() if (array != before[name]).any())


def check_unchanged(network: Sequential, before: dict[str, Array]) -> None:
    """Check that the other network has not changed: its values, averages and gradients."""
    if names := changed_names(network, before):
        raise GradientError(f"the other network's step changed {network.name}'s {names}")
    if (network.flat_grad != EARLIER).any():
        raise GradientError(f"the other network's step touched {network.name}'s gradients")


def step_functions(network: str, step: Callable, both: bool = False) -> tuple[Callable, Callable, Array]:
    """A step as a function of the weights of `network`; its cache is the gradient of the step.

    With `both` the step updates the other network too.
    """
    built: dict[Any, tuple[models.GAN, dict[str, Array], dict[str, Array]]] = {}

    def fresh_gan(dtype: Any) -> models.GAN:
        """The networks in their initial state; building them again would take as long as a step."""
        if dtype not in built:
            gan = small_gan(dtype)
            built[dtype] = gan, gan.generator.state_dict(), gan.discriminator.state_dict()
        gan, generator, discriminator = built[dtype]
        gan.generator.load_state_dict(generator)
        gan.discriminator.load_state_dict(discriminator)
        return gan

    def forward(weights: Array) -> tuple[Array, Array]:
        gan, evidence, rng = fresh_gan(weights.dtype), Evidence(), Stream(3, "gradcheck/dropout")
        trained = getattr(gan, network)
        other = gan.generator if trained is gan.discriminator else gan.discriminator
        trained.flat_data[...] = weights
        gan.generator.flat_grad[...] = gan.discriminator.flat_grad[...] = EARLIER
        real, noise = batches(weights.dtype)
        averages = gan.generator.state_dict()
        fake, caches = generate(gan, noise, rng)
        check_averages(gan.generator, averages)
        before, drawn = other.state_dict(), rng.state
        loss = step(gan, evidence, real, fake, caches, rng)
        if not both:
            check_unchanged(other, before)
        if rng.state == drawn:
            raise GradientError(f"the {network}'s step drew no dropout masks: D did not run in training mode")
        return array_module(weights).asarray(loss, weights.dtype), evidence.gradient

    def backward(dy: Array, gradient: Array) -> Array:
        return dy * gradient

    return forward, backward, getattr(small_gan(np.float64), network).flat_data
