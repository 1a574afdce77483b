"""The events of many steps at once, so that no step waits for the GPU; and the way back to a step that failed."""

import time
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from minigan.errors import NonFiniteError
from minigan.training.events import EpochEnd
from minigan.training.gpu.snapshot import Snapshot
from minigan.training.nonfinite import all_finite, check_values_on_gpu
from minigan.training.reporting import ImmediateEvents, PendingStep, PublicEvent, TrainerEvent
from minigan.training.step_metrics import to_numbers
from minigan.training.trainer_like import TrainerLike

__all__ = ["DeferredEvents", "ReplayableTrainer"]

#: How many events make a block, and how many at the most are held where a round is longer than that.
BLOCK, LONGEST = 32, 512


class ReplayableTrainer(TrainerLike, Protocol):
    """A trainer whose rounds can be run again."""

    def run_round(self, total: int) -> Iterator[Sequence[TrainerEvent]]: ...


class DeferredEvents(ImmediateEvents):
    """Holds the events of some tens of steps, then reads the metrics of all these steps at once and reports them.

    Values are not checked on a GPU in a step, so a NaN is found when a block is read. Then the trainer goes back to
    the snapshot that was made when the block began, and runs its steps again with checks: so it raises the same error
    as on the CPU, with the networks as they were before the step that failed.
    """

    def __init__(self, trainer: ReplayableTrainer) -> None:
        super().__init__(trainer)
        self.trainer: ReplayableTrainer = trainer
        self.held: list[TrainerEvent] = []

    def start(self, total: int) -> None:
        super().start(total)
        self.held = []
        self.last_report = time.perf_counter()

    def begin_round(self) -> None:
        """Keep the trainer's state, if nothing is held: a block begins."""
        if not self.held:
            self.snapshot = Snapshot(self.trainer)

    def add(self, events: Sequence[TrainerEvent]) -> Iterator[PublicEvent]:
        """Hold the events; at the end of an epoch, or if there are very many, report all that are held."""
        self.held += events
        if isinstance(events[-1], EpochEnd) or len(self.held) >= LONGEST:
            yield from self.flush()

    def end_round(self) -> Iterator[PublicEvent]:
        """Report what is held, if it makes a block, or if training ends."""
        if len(self.held) >= BLOCK or self.trainer.step >= self.total:
            yield from self.flush()

    def flush(self) -> Iterator[PublicEvent]:
        """Report all that is held. Here, and in no step, metrics are read from a GPU."""
        held, self.held = self.held, []
        numbers = to_numbers([item.metrics for item in held if isinstance(item, PendingStep)])
        error = None if self.is_finite(numbers) else self.replay()
        now = time.perf_counter()
        speed = len(numbers) * self.trainer.batch_size * self.trainer.d_steps / (now - self.last_report)
        self.last_report = now
        # Later events are undone: they followed the step that failed.
        yield from self.publish([item for item in held if item.step <= self.trainer.step], numbers, speed)
        if error is not None:
            raise error

    def is_finite(self, numbers: list[list[float]]) -> bool:
        """Whether no loss and no weight became NaN or infinite."""
        networks = self.trainer.gan.generator, self.trainer.gan.discriminator
        losses = [row[:2] for row in numbers]
        return bool(np.isfinite(losses).all()) and all(all_finite(network.flat_data) for network in networks)

    def replay(self) -> NonFiniteError:
        """Run the block again with checks: the error of the step that fails, with the trainer as it was before it."""
        end = self.trainer.step
        self.snapshot.restore()
        try:
            with check_values_on_gpu():
                while self.trainer.step <= end and self.trainer.step < self.total:
                    for _ in self.trainer.run_round(self.total):
                        pass
        except NonFiniteError as error:
            return error
        return NonFiniteError(
            f"steps {self.snapshot.step + 1} to {end}: a loss or a weight is not finite, and all are when the steps "
            "are run again: this device does not compute the same twice"
        )
