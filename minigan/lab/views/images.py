"""A GAN of images: samples, and a walk between two noise vectors."""

from typing import Any

import numpy as np

from minigan.backend import asnumpy
from minigan.lab.session_like import SessionLike
from minigan.lab.views.kinds import images_of
from minigan.lab.views.options import count_option, number_option, vector_option
from minigan.lab.views.outputs import generate, generated, judged, noise_of
from minigan.plots.images import between
from minigan.plots.pixels import to_pixels

__all__ = ["SAMPLES", "samples", "walk"]

#: The most samples of a view.
SAMPLES = 100

#: The largest noise value that a page may ask for.
FARTHEST = 20.0


def samples(session: SessionLike, count: int = 25) -> dict[str, Any]:
    """What G makes of the first noise vectors, as ``minigan sample`` makes images: in inference mode; and D of each.

    Parameters
    ----------
    session : SessionLike
    count : int
        At most 100.
    """
    value_range = images_of(session, "samples").value_range
    images = generated(session, count_option("count", count, 1, SAMPLES))
    return {"images": pixels(images, value_range), "d": judged(session, images)}


def walk(
    session: SessionLike, first: int = 0, second: int = 1, t: float = 0.5, noise: list[float] | None = None
) -> dict[str, Any]:
    """What G makes of a noise vector between those of two samples, and D of it.

    Parameters
    ----------
    session : SessionLike
    first, second : int
        The two samples.
    t : float
        The place on the way: 0 is the first sample, 1 the second. The way is an arc for normal noise, which keeps the
        length, and straight for uniform noise.
    noise : list of float, optional
        Another noise vector, in place of the one between the two.
    """
    value_range = images_of(session, "walk").value_range
    first, second = count_option("first", first, 0, SAMPLES - 1), count_option("second", second, 0, SAMPLES - 1)
    t = number_option("t", t, 0, 1)
    trainer = session.trainer
    if noise is None:
        ends = asnumpy(noise_of(session, SAMPLES))
        kind = "spherical" if trainer.noise == "normal" else "linear"
        z = between(ends[first], ends[second], np.array([t], np.float32), kind)
    else:
        z = vector_option("noise", noise, trainer.gan.latent_size, FARTHEST)[np.newaxis]
    image = generate(session, z)
    return {"image": pixels(image, value_range)[0], "d": float(judged(session, image)[0])}


def pixels(images: np.ndarray, value_range: tuple[float, float]) -> np.ndarray:
    """Images as bytes; what is not a number is black."""
    return to_pixels(np.nan_to_num(images, nan=value_range[0]), value_range)
