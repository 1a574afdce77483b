"""The numbers of all rounds so far."""

from typing import Any

import numpy as np

from minigan.lab.session_like import SessionLike
from minigan.lab.views.options import count_option

__all__ = ["curves"]

#: The numbers of a round that are drawn.
NAMES = (
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

    Parameters
    ----------
    session : SessionLike
    points : int
        The most rounds.
    """
    points = count_option("points", points, 2, 5000)
    history = session.history
    chosen = np.unique(np.linspace(0, len(history) - 1, min(points, len(history))).round().astype(int))
    events = [history[place] for place in chosen]
    return {name: np.array([getattr(event, name) for event in events]) for name in NAMES}
