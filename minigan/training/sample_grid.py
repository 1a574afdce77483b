"""The picture of samples that a run saves after each epoch and a notebook shows, always from the same noise vectors."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

__all__ = ["SampleGrid", "mean_distance"]

#: Samples in the grid of a GAN without classes.
COUNT = 64

#: Samples of each class in a row, and the maximum number of rows.
PER_CLASS, MOST_CLASSES = 8, 20


class SampleGrid:
    """Samples from fixed noise vectors: a grid of images, a row for each class, or points in the plane.

    Parameters
    ----------
    gan : GAN
    data : Dataset or Points
    loss : GANLoss
        Of points, the picture shows the gradient of this loss at each generated one.
    noise : {"uniform", "normal"}
    seed : int
    class_names : sequence of str, optional
        Written at the left of the rows; default: the numbers of the classes.
    """

    def __init__(
        self,
        gan: GAN,
        data: Dataset | Points,
        loss: GANLoss,
        noise: str,
        seed: int,
        class_names: Sequence[str] | None = None,
    ) -> None:
        self.gan = gan
        rng = Stream(seed, "samples")
        self.rows = min(gan.classes, MOST_CLASSES)
        self.class_names = None if class_names is None else class_names[: self.rows]
        count = self.rows * PER_CLASS or COUNT
        self.noise = draw_noise(rng, count, gan.latent_size, noise)
        self.labels = backend.asarray(np.arange(self.rows).repeat(PER_CLASS)) if self.rows else None
        drawn = data if isinstance(data, Points) and data.shape[0] <= 2 else None
        self.view = None if drawn is None else PointsView(gan, loss, drawn, noise, seed)
        chosen = Stream(seed, "real samples").permutation(len(data))[:count]
        self.real_distance = mean_distance(backend.asnumpy(data.batch(chosen, gan.output_range)))

    def generated(self, generator: Sequential) -> np.ndarray:
        """The samples, in host memory."""
        with np.errstate(all="ignore"):  # the caller checks for overflow
            return backend.asnumpy(generator.predict(self.noise, labels=self.labels))

    def save(self, path: Path | None, generator: Sequential, title: str) -> "Figure | Image | None":
        """Save the picture, and return it; None if there is none: a sample is NaN, or points have many coordinates."""
        samples = self.generated(generator)
        if not all_finite(samples):
            return None
        if self.view is not None:
            return self.view.save(path, title)
        if self.gan.output_range is None:
            return None
        if self.rows:
            rows = samples.reshape(self.rows, PER_CLASS, *samples.shape[1:])
            return plots.save_classes(path, rows, self.gan.output_range, self.class_names)
        return plots.save_grid(path, samples, self.gan.output_range)

    def diversity(self, step: int, generator: Sequential) -> Diversity:
        """The mean distance between samples, and that between as many real examples."""
        return Diversity(step, mean_distance(self.generated(generator)), self.real_distance)


def mean_distance(samples: Array) -> float:
    """The mean L2 distance over all pairs of the samples (N, ...).

    ``|a - b|^2 = |a|^2 - 2 <a, b> + |b|^2``: one matrix product.
    """
    flat = samples.reshape(len(samples), -1).astype(np.float64)
    if len(flat) < 2:
        return 0.0
    squares = (flat * flat).sum(axis=1)
    between = squares[:, None] - 2 * flat @ flat.T + squares
    return float(np.sqrt(np.maximum(between[np.triu_indices(len(flat), 1)], 0)).mean())
