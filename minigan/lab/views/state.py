"""Where the session is: the view that is sent after every change, and so must take next to no time."""

from dataclasses import asdict
from typing import Any

from minigan.lab.session_like import SessionLike
from minigan.lab.views.kinds import kind_of
from minigan.lab.views.networks import networks_of
from minigan.lab.views.remember import remembered

__all__ = ["state"]

#: The most marks that are shown.
MARKS = 64


def state(session: SessionLike) -> dict[str, Any]:
    """The set-up, the networks, the place in training, and the numbers of the last round."""
    trainer, data = session.trainer, session.trainer.data
    modes = getattr(data, "modes", None)
    return {
        "session": session.id,
        "revision": session.revision,
        "setup": remembered(trainer, "setup", session.setup.plain, key=session.setup),
        "changeable": session.changeable,
        "kind": kind_of(session),
        "data": {
            "name": data.name,
            "shape": data.shape,
            "count": len(data),
            "modes": None if modes is None else len(modes),
        },
        "playing": session.playing,
        "rounds_per_second": session.rounds_per_second,
        "place": len(session.past.actions),
        "marks": thinned(sorted(session.past.snapshots)),
        "step": trainer.step,
        "d_done": session.steps.d_done,
        "notices": [asdict(notice) for notice in session.history.notices],
        "metrics": asdict(session.history[-1]) if session.history else None,
        "run": None if session.run is None else {"path": str(session.run), "step": trainer.step},
        "networks": remembered(trainer, "networks", lambda: networks_of(trainer.gan)),
    }


def thinned(places: list[int]) -> list[int]:
    """At most `MARKS` of them, evenly chosen; the first and the last are always among them."""
    if len(places) <= MARKS:
        return places
    return [places[round(number * (len(places) - 1) / (MARKS - 1))] for number in range(MARKS)]
