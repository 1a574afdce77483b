"""What the two networks give for fixed inputs, from which the views are made.

Both run in inference mode, as ``minigan sample`` runs G: BatchNorm takes its moving averages, and Dropout drops
nothing. The inputs come from streams of their own, and are the same at every look. So a picture changes only where
the networks have changed, and looking changes nothing.
"""

from copy import deepcopy

import numpy as np

from minigan.backend import Array, asnumpy
from minigan.lab.session_like import SessionLike
from minigan.lab.views.remember import remembered
from minigan.model.sequential import Sequential
from minigan.models import classes_in_turn, draw_noise
from minigan.plots.points import discriminator_outputs, gives_probabilities
from minigan.random import Stream
from minigan.training.trainer import Trainer

__all__ = ["MOST", "generate", "generated", "judged", "limits_of", "noise_of", "real_batch"]

#: The most noise vectors and real examples of a view.
MOST = 2_000


def noise_of(session: SessionLike, count: int) -> Array:
    """The first `count` noise vectors, of at most `MOST`."""
    trainer, seed = session.trainer, session.setup.seed
    size = trainer.gan.latent_size
    noise = remembered(trainer, "noise", lambda: draw_noise(Stream(seed, "lab noise"), MOST, size, trainer.noise))
    return noise[:count]


def generate(session: SessionLike, noise: Array, first: int = 0) -> np.ndarray:
    """What G makes of noise; a conditional G makes one class after the other, as sample `first` and those after it."""
    labels = classes_in_turn(first + len(noise), session.trainer.gan.classes)
    return asnumpy(sampler(session.trainer).predict(noise, len(noise), None if labels is None else labels[first:]))


def sampler(trainer: Trainer) -> Sequential:
    """The network that makes samples: G, or a copy of it with its averaged weights if there is an average.

    `Trainer.sampler` lends G itself, and the caches of a round that is half done would be lost by that.
    """
    average, generator = trainer.average, trainer.gan.generator
    if average is None or not average.updates:
        return generator
    copied = remembered(trainer, "averaged generator", lambda: deepcopy(generator))
    parts = generator.parts_of(average.values)
    copied.load_state_dict({name: asnumpy(parts.get(each, each.data)) for name, each in generator.parameters().items()})
    return copied


def generated(session: SessionLike, count: int) -> np.ndarray:
    """What G makes of the first `count` noise vectors."""
    return generate(session, noise_of(session, count))


def real_batch(session: SessionLike, count: int) -> np.ndarray:
    """Real examples chosen at random, scaled as D sees them; all of them where there are fewer than `count`."""
    trainer, seed = session.trainer, session.setup.seed
    places = remembered(trainer, "real", lambda: Stream(seed, "lab real").permutation(len(trainer.data))[:MOST])
    return asnumpy(trainer.data.batch(places[:count], trainer.gan.output_range))


def judged(session: SessionLike, x: np.ndarray) -> np.ndarray:
    """D of each x, (N,) float32: a probability, or a score with a loss that knows no probabilities."""
    return discriminator_outputs(session.trainer.gan, session.trainer.loss, x)


def limits_of(session: SessionLike, real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    """The ends of D's scale: 0 and 1, or for scores of real and of generated examples as far as most of them are.

    In the middle D is undecided: there is the threshold of the loss, or without one the middle of the two mean scores.
    """
    loss = session.trainer.loss
    if gives_probabilities(loss):
        return 0.0, 1.0
    middle = loss.decision_threshold
    if middle is None:
        middle = float(real.mean() + fake.mean()) / 2
    reach = float(np.quantile(abs(np.concatenate([real, fake]) - middle), 0.95)) or 1.0
    return middle - reach, middle + reach
