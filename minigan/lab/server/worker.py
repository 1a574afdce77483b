"""The thread of a session: it alone trains and looks, and it trains while the session plays.

Commands come before views, and both between two steps of training. A view may come in the middle of a round, between
D's step and G's, for looking changes nothing; a command waits for the end of the round, but for those that only set a
flag. Training and views share the time: after a step, the views that wait get as much time as the step took.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, NamedTuple

from minigan.lab.server.faults import sentence
from minigan.lab.session import Session

__all__ = ["Worker"]

#: Seconds that the views get after a step at least.
SHARE = 0.01

#: Seconds to wait at the end for the step that the thread is taking.
PATIENCE = 5.0


class Work(NamedTuple):
    """A function that waits for its turn with the session."""

    function: Callable[[Session], Any]
    future: "Future[Any]"


class Ended(BaseException):
    """The lab ends in the middle of a long command."""


class Worker:
    """Runs a session in a thread of its own.

    Parameters
    ----------
    session : Session
    changed : callable
        Called after each change, in the worker's thread.

    Attributes
    ----------
    problem : str or None
        Why the training stopped by itself, until the next command.
    """

    def __init__(self, session: Session, changed: Callable[[], None]) -> None:
        self.session, self.changed = session, changed
        session.between = self.between
        self.problem: str | None = None
        self.commands: deque[Work] = deque()
        self.views: deque[Work] = deque()
        self.news = threading.Condition()
        self.ended = False
        self.round_began = self.stepped = time.monotonic()
        self.seen = self.visible()
        self.thread = threading.Thread(target=self.run, name="minigan lab", daemon=True)
        self.thread.start()

    # Called by other threads

    def do(self, function: Callable[[Session], Any]) -> "Future[Any]":
        """Let a function change the session, between two rounds."""

        def command(session: Session) -> Any:
            self.problem = None
            return function(session)

        return self.add(self.commands, command)

    def flag(self, function: Callable[[Session], Any]) -> Any:
        """Call a function that only sets flags of the session, such as `Session.pause`, without waiting for a step."""
        with self.news:
            self.problem = None
            result = function(self.session)
            self.news.notify()
        self.changed()
        return result

    def look(self, function: Callable[[Session], Any]) -> "Future[Any]":
        """Let a function look at the session, between two steps."""
        return self.add(self.views, function)

    def add(self, line: "deque[Work]", function: Callable[[Session], Any]) -> "Future[Any]":
        """Put a function at the end of a line."""
        work = Work(function, Future())
        with self.news:
            line.append(work)
            self.news.notify()
        return work.future

    def stop(self) -> None:
        """End the thread after the step that it is taking."""
        with self.news:
            self.ended = True
            self.news.notify()
        self.thread.join(PATIENCE)

    # The thread

    def run(self) -> None:
        """Do what is asked for, and train in between while the session plays."""
        with suppress(Ended):
            while not self.ended:
                work = self.next()
                if work is not None:
                    self.carry_out(work)
                elif self.session.playing and self.until_round() <= 0:
                    self.train()

    def until_round(self) -> float:
        """Seconds until the next round is due."""
        rate = self.session.rounds_per_second
        return self.round_began + 1 / rate - time.monotonic() if rate else 0.0

    def next(self) -> Work | None:
        """The next command, or else the next view, unless a round is due; waits for one until then."""
        with self.news:
            wait = self.until_round() if self.session.playing else None
            due = wait is not None and wait <= 0
            if not (self.commands or self.views or self.ended or due):
                self.news.wait(wait)
            line = self.commands if self.commands or due else self.views
            return line.popleft() if line and not self.ended else None

    def carry_out(self, work: Work) -> None:
        """Call the function and keep its result; an error belongs to who asked."""
        if not work.future.set_running_or_notify_cancel():
            return
        self.stepped = time.monotonic()
        try:
            result = work.function(self.session)
        except Exception as error:
            work.future.set_exception(error)
        else:
            work.future.set_result(result)
        self.report()

    def train(self) -> None:
        """One round; an error ends the playing."""
        self.round_began = self.stepped = time.monotonic()
        try:
            self.session.round()
        except Exception as error:
            self.session.playing = False
            self.problem = sentence(error)
        self.between()

    def between(self) -> None:
        """After a step: serve the views that wait, for as long as the step took, or until a command comes."""
        if self.ended:
            raise Ended
        self.report()
        now = time.monotonic()
        end = now + max(now - self.stepped, SHARE)
        while self.views and not self.commands and not self.ended and time.monotonic() < end:
            self.carry_out(self.views.popleft())
        self.stepped = time.monotonic()

    def visible(self) -> tuple[object, ...]:
        """What makes one state look different from another."""
        session = self.session
        return session.id, session.revision, session.playing, session.rounds_per_second, self.problem

    def report(self) -> None:
        """Say that something has changed, if it has."""
        if self.seen != (visible := self.visible()):
            self.seen = visible
            self.changed()
