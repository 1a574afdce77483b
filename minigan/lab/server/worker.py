"""The thread of a session: it alone touches the session, and trains while nobody asks for anything."""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from minigan.lab.session import Session

__all__ = ["Worker"]


class Worker:
    """Runs a session in a thread of its own.

    Parameters
    ----------
    session : Session
    changed : callable
        Called after each change, in the worker's thread.
    """

    def __init__(self, session: Session, changed: Callable[[], None]) -> None:
        self.session, self.changed = session, changed
        self.requests: queue.SimpleQueue[tuple[Callable[[Session], Any], Future[Any]] | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self.run, name="minigan lab", daemon=True)
        self.thread.start()

    def ask(self, function: Callable[[Session], Any]) -> "Future[Any]":
        """Call a function with the session, between two rounds."""
        future: Future[Any] = Future()
        self.requests.put((function, future))
        return future

    def stop(self) -> None:
        """End the thread after what it is doing."""
        self.requests.put(None)
        self.thread.join()

    def run(self) -> None:
        due = 0.0
        while True:
            session, request = self.session, None
            wait = max(0.0, due - time.monotonic()) if session.playing else None
            try:
                request = self.requests.get(timeout=wait) if wait is None or wait > 0 else self.requests.get_nowait()
            except queue.Empty:
                session.round()
                due = time.monotonic() + (1 / session.rounds_per_second if session.rounds_per_second else 0)
                self.changed()
                continue
            if request is None:
                return
            function, future = request
            revision = session.revision, session.playing
            try:
                future.set_result(function(session))
            except Exception as error:
                future.set_exception(error)
            if (session.revision, session.playing) != revision:
                self.changed()
