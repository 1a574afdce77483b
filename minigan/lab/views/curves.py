"""The numbers of all rounds so far."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from minigan.lab.history import Quality
from minigan.lab.session_like import SessionLike
from minigan.lab.views.options import count_option

__all__ = ["curves", "thinned"]

Value = TypeVar("Value")

#: The numbers of a round that are drawn.
ROUND = (
    "step",
    "d_loss",
    "g_loss",
    "d_real",
    "d_fake",
    "real_accuracy",
    "fake_accuracy",
    "d_grad_norm",
    "g_grad_norm",
)


def curves(session: SessionLike, points: int = 600) -> dict[str, Any]:
    """The losses and the other numbers of the rounds, evenly thinned; the first and the last are always among them.

    `layers` has the norm of each layer's gradients, by names such as ``generator/dense``; `quality` how good the points
    are, at its own steps.

    Parameters
    ----------
    session : SessionLike
    points : int
        The most rounds.
    """
    points = count_option("points", points, 2, 5000)
    rounds, quality = thinned(session.history.rounds.values, points), thinned(session.history.quality.values, points)
    layers = rounds[0].norms if rounds else ()
    return {
        **{name: np.array([getattr(row.end, name) for row in rounds]) for name in ROUND},
        "layers": {name: np.array([row.norms[name] for row in rounds]) for name in layers},
        "quality": {name: np.array([getattr(row, name) for row in quality], np.float64) for name in Quality._fields},
    }


def thinned(values: Sequence[Value], count: int) -> list[Value]:
    """At most `count` of the values, evenly chosen, with the first and the last."""
    chosen = np.unique(np.linspace(0, len(values) - 1, min(count, len(values))).round().astype(int))
    return [values[place] for place in chosen]
