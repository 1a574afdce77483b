"""What the pictures of points show, asked of the networks: one moment of a GAN on a line or in the plane."""

from pathlib import Path
from typing import Any

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

__all__ = ["PointsView", "judge", "pull", "tells_probabilities"]

#: Points and noises for the plane, points and samples for a density, places on the line, and arrows from noise.
IN_PLANE, FOR_DENSITY, PLACES, ARROWS = 600, 5000, 400, 33


class PointsView:
    """Draws a GAN of points again and again, with the same points, noises and axes, so that the pictures make a film.

    Points of two coordinates are drawn by `save_plane`, numbers by `save_figure1`.

    Parameters
    ----------
    gan : GAN
        With classes, the samples are of one class after the other, and D is shown for the class that fits a place best.
    loss : GANLoss
        Whose gradient G's samples feel.
    data : Points
    noise : {"uniform", "normal"}
    seed : int
        Of the noise.

    Raises
    ------
    DataError
        The points have more than two coordinates, or others than the GAN's.

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
            # One line of arrows shows one function of one number.
            self.spread = spread_noise(noise) if gan.latent_size == 1 and not gan.classes else None

    def save(self, path: str | Path, title: str = "") -> None:
        """Draw the networks as they are now."""
        if self.flat:
            self._save_plane(path, title)
        else:
            self._save_line(path, title)

    def _save_plane(self, path: str | Path, title: str) -> None:
        fake = self.gan.generator.predict(self.noise, labels=self.labels)
        grid = plane_grid(self.extent)
        size = round(len(grid) ** 0.5)
        ground = judge(self.gan, self.loss, grid).reshape(size, size)
        gradient = pull(self.gan, self.loss, fake, self.labels)
        limits = self._limits(asnumpy(fake))
        save_plane(path, self.real, asnumpy(fake), ground, gradient, self.extent, title, limits)

    def _save_line(self, path: str | Path, title: str) -> None:
        fake = asnumpy(self.gan.generator.predict(self.noise, labels=self.labels))
        p_g = kernel_density(fake, self.x)
        judged = judge(self.gan, self.loss, self.x[:, np.newaxis].astype(np.float32))
        made = None if self.spread is None else asnumpy(self.gan.generator.predict(asarray(self.spread)))
        # Room for a generator that is more sure than the data, and the same room in all frames.
        options: dict[str, Any] = {"top": 1.6 * float(self.p_data.max()), "title": title, "limits": self._limits(fake)}
        save_figure1(path, self.x, self.p_data, p_g, judged, self.spread, made, **options)

    def _limits(self, fake: np.ndarray) -> tuple[float, float] | None:
        """For scores, which have no scale: around the middle of the means of real and of generated points."""
        if tells_probabilities(self.loss):
            return None
        scores = [judge(self.gan, self.loss, points) for points in (self.real, fake)]
        middle = float(scores[0].mean() + scores[1].mean()) / 2
        reach = float(np.quantile(abs(np.concatenate(scores) - middle), 0.95)) or 1.0
        return middle - reach, middle + reach


def tells_probabilities(loss: GANLoss) -> bool:
    """Whether D's outputs are logits of probabilities in this game, also where labels are flipped in it."""
    return isinstance(getattr(loss, "loss", loss), NonSaturating)


def judge(gan: GAN, loss: GANLoss, x: np.ndarray) -> np.ndarray:
    """D's probability for each x, (N,), or its score where it tells none; of several classes that with the largest."""
    logits, points = gan.discriminator.logits, asarray(x)
    if gan.classes:
        labels = [asarray(np.full(len(x), number)) for number in range(gan.classes)]
        judged = backend.xp().stack([logits.predict(points, labels=each) for each in labels]).max(axis=0)
    else:
        judged = logits.predict(points)
    return asnumpy(sigmoid(judged) if tells_probabilities(loss) else judged).ravel()


def pull(gan: GAN, loss: GANLoss, fake: Array, labels: Array | None = None) -> np.ndarray:
    """What each generated point feels: the gradient of G's loss with respect to it, ``dL_G/dx``, through D alone."""
    network = gan.discriminator.logits
    logits, caches = network.forward(fake, Context(labels=labels))
    _, dlogits = loss.generator(logits)
    return asnumpy(network.backward(dlogits, caches, param_grads=False))


def spread_noise(kind: str) -> np.ndarray:
    """One-dimensional noises (M, 1) as they are drawn, but evenly: the quantiles of the distribution."""
    from statistics import NormalDist

    shares = (np.arange(ARROWS) + 0.5) / ARROWS
    if kind == "normal":
        places = np.array([NormalDist().inv_cdf(share) for share in shares])
    else:
        places = (2 * shares - 1) * (1 if kind == "uniform" else 3**0.5)
    return places[:, np.newaxis].astype(np.float32)
