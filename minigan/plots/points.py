"""Pictures of a GAN of points at one step: the networks are evaluated, and drawn on a line or in the plane."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan import backend
from minigan.backend import Array, asarray, asnumpy
from minigan.data.points import Points
from minigan.errors import DataError
from minigan.kernels import sigmoid
from minigan.layers.base import Context
from minigan.losses import GANLoss, NonSaturating
from minigan.models import GAN, classes_in_turn, draw_noise
from minigan.plots.densities import kernel_density, save_figure1
from minigan.plots.plane import extent_of, plane_grid, save_plane
from minigan.random import Stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PointsView", "discriminator_outputs", "generator_gradients", "gives_probabilities", "noise_quantiles"]

#: Points and noise vectors in the plane, points and samples for a density, positions on the line, arrows from noise.
IN_PLANE, FOR_DENSITY, PLACES, ARROWS = 600, 5000, 400, 33


class PointsView:
    """Draws a GAN of points repeatedly, with the same points, noise and axes, so that the pictures form an animation.

    Points of two coordinates are drawn by `save_plane`, numbers by `save_figure1`.

    Parameters
    ----------
    gan : GAN
        With classes, the samples are of one class after the other, and D is shown for the class with the highest value.
    loss : GANLoss
        The loss whose gradient is drawn at G's samples.
    data : Points
    noise : {"uniform", "normal"}
    seed : int
        The seed of the noise.

    Raises
    ------
    DataError
        The points have more than two coordinates, or not as many as the GAN's.

    Examples
    --------
    >>> import minigan as mg
    >>> from minigan.layers import Dense
    >>> generator, discriminator = mg.Sequential([Dense(2)]), mg.Sequential([Dense(1, activation="sigmoid")])
    >>> _ = generator.build((4,)), discriminator.build((2,))
    >>> gan = mg.GAN("points", generator, discriminator, output_range=None)
    >>> view = PointsView(gan, mg.losses.get("non-saturating"), mg.data.load("ring"), "normal")
    >>> view.save("frame-0001.png", "step 0")  # doctest: +SKIP
    """

    def __init__(self, gan: GAN, loss: GANLoss, data: Points, noise: str = "uniform", seed: int = 0) -> None:
        if len(data.shape) != 1 or data.shape[0] > 2 or data.shape != gan.image_shape:
            raise DataError(
                f"expected points of one or two coordinates, as the generator makes them, "
                f"got {data.name} of shape {data.shape} and a generator of {gan.image_shape}"
            )
        self.gan, self.loss, self.data = gan, loss, data
        self.flat = data.shape == (2,)
        count = IN_PLANE if self.flat else FOR_DENSITY
        self.noise = draw_noise(Stream(seed, "plot"), count, gan.latent_size, noise)
        self.labels = classes_in_turn(count, gan.classes)
        self.real = data.points[:count]
        if self.flat:
            self.extent = extent_of(self.real)
        else:
            low, high = float(self.real.min()), float(self.real.max())
            reach = (high - low) / 3 or 1.0
            self.x = np.linspace(low - reach, high + reach, PLACES)
            known = data.modes is not None
            self.p_data = data.density(self.x) if known else kernel_density(self.real, self.x)
            # Arrows can show a function of one number only.
            levels = (np.arange(ARROWS) + 0.5) / ARROWS
            self.quantiles = noise_quantiles(noise, levels) if gan.latent_size == 1 and not gan.classes else None

    def __repr__(self) -> str:
        return f"PointsView({self.gan.name!r} on {self.data.name!r})"

    def save(self, path: str | Path | None, title: str = "") -> "Figure":
        """Draw the networks as they are now, into a file; without a path (None) the figure is returned."""
        return self._save_plane(path, title) if self.flat else self._save_line(path, title)

    def _save_plane(self, path: str | Path | None, title: str) -> "Figure":
        fake = self.gan.generator.predict(self.noise, labels=self.labels)
        grid = plane_grid(self.extent)
        size = round(len(grid) ** 0.5)
        ground = discriminator_outputs(self.gan, self.loss, grid).reshape(size, size)
        gradient = generator_gradients(self.gan, self.loss, fake, self.labels)
        limits = self._limits(asnumpy(fake))
        return save_plane(path, self.real, asnumpy(fake), ground, gradient, self.extent, title, limits)

    def _save_line(self, path: str | Path | None, title: str) -> "Figure":
        fake = asnumpy(self.gan.generator.predict(self.noise, labels=self.labels))
        p_g = kernel_density(fake, self.x)
        values = discriminator_outputs(self.gan, self.loss, self.x[:, np.newaxis].astype(np.float32))
        generated = None if self.quantiles is None else asnumpy(self.gan.generator.predict(asarray(self.quantiles)))
        # Space for a generated density that is higher than the data's, and the same in all frames.
        options: dict[str, Any] = {"top": 1.6 * float(self.p_data.max()), "title": title, "limits": self._limits(fake)}
        return save_figure1(path, self.x, self.p_data, p_g, values, self.quantiles, generated, **options)

    def _limits(self, fake: np.ndarray) -> tuple[float, float] | None:
        """The scale of scores: around the middle of the mean scores of real and of generated points."""
        if gives_probabilities(self.loss):
            return None
        scores = [discriminator_outputs(self.gan, self.loss, points) for points in (self.real, fake)]
        middle = float(scores[0].mean() + scores[1].mean()) / 2
        reach = float(np.quantile(abs(np.concatenate(scores) - middle), 0.95)) or 1.0
        return middle - reach, middle + reach


def gives_probabilities(loss: GANLoss) -> bool:
    """Whether D's outputs are logits of probabilities with this loss, also where labels are flipped."""
    return isinstance(getattr(loss, "loss", loss), NonSaturating)


def discriminator_outputs(gan: GAN, loss: GANLoss, x: np.ndarray) -> np.ndarray:
    """D's probability for each x, (N,), or its score where it has none; with classes, the largest over the classes."""
    logits, points = gan.discriminator.logits, asarray(x)
    if gan.classes:
        labels = [asarray(np.full(len(x), number)) for number in range(gan.classes)]
        values = backend.xp().stack([logits.predict(points, labels=each) for each in labels]).max(axis=0)
    else:
        values = logits.predict(points)
    return asnumpy(sigmoid(values) if gives_probabilities(loss) else values).ravel()


def generator_gradients(gan: GAN, loss: GANLoss, fake: Array, labels: Array | None = None) -> np.ndarray:
    """The gradient of G's loss with respect to each generated point, ``dL_G/dx``, through D only."""
    network = gan.discriminator.logits
    logits, caches = network.forward(fake, Context(labels=labels))
    _, dz = loss.generator(logits)
    return asnumpy(network.backward(dz, caches, param_grads=False))


def noise_quantiles(kind: str, levels: np.ndarray) -> np.ndarray:
    """The quantiles (M, 1) float32 of one-dimensional noise at `levels` (M,) between 0 and 1."""
    from statistics import NormalDist

    if kind == "normal":
        places = np.array([NormalDist().inv_cdf(level) for level in levels])
    else:
        places = (2 * levels - 1) * (1 if kind == "uniform" else 3**0.5)
    return places[:, np.newaxis].astype(np.float32)
