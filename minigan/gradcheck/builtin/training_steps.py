"""The steps of training as functions of one network's weights, for the checker."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigan import losses, models
from minigan.backend import Array, array_module, asnumpy
from minigan.errors import GradientError
from minigan.model.sequential import Sequential
from minigan.optimizers import Optimizer
from minigan.random import Stream
from minigan.training.options import NO_OPTIONS, GameOptions
from minigan.training.simultaneous import simultaneous_step
from minigan.training.steps import discriminator_step, generate, generator_step

__all__ = ["discriminator_step_functions", "generator_step_functions", "moved", "simultaneous_step_functions"]

#: Of 12 pixels the second halving leaves 3, which is padded: the odd map is in it too.
LATENT, SIZE, BATCH = 3, 12, 4

#: A gradient left over from an earlier step, everywhere.
EARLIER = 7

#: The weight of the penalty that stands for any.
DECAY = 0.3


class Evidence(Optimizer):
    """Notes the gradient it is given and moves nothing."""

    gradient: Array | None = None

    def __init__(self) -> None:
        super().__init__(learning_rate=1.0)

    def update(self, w: Array, g: Array, slots: dict[str, Array]) -> None:
        # All of it: networks as small as these are one piece.
        self.gradient = g.copy()


class Watch:
    """Options that note how a step uses them: bounds that bind nothing, and for a penalty ``DECAY/2 |w|^2`` of D."""

    def __init__(self, real: Array, fake: Array) -> None:
        self.real, self.fake = real, fake
        self.penalized: list[str] = []
        self.bounded: list[str] = []
        self.options = GameOptions(self.penalty, None, self.bound, self.bound)

    def penalty(self, discriminator: Sequential, real: Array, fake: Array, rng: Stream, *labels: Array | None) -> Array:
        if real is not self.real or fake is not self.fake or not isinstance(rng, Stream) or len(labels) != 2:
            raise GradientError("a penalty was called with anything but D, the images, a stream and two labels")
        self.penalized.append(discriminator.name)
        w = discriminator.flat_data
        discriminator.flat_grad += w.dtype.type(DECAY) * w
        return w.dtype.type(DECAY / 2) * (w * w).sum()

    def bound(self, network: Sequential) -> None:
        self.bounded.append(network.name)

    def check(self, penalized: list[str], bounded: list[str]) -> None:
        """The penalty was added to D's loss, and these networks, and no others, were brought back within bounds."""
        found = self.penalized, self.bounded
        if found != (penalized, bounded):
            raise GradientError(f"expected penalties of {penalized} and bounds of {bounded}, got {found}")


def small_gan(dtype: Any) -> models.GAN:
    """The article's networks, small: Dropout, BatchNorm in training and the path through both included."""
    gan = models.build(
        "dcgan28", image_size=SIZE, latent_size=LATENT, generator_filters=(2, 2), discriminator_filters=(2, 2, 3)
    )
    for network, shape in ((gan.generator, (LATENT,)), (gan.discriminator, (SIZE, SIZE, 1))):
        network.build(shape, seed=1, dtype=dtype)
        # With biases at 0, a patch of dead units would leave the next ReLU exactly on its kink.
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
    game: str = "non-saturating", label_smoothing: float = 0.1
) -> tuple[Callable, Callable, Array]:
    """Forward and backward of the D step in D's weights, and the weights; the minimax game has no options."""

    def step(gan: models.GAN, witness: Evidence, real: Array, fake: Array, caches: Any, rng: Stream) -> float:
        averages = gan.discriminator.state_dict()
        watch = Watch(real, fake)
        options = NO_OPTIONS if game == "minimax" else watch.options
        result = discriminator_step(gan, losses.get(game, label_smoothing), witness, real, fake, rng, options)
        if options is not NO_OPTIONS:
            watch.check(["discriminator"], ["discriminator"])
        check_averages(gan.discriminator, averages)
        return result.loss

    return step_functions("discriminator", step)


def generator_step_functions(game: str = "non-saturating") -> tuple[Callable, Callable, Array]:
    """Forward and backward of the G step in G's weights, and the weights; the images are a part of the forward.

    The minimax game has no options.
    """

    def step(gan: models.GAN, witness: Evidence, real: Array, fake: Array, caches: Any, rng: Stream) -> float:
        watch = Watch(real, fake)
        options = NO_OPTIONS if game == "minimax" else watch.options
        result = generator_step(gan, losses.get(game), witness, fake, caches, rng, options)
        if options is not NO_OPTIONS:
            watch.check([], ["generator"])
        return result.loss

    return step_functions("generator", step)


def simultaneous_step_functions(network: str, game: str = "non-saturating") -> tuple[Callable, Callable, Array]:
    """Forward and backward of the step of both networks in the weights of one of them, and these weights.

    In D's with options, in G's without.
    """

    def step(gan: models.GAN, witness: Evidence, real: Array, fake: Array, caches: Any, rng: Stream) -> float:
        other, watch = Evidence(), Watch(real, fake)
        options = watch.options if network == "discriminator" else NO_OPTIONS
        optimizers = (witness, other) if network == "discriminator" else (other, witness)
        d, g = simultaneous_step(gan, losses.get(game), *optimizers, real, fake, caches, rng, options)
        if options is not NO_OPTIONS:
            watch.check(["discriminator"], ["discriminator", "generator"])
        if other.gradient is None:
            raise GradientError(f"the step of both networks moved the {network} alone")
        return d.loss if network == "discriminator" else g.loss

    return step_functions(network, step, both=True)


def check_averages(network: Sequential, before: dict[str, Array]) -> None:
    """The images are made, and D learns, in training mode: the network's averages follow."""
    averages = {name: p for name, p in network.parameters().items() if not p.trainable}
    if still := [name for name, p in averages.items() if (asnumpy(p.data) == before[name]).all()]:
        raise GradientError(f"the {network.name}'s forward did not move {', '.join(still)}")


def moved(network: Sequential, before: dict[str, Array]) -> str:
    """The names of those of its values and averages that are not as they were."""
    return ", ".join(name for name, array in network.state_dict().items() if (array != before[name]).any())


def check_bystander(network: Sequential, before: dict[str, Array]) -> None:
    """The other network stands still: its values, its averages, its gradients."""
    if names := moved(network, before):
        raise GradientError(f"the other network's step moved {network.name}'s {names}")
    if (network.flat_grad != EARLIER).any():
        raise GradientError(f"the other network's step touched {network.name}'s gradients")


def step_functions(network: str, step: Callable, both: bool = False) -> tuple[Callable, Callable, Array]:
    """A step as a function of the weights of `network`; its cache is the gradient that the step found.

    With `both` the other network learns, too.
    """
    built: dict[Any, tuple[models.GAN, dict[str, Array], dict[str, Array]]] = {}

    def fresh_gan(dtype: Any) -> models.GAN:
        """The networks as they were at first; to build them takes as long as a step."""
        if dtype not in built:
            gan = small_gan(dtype)
            built[dtype] = gan, gan.generator.state_dict(), gan.discriminator.state_dict()
        gan, generator, discriminator = built[dtype]
        gan.generator.load_state_dict(generator)
        gan.discriminator.load_state_dict(discriminator)
        return gan

    def forward(weights: Array) -> tuple[Array, Array]:
        gan, witness, rng = fresh_gan(weights.dtype), Evidence(), Stream(3, "gradcheck/dropout")
        learner = getattr(gan, network)
        bystander = gan.generator if learner is gan.discriminator else gan.discriminator
        learner.flat_data[...] = weights
        gan.generator.flat_grad[...] = gan.discriminator.flat_grad[...] = EARLIER
        real, noise = batches(weights.dtype)
        averages = gan.generator.state_dict()
        fake, caches = generate(gan, noise, rng)
        check_averages(gan.generator, averages)
        before, drawn = bystander.state_dict(), rng.state
        loss = step(gan, witness, real, fake, caches, rng)
        if not both:
            check_bystander(bystander, before)
        if rng.state == drawn:
            raise GradientError(f"the {network}'s step drew no dropout masks: D did not run in training mode")
        return array_module(weights).asarray(loss, weights.dtype), witness.gradient

    def backward(dy: Array, gradient: Array) -> Array:
        return dy * gradient

    return forward, backward, getattr(small_gan(np.float64), network).flat_data
