"""A GAN of points in the plane."""

from typing import Any

import numpy as np

from minigan.lab.session_like import SessionLike
from minigan.layers.base import Context
from minigan.models import draw_noise
from minigan.plots.plane import extent_of, plane_grid
from minigan.random import Stream

__all__ = ["arrows", "field", "points"]


def noise_of(session: SessionLike, count: int) -> np.ndarray:
    """The same noise at every look."""
    stream = Stream(session.setup.seed, "lab")
    return draw_noise(stream, count, session.trainer.gan.latent_size, session.setup.noise)


def extent(session: SessionLike) -> tuple[float, float, float, float]:
    return extent_of(session.trainer.data.points[:2000], margin=0.4)


def points(session: SessionLike, count: int = 400) -> dict[str, Any]:
    """Real points, and what G makes of the same noise at every look."""
    fake = session.trainer.gan.generator.predict(noise_of(session, count))
    return {"real": session.trainer.data.points[:count], "fake": fake, "extent": extent(session)}


def field(session: SessionLike, size: int = 50) -> dict[str, Any]:
    """D on a grid of the plane, the first row below."""
    around = extent(session)
    values = session.trainer.gan.discriminator.predict(plane_grid(around, size))
    return {"values": values.reshape(size, size), "extent": around, "limits": (0.0, 1.0)}


def arrows(session: SessionLike, count: int = 80) -> dict[str, Any]:
    """For generated points, the direction that lowers G's loss: ``-dL_G/dx``."""
    gan = session.trainer.gan
    fake = gan.generator.predict(noise_of(session, count))
    discriminator = gan.discriminator.logits
    logits, caches = discriminator.forward(fake, Context())
    _, dz = session.trainer.loss.generator(logits)
    return {"points": fake, "directions": -discriminator.backward(dz, caches, param_grads=False)}
