"""Where the session is, and how it came there."""

from dataclasses import asdict, fields
from typing import Any

import numpy as np

from minigan.data import Dataset
from minigan.lab.session_like import SessionLike
from minigan.training.events import StepEnd

__all__ = ["curves", "state"]


def state(session: SessionLike) -> dict[str, Any]:
    """The set-up, the place in training, and the numbers of the last round."""
    trainer = session.trainer
    return {
        "session": session.id,
        "revision": session.revision,
        "setup": session.setup.plain(),
        "kind": "images" if isinstance(trainer.data, Dataset) else "line" if trainer.data.shape == (1,) else "points",
        "playing": session.playing,
        "rounds_per_second": session.rounds_per_second,
        "place": len(session.past.actions),
        "step": trainer.step,
        "d_done": session.steps.d_done,
        "metrics": asdict(session.history[-1]) if session.history else None,
    }


def curves(session: SessionLike) -> dict[str, Any]:
    """The numbers of all rounds."""
    names = [item.name for item in fields(StepEnd)]
    return {name: np.array([getattr(event, name) for event in session.history]) for name in names}
