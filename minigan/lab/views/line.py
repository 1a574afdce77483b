"""A GAN of numbers, as in figure 1 of the 2014 paper: densities, D, the map of G and the arrows of its gradient."""

from typing import Any

import numpy as np

from minigan.data import Points
from minigan.lab.session_like import SessionLike
from minigan.lab.views.kinds import points_of
from minigan.lab.views.options import count_option
from minigan.lab.views.outputs import MOST, directions, finite, generate, generated, judged, limits_of, real_batch
from minigan.lab.views.remember import remembered
from minigan.plots.densities import kernel_density
from minigan.plots.points import gives_probabilities, noise_quantiles

__all__ = ["line"]

#: Generated numbers that are shown one by one, and those with an arrow.
SHOWN, ARROWS = 200, 40

#: Quantiles of the noise in the map.
MAP = 33


def line(session: SessionLike, points: int = 200, samples: int = 1000) -> dict[str, Any]:
    """D, the densities of the data and of G, and G's map, on a line.

    Parameters
    ----------
    session : SessionLike
    points : int
        Places x on the line.
    samples : int
        Generated numbers for the density of G.

    Returns
    -------
    dict
        The density of the data is the known one, or estimated as G's is. `noise` are evenly spaced quantiles, and `map`
        is G of them; both are null unless the noise is one number. An arrow's direction is ``-dL_G/dx`` at `arrows_x`.
    """
    data = points_of(session, "line", "line")
    points, samples = count_option("points", points, 10, 1000), count_option("samples", samples, 10, MOST)
    gan, loss = session.trainer.gan, session.trainer.loss
    x = places(data, points)
    fake = generated(session, samples)
    d = judged(session, x[:, np.newaxis])
    real_d, fake_d = (judged(session, each[:SHOWN]) for each in (real_batch(session, SHOWN), fake))
    noise = None
    if gan.latent_size == 1 and not gan.classes:
        noise = noise_quantiles(session.trainer.noise, (np.arange(MAP) + 0.5) / MAP)
    arrows = fake[:ARROWS]
    return {
        "x": x,
        "d": d,
        "probability": gives_probabilities(loss),
        "limits": limits_of(session, real_d, fake_d),
        "real_density": remembered(data, "density", lambda: density_of(data, real_batch(session, MOST), x), key=points),
        "fake_density": density_of_some(fake, x),
        "noise": None if noise is None else noise[:, 0],
        "map": None if noise is None else generate(session, noise)[:, 0],
        "fake": fake[:SHOWN, 0],
        "arrows_x": arrows[:, 0],
        "arrows_direction": directions(session, arrows)[:, 0],
    }


def places(data: Points, count: int) -> np.ndarray:
    """Evenly spaced x around the data, with a third of their range at either side."""

    def ends() -> tuple[float, float]:
        low, high = float(data.points.min()), float(data.points.max())
        reach = (high - low) / 3 or 1.0
        return low - reach, high + reach

    return np.linspace(*remembered(data, "ends", ends), count, dtype=np.float32)


def density_of_some(samples: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The estimated density at x; 0 where no sample is finite."""
    found = finite(samples)
    return (kernel_density(found, x) if len(found) else np.zeros_like(x)).astype(np.float32)


def density_of(data: Points, some: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The density of the data at x: the known one, or that estimated from some of them."""
    return (kernel_density(some, x) if data.modes is None else data.density(x)).astype(np.float32)
