"""A session of the lab: what can be done, and what can be looked at, without a page."""

import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from minigan.data import Points
from minigan.errors import ConfigError, NonFiniteError
from minigan.lab.build import apply_settings, build_trainer
from minigan.lab.calls import call
from minigan.lab.history import History
from minigan.lab.measuring import DIVERSITY_EVERY, QUALITY_EVERY, DiversityMeter, measure_quality
from minigan.lab.past import Action, Past, Snapshot
from minigan.lab.run_folder import open_run
from minigan.lab.setup import CHANGEABLE, SetUp
from minigan.lab.stepping import Steps
from minigan.lab.suited import chosen
from minigan.lab.values import shown
from minigan.lab.views import VIEWS
from minigan.lab.views.options import count_option
from minigan.lab.watching import Recording, watch
from minigan.numbers import finite
from minigan.training.checkpoint.file import Checkpoint
from minigan.training.checkpoint.trainer_state import capture, restore
from minigan.training.events import LayerGradients, Notice, StepEnd
from minigan.training.monitor.monitor import Monitor
from minigan.training.reporting import PublicEvent
from minigan.training.trainer import Trainer

__all__ = ["COMMANDS", "REDO_ACTIONS", "REDO_SECONDS", "Session"]

#: What a person can do, by the names of the methods.
COMMANDS = ("choose", "change", "seed", "play", "pause", "speed", "round", "d_step", "g_step", "back", "go", "look")

#: The most actions that are taken again to reach a place exactly, and the most seconds that they may take; beyond that
#: the nearest place with a snapshot is reached.
REDO_ACTIONS, REDO_SECONDS = 400, 2.0

#: The most rounds of one command, and the most in a second.
MOST_ROUNDS, FASTEST = 1_000, 10_000.0


class Session:
    """One GAN in training, with its past.

    Parameters
    ----------
    setup : SetUp, optional
        Default: the trained ring.

    Attributes
    ----------
    id : str
        Another one for each session, by which a page knows that the lab was started again.
    revision : int
        Grows with every change.
    playing : bool
    rounds_per_second : float or None
        The most rounds in a second while playing; None for as many as there can be.
    run : Path or None
        The folder of the run that it began from.
    changeable : tuple of str
        The settings that `change` takes: none for a run, which keeps its own.
    recording : Recording or None
        The last round that was looked into.
    between : callable or None
        Called between two steps of training, also in the middle of a round: it may look at the session.
    """

    def __init__(self, setup: SetUp | None = None) -> None:
        self.id = secrets.token_hex(8)
        self.revision = 0
        self.playing = False
        self.rounds_per_second: float | None = None
        self.between: Callable[[], None] | None = None
        self.run: Path | None = None
        self.changeable: tuple[str, ...] = CHANGEABLE
        self.begin(setup or chosen({"start": "ring"}))

    @classmethod
    def of_run(cls, path: str | Path) -> "Session":
        """A session that goes on from a run of ``minigan train``, in memory only: see `minigan.lab.run_folder`.

        Parameters
        ----------
        path : path
            The folder of the run, or one of its checkpoints.
        """
        found = open_run(path)
        session = cls()
        session.adopt(found.setup, found.trainer)
        session.run, session.changeable = found.folder, ()
        return session

    def begin(self, setup: SetUp) -> None:
        """Start with this set-up; if it cannot be built, everything stays as it is."""
        self.adopt(setup, build_trainer(setup))
        self.run, self.changeable = None, CHANGEABLE

    def adopt(self, setup: SetUp, trainer: Trainer) -> None:
        """Start with a trainer as it is."""
        self.setup, self.trainer, self.steps = setup, trainer, Steps(trainer)
        self.monitor, self.diversity = monitor_of(trainer), DiversityMeter(trainer, setup.seed)
        self.history, self.past = History(), Past()
        self.seconds = 0.0
        self.recording: Recording | None = None
        self.past.keep(self.snapshot())
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
            raise ConfigError(f"unknown command {shown(command)}: expected one of {', '.join(COMMANDS)}")
        call(getattr(self, command), arguments)

    def view(self, name: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What is to be seen, as plain values and arrays; looking changes nothing."""
        if name not in VIEWS:
            raise ConfigError(f"unknown view {shown(name)}: expected one of {', '.join(VIEWS)}")
        return call(VIEWS[name], options, self)

    # Commands

    def choose(self, setup: Mapping[str, Any]) -> None:
        """Start again with these settings; the others are those of the trained start, or those that suit the data."""
        self.begin(chosen(setup))

    def change(self, settings: Mapping[str, Any]) -> None:
        """Change settings in the middle of training."""
        other = [name for name in settings if name not in self.changeable]
        if other:
            raise ConfigError(
                f"change: expected one of {', '.join(self.changeable)}, got {shown(other[0])}: others need a new start"
            )
        self.take(Action("change", self.setup.with_values(settings)))

    def seed(self, seed: int) -> None:
        """Start again with another seed."""
        self.begin(self.setup.with_values({"seed": seed}))

    def play(self) -> None:
        """Train until `pause`; who owns the session takes the rounds."""
        self.playing = True

    def pause(self) -> None:
        """Stop playing."""
        self.playing = False

    def speed(self, rounds_per_second: float | None = None) -> None:
        """The most rounds in a second while playing; None for as many as there can be."""
        rate = None if rounds_per_second is None else finite(rounds_per_second)
        if rounds_per_second is not None and (rate is None or not 0 < rate <= FASTEST):
            raise ConfigError(
                f"speed: expected a number above 0 and up to {FASTEST:g}, or none, got {shown(rounds_per_second)}"
            )
        self.rounds_per_second = rate

    def round(self, count: int = 1) -> None:
        """What is left of a round: D's steps, then G's; and whole rounds after it."""
        for _ in range(count_option("count", count, 1, MOST_ROUNDS)):
            self.take(Action("round", self.setup))

    def d_step(self) -> None:
        """One step of D alone."""
        self.take(Action("d_step", self.setup))

    def g_step(self) -> None:
        """One step of G alone."""
        self.take(Action("g_step", self.setup))

    def look(self) -> None:
        """One whole round, recorded, to look into it; a round that is half done is ended first."""
        if self.trainer.simultaneous or self.trainer.g_steps > 1:
            raise ConfigError("look: expected rounds of D's steps and one of G after them; this run has other rounds")
        if self.steps.d_done >= self.trainer.d_steps:
            self.round()
        self.take(Action("look", self.setup))

    def back(self, count: int = 1) -> None:
        """Take back the last actions."""
        place = self.past.place
        self.go(max(0, place - count_option("count", count, 1, max(1, place))))

    def go(self, place: int) -> None:
        """Go back to the place where this number of actions was done; what came after it is forgotten.

        The state there is the same, bit for bit. If it would take long to reach, the nearest place with a snapshot
        is taken: see `REDO_ACTIONS`.
        """
        target = count_option("place", place, 0, self.past.place)
        self.playing = False
        known = self.past.before(target)
        if target - known > self.most_redone:
            known = target = self.past.nearest(target)
        redo = list(self.past.actions.between(known, target))
        self.return_to(known)
        for action in redo:
            self.take(action)

    # Inside

    @property
    def most_redone(self) -> int:
        """The most actions that are taken again to reach a place."""
        return min(REDO_ACTIONS, int(REDO_SECONDS / self.seconds)) if self.seconds else REDO_ACTIONS

    def take(self, action: Action) -> None:
        """Do it, and remember it.

        Raises
        ------
        NonFiniteError
            A loss or a weight is no longer finite: playing ends, and the state is that before the action.
        """
        start = time.perf_counter()
        if action.kind == "change":
            self.apply(action.setup)
        else:
            self.hear(self.train(action.kind))
        self.past.actions.append(action)
        self.past.keep(self.snapshot())
        taken = time.perf_counter() - start
        self.seconds += (taken - self.seconds) / min(20, self.past.place)
        self.revision += 1

    def train(self, kind: str) -> list[PublicEvent]:
        """Take a step or a round; if it fails, the state is as it was before."""
        try:
            if kind == "look":
                with watch(self.trainer) as recording:
                    events = self.steps.round()
                self.recording = recording
                return events
            if kind == "round":
                return self.steps.round(self.between)
            return self.steps.g_step() if kind == "g_step" else self.steps.d_step()
        except NonFiniteError as error:
            self.playing = False
            self.return_to(self.past.place)
            text = f"{error}. The state is that before this step: lower a learning rate, or go back further."
            self.history.notice(Notice(self.trainer.step, "not finite", text))
            raise

    def hear(self, events: list[PublicEvent]) -> None:
        """Keep the numbers of a step, and hear what the monitor says about them."""
        norms: Mapping[str, float] = {}
        for event in events:
            if isinstance(event, LayerGradients):
                norms = event.norms
            elif isinstance(event, StepEnd):
                self.history.add(event, norms)
                notices = self.monitor(event)
                if event.step % DIVERSITY_EVERY == 0:
                    notices += self.monitor(self.diversity())
                if event.step % QUALITY_EVERY == 0 and isinstance(self.trainer.data, Points):
                    self.history.quality.add(event.step, measure_quality(self))
                for notice in notices:
                    self.history.notice(notice)

    def apply(self, setup: SetUp) -> None:
        """Go on with other settings. Another loss has other numbers: the monitor begins again."""
        apply_settings(setup, self.trainer)
        if setup.loss != self.setup.loss:
            self.monitor = monitor_of(self.trainer)
        self.monitor.statistics.noise_until = noise_until(self.trainer)
        self.setup = setup

    def snapshot(self) -> Snapshot:
        """The state now, with copies of its arrays: the optimizers' would go on changing."""
        checkpoint = capture(self.trainer, self.monitor)
        own = ("generator/", "discriminator/")  # copies already
        arrays = {n: array if n.startswith(own) else array.copy() for n, array in checkpoint.arrays.items()}
        copied = Checkpoint(arrays, checkpoint.state, versions={})
        return Snapshot(self.setup, copied, self.steps.state(), self.history.last)

    def return_to(self, place: int) -> None:
        """Restore the snapshot of a place, and forget what came after it."""
        setup, checkpoint, images, last = self.past.snapshots[place]
        self.past.cut(place)
        if setup is not self.setup:
            apply_settings(setup, self.trainer)
        self.setup, self.monitor = setup, monitor_of(self.trainer)
        # Before D's first step its gradients are 0; later ones are in the checkpoint.
        self.trainer.gan.discriminator.zero_grads()
        restore(checkpoint, self.trainer, self.monitor)
        self.steps.restore(images)
        self.history.cut(self.trainer.step, last)
        self.revision += 1


def monitor_of(trainer: Trainer) -> Monitor:
    """A monitor that has heard nothing yet."""
    accuracy = trainer.loss.decision_threshold is not None
    return Monitor(trainer.batch_size, accuracy=accuracy, noise_until=noise_until(trainer))


def noise_until(trainer: Trainer) -> int:
    """The step until which D sees through noise."""
    noise = trainer.options.instance_noise
    return noise.steps if noise is not None and noise.stddev else 0
