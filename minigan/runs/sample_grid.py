"""The pictures of a run's samples: of the same noises, time after time."""

from pathlib import Path

import numpy as np

from minigan import backend, plots
from minigan.backend import Array
from minigan.data import Dataset, Points
from minigan.losses import GANLoss
from minigan.model.sequential import Sequential
from minigan.models import GAN, draw_noise
from minigan.plots.points import PointsView
from minigan.random import Stream
from minigan.training.events import Diversity
from minigan.training.nonfinite import all_finite

__all__ = ["Samples", "distance"]

#: Noises that are drawn again and again; of a conditional GAN, as many of each class as make at least so many.
COUNT = 64

#: Samples of each class in a row, and rows at the most.
EACH, CLASSES = 8, 20


class Samples:
    """What G makes of fixed noises: a grid of images, a row for each class, or points in the plane.

    Parameters
    ----------
    gan : GAN
    data : Dataset or Points
    loss : GANLoss
        Whose gradient points feel.
    noise : {"uniform", "normal"}
    seed : int
    """

    def __init__(self, gan: GAN, data: Dataset | Points, loss: GANLoss, noise: str, seed: int) -> None:
        self.gan = gan
        rng = Stream(seed, "samples")
        self.rows = min(gan.classes, CLASSES)
        count = self.rows * EACH or COUNT
        self.noise = draw_noise(rng, count, gan.latent_size, noise)
        self.labels = backend.asarray(np.arange(self.rows).repeat(EACH)) if self.rows else None
        drawn = data if isinstance(data, Points) and data.shape[0] <= 2 else None
        self.view = None if drawn is None else PointsView(gan, loss, drawn, noise, seed)
        chosen = Stream(seed, "real samples").permutation(len(data))[:count]
        self.real_distance = distance(backend.asnumpy(data.batch(chosen, gan.output_range)))

    def generated(self, generator: Sequential) -> np.ndarray:
        """The samples, in host memory."""
        with np.errstate(all="ignore"):  # what overflowed is looked for by the caller
            return backend.asnumpy(generator.predict(self.noise, labels=self.labels))

    def save(self, path: Path, generator: Sequential, title: str) -> bool:
        """Draw them; False where there is nothing to draw: a NaN among them, or points that no plane shows."""
        samples = self.generated(generator)
        if not all_finite(samples):
            return False
        if self.view is not None:
            self.view.save(path, title)
        elif self.gan.output_range is None:
            return False
        elif self.rows:
            plots.save_classes(path, samples.reshape(self.rows, EACH, *samples.shape[1:]), self.gan.output_range)
        else:
            plots.save_grid(path, samples, self.gan.output_range)
        return True

    def diversity(self, step: int, generator: Sequential) -> Diversity:
        """How far apart they are, beside as many real ones."""
        return Diversity(step, distance(self.generated(generator)), self.real_distance)


def distance(samples: Array) -> float:
    """The mean L2 distance of two of the samples (N, ...), each pair once.

    ``|a - b|^2 = |a|^2 - 2 <a, b> + |b|^2``: one product of matrices.
    """
    flat = samples.reshape(len(samples), -1).astype(np.float64)
    if len(flat) < 2:
        return 0.0
    squares = (flat * flat).sum(axis=1)
    between = squares[:, None] - 2 * flat @ flat.T + squares
    return float(np.sqrt(np.maximum(between[np.triu_indices(len(flat), 1)], 0)).mean())
