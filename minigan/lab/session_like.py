"""What the views need of a session: they know this protocol, and the session knows them."""

from pathlib import Path
from typing import Protocol

from minigan.lab.history import History
from minigan.lab.past import Past
from minigan.lab.setup import SetUp
from minigan.lab.stepping import Steps
from minigan.lab.watching import Recording
from minigan.training.monitor.monitor import Monitor
from minigan.training.trainer import Trainer

__all__ = ["SessionLike"]


class SessionLike(Protocol):
    """The attributes of a session that views read: see `minigan.lab.Session`."""

    id: str
    revision: int
    playing: bool
    rounds_per_second: float | None
    run: Path | None
    changeable: tuple[str, ...]
    setup: SetUp
    trainer: Trainer
    steps: Steps
    monitor: Monitor
    history: History
    past: Past
    recording: Recording | None
