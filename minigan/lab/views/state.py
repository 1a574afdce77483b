"""Where the session is: the view that is sent after every change, and so must take next to no time."""

from dataclasses import asdict
from typing import Any

from minigan.lab.session_like import SessionLike
from minigan.lab.views.curves import thinned
from minigan.lab.views.kinds import kind_of
from minigan.lab.views.networks import networks_of
from minigan.lab.views.remember import remembered

__all__ = ["state"]

#: The most marks, and the most notices, that are shown.
MARKS, NOTICES = 64, 20


def state(session: SessionLike) -> dict[str, Any]:
    """The set-up, the networks, the place in training, the numbers of the last round, and what the monitor said."""
    trainer, history = session.trainer, session.history
    marks = sorted(session.past.snapshots)
    return {
        "session": session.id,
        "revision": session.revision,
        "setup": remembered(trainer, "setup", session.setup.plain, key=session.setup),
        "changeable": session.changeable,
        "kind": kind_of(session),
        "data": data_of(session),
        "playing": session.playing,
        "rounds_per_second": session.rounds_per_second,
        "place": session.past.place,
        "marks": thinned(marks, MARKS),
        "step": trainer.step,
        "d_done": session.steps.d_done,
        "run": None if session.run is None else {"path": str(session.run), "step": trainer.step},
        "metrics": asdict(history[-1]) if len(history) else None,
        "notices": [asdict(notice) for notice in history.notices[-NOTICES:]],
        "networks": remembered(trainer, "networks", lambda: networks_of(trainer.gan)),
    }


def data_of(session: SessionLike) -> dict[str, Any]:
    """The data in numbers; `modes` is null where none are known."""
    data = session.trainer.data
    modes = getattr(data, "modes", None)
    return {"name": data.name, "shape": data.shape, "count": len(data), "modes": None if modes is None else len(modes)}
