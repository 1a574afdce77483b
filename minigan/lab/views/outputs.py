"""What the two networks give for fixed inputs, from which the views are made.

Both run in inference mode, as ``minigan sample`` runs G: BatchNorm takes its moving averages, and Dropout drops
nothing. The inputs come from streams of their own, and are the same at every look. So a picture changes only where
the networks have changed, and looking changes nothing. Networks with huge weights, from which one learns what went
wrong, may overflow: no warning is printed then.
"""

from copy import deepcopy

import numpy as np

from minigan.backend import Array, asnumpy
from minigan.lab.session_like import SessionLike
from minigan.lab.views.remember import remembered
from minigan.model.sequential import Sequential
from minigan.models import draw_noise
from minigan.plots.points import discriminator_outputs, generator_gradients, gives_probabilities
from minigan.random import Stream
from minigan.training.trainer import Trainer

__all__ = ["MOST", "directions", "finite", "generate", "generated", "judged", "limits_of", "noise_of", "real_batch"]

#: The most noise vectors and real examples of a view.
MOST = 2_000


def noise_of(session: SessionLike, count: int) -> Array:
    """The first `count` noise vectors, of at most `MOST`."""
    trainer, seed = session.trainer, session.setup.seed
    size = trainer.gan.latent_size
    noise = remembered(trainer, "noise", lambda: draw_noise(Stream(seed, "lab noise"), MOST, size, trainer.noise))
    return noise[:count]


@np.errstate(over="ignore", invalid="ignore")
def generate(session: SessionLike, noise: Array) -> np.ndarray:
    """What G makes of noise."""
    return asnumpy(sampler(session.trainer).predict(noise, len(noise)))


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


@np.errstate(over="ignore", invalid="ignore")
def judged(session: SessionLike, x: np.ndarray) -> np.ndarray:
    """D of each x, (N,) float32: a probability, or a score with a loss that knows no probabilities."""
    return discriminator_outputs(session.trainer.gan, session.trainer.loss, x)


@np.errstate(over="ignore", invalid="ignore")
def directions(session: SessionLike, x: np.ndarray) -> np.ndarray:
    """The direction in which each x lowers G's loss, ``-dL_G/dx``."""
    return -generator_gradients(session.trainer.gan, session.trainer.loss, x)


def limits_of(session: SessionLike, real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    """The ends of D's scale: 0 and 1, or for scores of real and of generated examples as far as most of them are.

    In the middle D is undecided: there is the threshold of the loss, or without one the middle of the two mean scores.
    """
    loss, scores = session.trainer.loss, finite(np.concatenate([real, fake]))
    if gives_probabilities(loss) or not len(scores):
        return 0.0, 1.0
    middle = loss.decision_threshold
    if middle is None:
        middle = sum(float(each.mean()) for each in (finite(real), finite(fake)) if len(each)) / 2
    reach = float(np.quantile(abs(scores - middle), 0.95)) or 1.0
    return middle - reach, middle + reach


def finite(values: np.ndarray) -> np.ndarray:
    """Those that are neither NaN nor infinite, in float64."""
    return values[np.isfinite(values)].astype(np.float64)
