"""The Fréchet distance of digits during training: the statistics of the real images are computed once."""

from typing import Any

import numpy as np

from minigan import numbers
from minigan.data import Dataset
from minigan.errors import ConfigError, ShapeError
from minigan.metrics.checks import DIGIT_SHAPE, check_count, check_digits
from minigan.metrics.classifier import digit_classifier
from minigan.metrics.frechet import fit_gaussian, frechet_distance_of_gaussians
from minigan.random import Stream

__all__ = ["DIGIT_SHAPE", "FrechetDigits", "digit_features", "halves"]


def digit_features(images: np.ndarray, value_range: tuple[float, float]) -> np.ndarray:
    """The classifier's features (N, 64) of images (N, 28, 28, 1) whose values are in `value_range`, (low, high).

    Values outside the range are clipped, as in a picture.

    Raises
    ------
    ShapeError
        The images have another shape.
    DtypeError
        They hold no real numbers.
    DataError
        An image has NaN or infinity.
    ConfigError
        `value_range` is no pair of numbers, the lower one first.
    """
    check_digits(images)
    low, high = check_range(value_range)
    scaled = np.clip((images - low) * (2 / (high - low)) - 1, -1, 1)
    return digit_classifier().features(scaled.astype(np.float32, copy=False))


def check_range(value_range: Any) -> tuple[float, float]:
    """The lowest and the highest value, two finite numbers."""
    try:
        low, high = map(numbers.finite, value_range)
    except (TypeError, ValueError):
        low = high = None
    if low is None or high is None or not low < high:
        raise ConfigError(f"expected value_range to be two numbers, the lower one first, got {value_range!r}")
    return float(low), float(high)


def halves(total: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two disjoint random sets of `count` indices each, out of `total`."""
    order = Stream(seed, "halves").permutation(total)
    return order[:count], order[count : 2 * count]


class FrechetDigits:
    """The Fréchet distance of generated digits from real ones, on the shipped classifier's features.

    Parameters
    ----------
    data : Dataset
        Real images of 28x28x1.
    count : int
        Real images, and generated images, to compare; half of the data where there are fewer than twice as many.
    seed : int
        Selects the real images.

    Attributes
    ----------
    count : int
        Images that a call takes: with another number the distance would not be comparable.
    floor : float
        The distance between two disjoint sets of `count` real images: a generator can be better only by chance.

    Raises
    ------
    ShapeError
        The images have another shape.
    ConfigError
        There are not two images to compare.

    Examples
    --------
    >>> from minigan import data
    >>> from minigan.metrics import FrechetDigits
    >>> digits = data.load("digits")
    >>> frechet = FrechetDigits(digits, count=500)
    >>> noise = np.random.default_rng(0).uniform(-1, 1, (500, 28, 28, 1)).astype(np.float32)
    >>> frechet(noise, (-1, 1)) > 20 * frechet.floor
    True
    """

    def __init__(self, data: Dataset, count: int = 2500, seed: int = 0) -> None:
        if data.shape != DIGIT_SHAPE:
            raise ShapeError(f"expected digits of {DIGIT_SHAPE}, got {data.shape} in {data.name}")
        self.count = min(check_count("count", count, None), len(data) // 2)
        if self.count < 2:
            raise ConfigError(f"expected at least 2 images, and twice as many in {data.name}, got {self.count}")
        first, second = (
            fit_gaussian(digit_features(stored(data, part), (0, 1))) for part in halves(len(data), self.count, seed)
        )
        self.real = first
        self.floor = frechet_distance_of_gaussians(first, second)

    def __repr__(self) -> str:
        return f"FrechetDigits(count={self.count}, floor={self.floor:.4g})"

    def __call__(self, images: np.ndarray, value_range: tuple[float, float]) -> float:
        """The distance of `count` generated `images` (N, 28, 28, 1), whose values are in `value_range`.

        Raises
        ------
        ShapeError
            There are more or fewer images, or they have another shape.
        DataError
            An image has NaN or infinity.
        """
        check_digits(images)
        if len(images) != self.count:
            raise ShapeError(f"expected {self.count} images, as many as real ones, got {len(images)}")
        return frechet_distance_of_gaussians(fit_gaussian(digit_features(images, value_range)), self.real)


def stored(data: Dataset, indices: np.ndarray) -> np.ndarray:
    """Images of a data set in host memory, float32 from 0 to 1."""
    low, high = data.value_range
    return (data.images[indices].astype(np.float32) - np.float32(low)) / np.float32(high - low)
