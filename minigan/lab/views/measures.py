"""What the two networks do at present, each in a single number: the numbers that the guided tours speak of."""

from typing import Any

import numpy as np

from minigan.backend import Array, asnumpy
from minigan.lab.session_like import SessionLike
from minigan.lab.views.kinds import kind_of
from minigan.lab.views.options import count_option
from minigan.lab.views.outputs import MOST, generated, judged, real_batch
from minigan.layers.base import Context
from minigan.plots.points import generator_gradients, gives_probabilities
from minigan.random import Stream

__all__ = ["measures"]

#: Examples of either kind, by default: a D of images takes longer.
COUNTS = {"line": 1000, "points": 1000, "images": 64}


def measures(session: SessionLike, count: int | None = None) -> dict[str, Any]:
    """D's verdicts, the gradient that G gets, and D's slope, each as a mean over the same examples at every look.

    Parameters
    ----------
    session : SessionLike
    count : int, optional
        Examples of either kind; default: 1,000, and 64 for images.

    Returns
    -------
    dict
        `d_real` and `d_fake` are the means of D; `right_real` and `right_fake` are the fractions of the examples about
        which D is right, null where the loss has no threshold. `pull` is the mean length of the gradient of G's loss at
        a generated example, where each example has a loss of its own. `slope` is the mean length of ``dz/dx``, z being
        D's score (before its sigmoid), at random places between a real and a generated example, and `steepest` the
        largest one.
    """
    count = COUNTS[kind_of(session)] if count is None else count_option("count", count, 1, MOST)
    trainer, real, fake = session.trainer, real_batch(session, count), generated(session, count)
    d_real, d_fake = judged(session, real), judged(session, fake)
    half = 0.5 if gives_probabilities(trainer.loss) else trainer.loss.decision_threshold
    pulls = lengths(generator_gradients(trainer.gan, trainer.loss, fake)) * len(fake)
    slopes = lengths(score_gradients(session, between(session, real, fake)))
    return {
        "d_real": float(d_real.mean()),
        "d_fake": float(d_fake.mean()),
        "right_real": None if half is None else float((d_real > half).mean()),
        "right_fake": None if half is None else float((d_fake <= half).mean()),
        "pull": float(pulls.mean()),
        "slope": float(slopes.mean()),
        "steepest": float(slopes.max()),
    }


def lengths(gradients: Array) -> np.ndarray:
    """The Euclidean length of each example's gradient."""
    return np.linalg.norm(asnumpy(gradients).reshape(len(gradients), -1), axis=1)


def between(session: SessionLike, real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    """A random place between each pair of a real and a generated example."""
    count = min(len(real), len(fake))
    share = asnumpy(Stream(session.setup.seed, "lab between").uniform((count, *(1,) * (real.ndim - 1))))
    return (share * real[:count] + (1 - share) * fake[:count]).astype(np.float32)


def score_gradients(session: SessionLike, x: np.ndarray) -> Array:
    """``dz/dx`` of each example."""
    discriminator = session.trainer.gan.discriminator.logits
    z, caches = discriminator.forward(x, Context())
    return discriminator.backward(np.ones_like(z), caches, param_grads=False)
