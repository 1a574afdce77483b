"""Metrics of the samples after each epoch of a run."""

from collections.abc import Callable

import numpy as np

from minigan import backend
from minigan.data import Dataset, Points
from minigan.errors import ConfigError
from minigan.metrics.frechet_digits import DIGIT_SHAPE, FrechetDigits
from minigan.metrics.modes import count_modes
from minigan.model.sequential import Sequential
from minigan.models import GAN, classes_in_turn, draw_noise
from minigan.random import Stream

__all__ = ["EpochMetrics"]

#: Samples to measure: for points as many as the papers use, for digits half of the embedded ones.
COUNT = 2500


class EpochMetrics:
    """Measures the samples against the data after each epoch; statistics of the data are computed once.

    For digits (images of 28x28x1) it computes the Fréchet distance, and as its floor the distance between two sets of
    real digits; for points around known modes, the modes found and the share of good samples.

    Parameters
    ----------
    gan : GAN
    data : Dataset or Points
    noise : {"uniform", "normal"}
    seed : int
        Seed of the noise.

    Attributes
    ----------
    names : tuple of str
        Of the metrics that a call returns.

    Raises
    ------
    ConfigError
        There is no metric for such data that is quick enough.
    """

    def __init__(self, gan: GAN, data: Dataset | Points, noise: str, seed: int = 0) -> None:
        self.gan = gan
        self.names, self.count, self.measure = choose_metrics(gan, data)
        self.noise = draw_noise(Stream(seed, "evaluation"), self.count, gan.latent_size, noise)
        self.labels = classes_in_turn(self.count, gan.classes)

    def __call__(self, generator: Sequential) -> dict[str, float]:
        """The metrics of the generator's samples, by name."""
        samples = backend.asnumpy(generator.predict(self.noise, labels=self.labels))
        return dict(zip(self.names, self.measure(samples)))


#: A function from samples to metrics.
Measure = Callable[[np.ndarray], tuple[float, ...]]


def choose_metrics(gan: GAN, data: Dataset | Points) -> tuple[tuple[str, ...], int, Measure]:
    """The names of the metrics that fit the data, how many samples they need, and the function that computes them."""
    if isinstance(data, Dataset) and data.shape == DIGIT_SHAPE and gan.output_range is not None:
        frechet, value_range = FrechetDigits(data, COUNT), gan.output_range
        return (
            ("frechet_distance", "frechet_floor"),
            frechet.count,
            lambda images: (frechet(images, value_range), frechet.floor),
        )
    if isinstance(data, Points) and data.modes is not None and data.mode_stddev is not None:
        modes, stddev = data.modes, data.mode_stddev
        return ("modes_found", "good_share"), COUNT, lambda points: mode_metrics(points, modes, stddev)
    raise ConfigError(
        f"metrics: expected digits of 28x28x1 or points around known modes, got {data.name} of shape {data.shape}: "
        "use minigan evaluate when the run is done"
    )


def mode_metrics(points: np.ndarray, modes: np.ndarray, stddev: float) -> tuple[float, ...]:
    """Modes found and the share of good samples."""
    counted = count_modes(points, modes, stddev)
    return float(counted.found), counted.good
