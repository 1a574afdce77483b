"""A session of the lab: what can be done, and what can be looked at, without a page."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from minigan.errors import ConfigError
from minigan.lab.build import build_trainer
from minigan.lab.calls import call
from minigan.lab.past import Action, Past
from minigan.lab.setup import CHANGEABLE, SetUp
from minigan.lab.stepping import Steps
from minigan.lab.views import VIEWS
from minigan.training.checkpoint.trainer_state import capture, restore
from minigan.training.events import StepEnd
from minigan.training.monitor.monitor import Monitor

__all__ = ["COMMANDS", "Session"]

#: What a person can do, by the names of the methods.
COMMANDS = ("choose", "change", "seed", "play", "pause", "speed", "round", "d_step", "g_step", "back", "go")


class Session:
    """One GAN in training, with its past.

    Parameters
    ----------
    setup : SetUp, optional

    Attributes
    ----------
    id : str
        Another one for each session, by which a page knows that the lab was started again.
    revision : int
        Grows with every change.
    between : callable
        Called between two steps of training, also in the middle of a round: it may look at the session.
    """

    def __init__(self, setup: SetUp | None = None) -> None:
        self.id = secrets.token_hex(8)
        self.revision = 0
        self.playing = False
        self.rounds_per_second: float | None = None
        self.between: Callable[[], None] = lambda: None
        self.begin(setup or SetUp())

    def begin(self, setup: SetUp) -> None:
        """Start with this set-up; if it cannot be built, everything stays as it is."""
        trainer = build_trainer(setup)
        self.setup, self.trainer, self.steps = setup, trainer, Steps(trainer)
        self.monitor = Monitor(setup.batch_size)
        self.history: list[StepEnd] = []
        self.past = Past()
        self.past.keep(setup, capture(trainer, self.monitor))
        self.revision += 1

    # What happens from outside

    def do(self, command: str, arguments: Mapping[str, Any] | None = None) -> None:
        """Carry out a command.

        Raises
        ------
        MiniganError
            The command or an argument is unknown or wrong; nothing is changed.
        """
        if command not in COMMANDS:
            raise ConfigError(f"unknown command {command!r}: expected one of {', '.join(COMMANDS)}")
        call(getattr(self, command), arguments)

    def view(self, name: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What is to be seen, as plain values and arrays; looking changes nothing."""
        if name not in VIEWS:
            raise ConfigError(f"unknown view {name!r}: expected one of {', '.join(VIEWS)}")
        return call(VIEWS[name], options, self)

    # Commands

    def choose(self, setup: Mapping[str, Any]) -> None:
        """Start again with these settings."""
        self.begin(SetUp.of(setup))

    def change(self, settings: Mapping[str, Any]) -> None:
        """Change settings in the middle of training."""
        unknown = sorted(settings.keys() - {*CHANGEABLE})
        if unknown:
            raise ConfigError(f"{', '.join(unknown)}: expected one of {', '.join(CHANGEABLE)}; others need a new start")
        self.take(Action("change", self.setup.with_values(settings)))

    def seed(self, seed: int) -> None:
        """Start again with another seed."""
        self.begin(self.setup.replaced(seed=seed))

    def play(self) -> None:
        self.playing = True

    def pause(self) -> None:
        self.playing = False

    def speed(self, rounds_per_second: float | None = None) -> None:
        """The most rounds in a second while playing; None for as many as there can be."""
        self.rounds_per_second = rounds_per_second

    def round(self) -> None:
        """What is left of a round: D's steps, then G's."""
        self.take(Action("round", self.setup))

    def d_step(self) -> None:
        """One step of D alone."""
        self.take(Action("d_step", self.setup))

    def g_step(self) -> None:
        """One step of G alone."""
        self.take(Action("g_step", self.setup))

    def back(self, count: int = 1) -> None:
        """Take back the last actions."""
        self.go(max(0, len(self.past.actions) - count))

    def go(self, place: int) -> None:
        """Go back to the place where this number of actions was done."""
        self.playing = False
        known = self.past.before(place)
        setup, checkpoint = self.past.snapshots[known]
        redo = self.past.forget(place)
        if setup != self.setup:
            self.trainer, self.setup = build_trainer(setup), setup
        restore(checkpoint, self.trainer, self.monitor)
        self.steps = Steps(self.trainer)
        self.history = [event for event in self.history if event.step <= self.trainer.step]
        for action in redo:
            self.take(action)
        self.revision += 1

    # Inside

    def take(self, action: Action) -> None:
        """Do it, and remember it."""
        if action.kind == "change":
            self.set_up_again(action.setup)
        else:
            step = getattr(self.steps, action.kind)
            events = step(self.between) if action.kind == "round" else step()
            for event in events if isinstance(events, list) else ():
                if isinstance(event, StepEnd):
                    self.history.append(event)
        self.past.actions.append(action)
        if self.steps.judged is None:
            self.past.keep(self.setup, capture(self.trainer, self.monitor))
        self.revision += 1

    def set_up_again(self, setup: SetUp) -> None:
        """The same state under other settings."""
        state = capture(self.trainer, self.monitor)
        trainer = build_trainer(setup)
        restore(state, trainer, self.monitor)
        self.setup, self.trainer, self.steps = setup, trainer, Steps(trainer)
