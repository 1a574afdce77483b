"""The training image that is nearest to a sample: is the sample a copy?"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from minigan.backend import asnumpy
from minigan.errors import ConfigError
from minigan.lab.session_like import SessionLike
from minigan.lab.views.images import SAMPLES
from minigan.lab.views.kinds import Images, images_of
from minigan.lab.views.options import count_option
from minigan.lab.views.outputs import generate, noise_of
from minigan.lab.views.remember import remembered
from minigan.plots import images as pictures
from minigan.plots.pixels import to_pixels
from minigan.random import Stream

__all__ = ["nearest"]

#: Training images that are scaled and compared at a time: 500 digits are 1.6 MB of float32. They are stored as bytes,
#: and never all of them as numbers.
BLOCK = 500

#: Training images whose nearest neighbours give the usual distance, and among how many others these are looked for.
PROBES, OTHERS = 40, 10_000


def nearest(session: SessionLike, index: int = 0) -> dict[str, Any]:
    """A sample, and the training image that is nearest to it by the L2 distance of the pixels.

    Parameters
    ----------
    session : SessionLike
    index : int
        The sample's.

    Returns
    -------
    dict
        The `distance` is that of pixels from 0 to 1, and `usual` the median distance of a training image to the nearest
        other one: a sample that is much closer is a copy. `place` is the image's place in the training set.
    """
    images = images_of(session, "nearest")
    index = count_option("index", index, 0, SAMPLES - 1)
    sample = generate(session, noise_of(session, index + 1)[index:])
    if not np.isfinite(sample).all():
        raise ConfigError(f"sample {index} has numbers that are not finite: no image is near to it")
    (place,), found = pictures.nearest(sample, blocks(images, np.arange(len(images.data))))
    usual = remembered(images.data, "usual distance", lambda: usual_distance(images), key=images.value_range)
    return {
        "sample": to_pixels(sample, images.value_range)[0],
        "image": to_pixels(found, images.value_range)[0],
        "distance": float(distances(images, sample, found)[0]),
        "usual": usual,
        "place": int(place),
    }


def blocks(images: Images, places: np.ndarray) -> Iterator[np.ndarray]:
    """The training images at these places, scaled, some at a time."""
    for start in range(0, len(places), BLOCK):
        yield asnumpy(images.data.batch(places[start : start + BLOCK], images.value_range))


def distances(images: Images, some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The distance of each of some images to the one at the same place of the others, pixels being from 0 to 1."""
    low, high = images.value_range
    differences = (some - others).astype(np.float64).reshape(len(some), -1) / (high - low)
    return np.linalg.norm(differences, axis=1)


def usual_distance(images: Images) -> float | None:
    """The median distance of training images to the nearest other one; None where there are too few."""
    order = Stream(0, "lab usual").permutation(len(images.data))
    probes, others = order[:PROBES], order[PROBES : PROBES + OTHERS]
    if not len(others):
        return None
    some = asnumpy(images.data.batch(probes, images.value_range))
    _, found = pictures.nearest(some, blocks(images, others))
    return float(np.median(distances(images, some, found)))
