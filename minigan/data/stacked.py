"""Stacked digits: 1,000 kinds of image that can be counted, made of three digits each.

Counting shows whether a generator makes only some kinds of image. Three random digits in the red, the green and
the blue channel make 10 x 10 x 10 kinds, all as likely, and any classifier of digits can distinguish them. Metz et al.,
"Unrolled generative adversarial networks", arXiv:1611.02163, section 3.3.1, as VEEGAN (arXiv:1705.07761) and PacGAN
(arXiv:1712.04086, section 4.2) use it.
"""

import numpy as np

from minigan import backend
from minigan.data.dataset import Dataset
from minigan.data.points import Points
from minigan.errors import DataError
from minigan.random import Stream

__all__ = ["COUNT", "MODES", "stack"]

#: Default number of images, as in VEEGAN and PacGAN.
COUNT = 25_600

#: How many kinds of image there are.
MODES = 1_000


def stack(
    digits: Dataset | Points, count: int = COUNT, *, name: str = "stacked-digits", seed: int = 0, split: str = "train"
) -> Dataset:
    """Images of three digits each, drawn at random from `digits`, one a channel.

    The label of an image whose red, green and blue channels show a, b and c is ``100 a + 10 b + c``.

    Parameters
    ----------
    digits : Dataset
        Grey images with labels from 0 to 9.
    count : int
        How many images to make.
    name : str
        The name of the new set.
    seed : int
        The same seed makes the same images.
    split : {"train", "test"}
        The split of `digits`; part of the name of the random stream.

    Returns
    -------
    Dataset
        (count, H, W, 3), labelled, in the value range of `digits`.

    Raises
    ------
    DataError
        The images are not grey, or not labelled from 0 to 9, or `count` is below 1.
    """
    if not isinstance(digits, Dataset) or digits.shape[2] != 1:
        raise DataError(f"{name}: expected grey images to stack, got {digits!r}")
    if digits.labels is None or digits.labels.min() < 0 or digits.labels.max() > 9:
        raise DataError(f"{name}: expected images labelled from 0 to 9 to stack, got {digits!r}")
    if count < 1:
        raise DataError(f"{name}: expected a count of at least 1, got {count}")
    rng = Stream(seed, f"data/stacked-digits/{split}")
    uniform = backend.asnumpy(rng.uniform((count, 3), dtype=np.float64))
    chosen = (uniform * len(digits)).astype(np.int64)
    images = np.empty((count, *digits.shape[:2], 3), digits.images.dtype)
    for channel in range(3):
        images[..., channel] = digits.images[chosen[:, channel], :, :, 0]
    labels = digits.labels.astype(np.int64)[chosen] @ np.array([100, 10, 1])
    return Dataset(images, labels, name=name, value_range=digits.value_range)
