"""How good G's points are, in numbers."""

from typing import Any

import numpy as np

from minigan.data import Points
from minigan.lab.session_like import SessionLike
from minigan.lab.views.kinds import points_of
from minigan.lab.views.options import count_option
from minigan.lab.views.outputs import MOST, generated, real_batch
from minigan.lab.views.remember import remembered
from minigan.metrics import GridDivergence, PointGrid, count_modes

__all__ = ["quality"]

#: What is said of the points, null where it is not known.
NUMBERS = ("modes", "of", "good", "per_mode", "kl", "js", "kl_real", "js_real")

#: Cells of the grid along each axis.
CELLS = 30


def quality(session: SessionLike, count: int = MOST) -> dict[str, Any]:
    """Modes and good points, and the divergences of the data and G on a grid.

    Parameters
    ----------
    session : SessionLike
    count : int
        Generated points.

    Returns
    -------
    dict
        `modes` found `of` all, the `good` share and the good points `per_mode`, null where the data have no known
        modes; `kl` and `js`, in nats (see `minigan.metrics.grid_divergence`); and as their floor `kl_real` and
        `js_real`, those of as many real points, null where there are not twice as many.
    """
    data = points_of(session, "quality", "line", "points")
    count = count_option("count", count, 10, MOST)
    fake = generated(session, count)
    result: dict[str, Any] = {"count": count, **dict.fromkeys(NUMBERS)}
    if not np.isfinite(fake).all():
        return result
    if data.modes is not None and data.mode_stddev is not None:
        found = count_modes(fake, data.modes, data.mode_stddev)
        result |= {"modes": found.found, "of": found.modes, "good": found.good, "per_mode": found.histogram}
    grid = remembered(data, "quality grid", lambda: PointGrid(data.points, CELLS))
    floor = remembered(session.trainer, "floor", lambda: floor_of(data, grid, real_batch(session, count)), key=count)
    return {**result, **grid(fake)._asdict(), "kl_real": floor and floor.kl, "js_real": floor and floor.js}


def floor_of(data: Points, grid: PointGrid, some: np.ndarray) -> GridDivergence | None:
    """The divergences of some real points and all, if all are at least twice as many."""
    return grid(some) if len(data) >= 2 * len(some) else None
