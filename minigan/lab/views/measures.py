"""What the two networks do at present, each in a single number: the numbers that the guided tours speak of."""

from typing import Any

import numpy as np

from minigan.backend import Array, asnumpy
from minigan.errors import ConfigError
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
    """D's verdicts and losses, the gradient that G gets, and D's slope, for the same examples at every look.

    Parameters
    ----------
    session : SessionLike
    count : int, optional
        Examples of either kind; default: 1,000, and 64 for images.

    Returns
    -------
    dict
        `d_real`, `d_fake`
            The means of D.
        `right_real`, `right_fake`
            The fractions of the examples about which D is right; null where the loss has no threshold.
        `d_loss`, `g_loss`
            The losses of both networks, without penalties.
        `pull`, `agreement`
            The mean length of the gradient of G's loss at a generated example, where each example has a loss of its
            own; and the length of the mean gradient, divided by it: 1 if all are the same.
        `slope`
            The mean length of ``dz/dx``, z being D's score (before its sigmoid), at random places between a real and a
            generated example.
        `near`, `groups`, `crowd`
            For points around known modes: the fraction of the generated points that are near a mode, within a third of
            the distance between two modes; the modes that have at least an eighth of their share of these; and the
            fraction of the points for which G's favourite mode is the nearest. Null where no modes are known.

    Raises
    ------
    ConfigError
        The GAN has classes.
    """
    trainer = session.trainer
    if trainer.gan.classes:
        raise ConfigError("the view measures is for GANs without classes")
    count = COUNTS[kind_of(session)] if count is None else count_option("count", count, 1, MOST)
    real, fake = real_batch(session, count), generated(session, count)
    d_real, d_fake = judged(session, real), judged(session, fake)
    half = 0.5 if gives_probabilities(trainer.loss) else trainer.loss.decision_threshold
    gradients = rows(generator_gradients(trainer.gan, trainer.loss, fake)) * len(fake)
    pull = lengths(gradients).mean()
    return {
        "d_real": float(d_real.mean()),
        "d_fake": float(d_fake.mean()),
        "right_real": None if half is None else float((d_real > half).mean()),
        "right_fake": None if half is None else float((d_fake <= half).mean()),
        **losses(session, real, fake),
        "pull": float(pull),
        "agreement": float(np.linalg.norm(gradients.mean(axis=0)) / (pull or 1)),
        "slope": float(lengths(score_gradients(session, between(session, real, fake))).mean()),
        **places(session, fake),
    }


def losses(session: SessionLike, real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    """The losses of both networks."""
    loss, network = session.trainer.loss, session.trainer.gan.discriminator.logits
    z_real, z_fake = network.predict(real), network.predict(fake)
    return {
        "d_loss": float(loss.real(z_real)[0] + loss.fake(z_fake)[0]),
        "g_loss": float(loss.generator(z_fake)[0]),
    }


def rows(gradients: Array) -> np.ndarray:
    """The gradient of each example as a vector."""
    return asnumpy(gradients).reshape(len(gradients), -1)


def lengths(gradients: np.ndarray) -> np.ndarray:
    """The Euclidean length of each row."""
    return np.linalg.norm(gradients, axis=1)


def between(session: SessionLike, real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    """A random place between each pair of a real and a generated example."""
    count = min(len(real), len(fake))
    stream = Stream(session.setup.seed, "lab between")
    share = asnumpy(stream.uniform((count, *(1,) * (real.ndim - 1))))
    return (share * real[:count] + (1 - share) * fake[:count]).astype(np.float32)


def score_gradients(session: SessionLike, x: np.ndarray) -> np.ndarray:
    """``dz/dx`` of each example, as a row."""
    network = session.trainer.gan.discriminator.logits
    z, caches = network.forward(x, Context())
    return rows(network.backward(np.ones_like(z), caches, param_grads=False))


def places(session: SessionLike, fake: np.ndarray) -> dict[str, float | int | None]:
    """Where the generated points are among the modes."""
    modes = session.trainer.data.modes if kind_of(session) != "images" else None
    if modes is None or len(modes) < 2:
        return {"near": None, "groups": None, "crowd": None}
    distances = np.linalg.norm(fake[:, np.newaxis] - modes, axis=2)
    nearest = distances.argmin(axis=1)
    apart = np.linalg.norm(modes[1:] - modes[0], axis=1).min()
    near = np.bincount(nearest[distances.min(axis=1) <= apart / 3], minlength=len(modes))
    return {
        "near": float(near.sum() / len(fake)),
        "groups": int((near >= len(fake) / (8 * len(modes))).sum()),
        "crowd": float(np.bincount(nearest).max() / len(fake)),
    }
