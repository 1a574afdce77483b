"""A GAN of points in the plane: the points, D's field, the arrows of G's gradient, and the grid that G bends."""

from typing import Any

import numpy as np

from minigan.data import Points
from minigan.lab.session_like import SessionLike
from minigan.lab.views.kinds import points_of
from minigan.lab.views.options import count_option
from minigan.lab.views.outputs import MOST, directions, generate, generated, judged, limits_of, real_batch
from minigan.lab.views.remember import remembered
from minigan.plots.plane import Extent, extent_of, plane_grid
from minigan.plots.points import gives_probabilities, noise_quantiles

__all__ = ["arrows", "bent_grid", "field", "points"]

#: Real and generated points whose scores give the limits of a field of scores.
SCORED = 200

#: Corners of a square that is always shown: an untrained G makes points near 0, wherever the data are.
BEGINNING = np.array([[-1.0, -1.0], [1.0, 1.0]])

#: The levels of the outermost lines of the noise's grid: between them are 98% of each noise value.
OUTER = (0.01, 0.99)


def extent(data: Points) -> Extent:
    """The part of the plane that is shown: the same for all views of a data set."""
    return remembered(data, "extent", lambda: extent_of(np.concatenate([data.points, BEGINNING]), margin=0.4))


def points(session: SessionLike, count: int = 400) -> dict[str, Any]:
    """Real points, and what G makes of the same noise at every look.

    Parameters
    ----------
    session : SessionLike
    count : int
        Of either, at most 2,000; of real points no more than there are.
    """
    data = points_of(session, "points", "points")
    count = count_option("count", count, 1, MOST)
    return {"real": real_batch(session, count), "fake": generated(session, count), "extent": extent(data)}


def field(session: SessionLike, size: int = 50) -> dict[str, Any]:
    """D at the centres of the squares of a grid, the first row below.

    Parameters
    ----------
    session : SessionLike
    size : int
        Squares along each side.

    Returns
    -------
    dict
        `limits` are the ends of the colours' scale: 0 and 1, or those of the scores of most points if D has scores and
        no probabilities (`probability` is false).
    """
    data = points_of(session, "field", "points")
    size = count_option("size", size, 2, 200)
    shown = extent(data)
    grid = remembered(data, "grid", lambda: plane_grid(shown, size), key=size)
    probability = gives_probabilities(session.trainer.loss)
    limits = (0.0, 1.0) if probability else score_limits(session)
    values = judged(session, grid).reshape(size, size)
    return {"values": values, "extent": shown, "limits": limits, "probability": probability}


def score_limits(session: SessionLike) -> tuple[float, float]:
    """The ends of the scale of D's scores."""
    real, fake = (judged(session, x) for x in (real_batch(session, SCORED), generated(session, SCORED)))
    return limits_of(session, real, fake)


def arrows(session: SessionLike, count: int = 80) -> dict[str, Any]:
    """The first generated points, and for each the direction that lowers G's loss: ``-dL_G/dx``.

    Parameters
    ----------
    session : SessionLike
    count : int
        L_G is the mean over these points.
    """
    points_of(session, "arrows", "points")
    fake = generated(session, count_option("count", count, 1, MOST))
    return {"points": fake, "directions": directions(session, fake)}


def bent_grid(session: SessionLike, lines: int = 13, points: int = 60) -> dict[str, Any]:
    """What G makes of a grid of straight lines through the noise.

    The first two noise values vary, the others are 0. The lines are at evenly spaced quantiles, so that each cell of
    the grid has the same probability: where G makes a cell small, its points are dense.

    Parameters
    ----------
    session : SessionLike
    lines : int
        In each of the two directions.
    points : int
        On each line.

    Returns
    -------
    dict
        `lines` is (2 * lines, points, 2): first those along which the first noise value varies. With a single noise
        value there is one line.
    """
    data = points_of(session, "bent_grid", "points")
    lines, points = count_option("lines", lines, 2, 50), count_option("points", points, 2, 200)
    noise = grid_of_noise(session, lines, points)
    bent = generate(session, noise.reshape(-1, noise.shape[2]))
    return {"lines": bent.reshape(*noise.shape[:2], 2), "extent": extent(data)}


def grid_of_noise(session: SessionLike, lines: int, points: int) -> np.ndarray:
    """Lines of noise vectors: (2 * lines, points, latent size), or one line of single values."""
    trainer = session.trainer
    across, along = (noise_quantiles(trainer.noise, np.linspace(*OUTER, count))[:, 0] for count in (lines, points))
    if trainer.gan.latent_size == 1:
        return along[np.newaxis, :, np.newaxis]
    noise = np.zeros((2, lines, points, trainer.gan.latent_size), np.float32)
    for direction in (0, 1):
        noise[direction, ..., direction] = along
        noise[direction, ..., 1 - direction] = across[:, np.newaxis]
    return noise.reshape(2 * lines, points, -1)
