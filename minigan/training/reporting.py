"""From what happens in a round to the events that the caller of `Trainer.train` gets, one by one."""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from minigan.training.events import DiscriminatorEnd, EpochEnd, LayerGradients, StepEnd
from minigan.training.step_metrics import Metrics, layer_norms, layer_squares, named_metrics, to_numbers
from minigan.training.trainer_like import TrainerLike

__all__ = ["ImmediateEvents", "PendingStep", "PublicEvent", "TrainerEvent"]


class PendingStep(NamedTuple):
    """A step of G that was not reported yet: the content of its `StepEnd`, with the metrics still on the device.

    `judged` is how many images of either kind D judged.
    """

    epoch: int
    step: int
    steps: int
    metrics: Metrics
    judged: int
    images_per_second: float


#: What happens in a round, in order.
TrainerEvent: TypeAlias = PendingStep | EpochEnd | DiscriminatorEnd

#: What the caller gets.
PublicEvent: TypeAlias = LayerGradients | StepEnd | EpochEnd | DiscriminatorEnd


class ImmediateEvents:
    """Reports every step at once, with its numbers: the way of the CPU.

    Attributes
    ----------
    pending : int
        How many events follow, without another step, the one that was reported last.
    """

    def __init__(self, trainer: TrainerLike) -> None:
        self.trainer = trainer
        self.layers = {layer: len(squares) for layer, squares in layer_squares(trainer.gan).items()}
        self.pending = self.total = 0
        self.began = 0.0

    def start(self, total: int) -> None:
        """Begin to train until `total` steps of G are taken; events that were not reported are forgotten."""
        self.total, self.pending = total, 0
        self.began = time.perf_counter() - self.trainer.seconds

    def begin_round(self) -> None:
        """Called before each round."""

    def add(self, events: Sequence[TrainerEvent]) -> Iterator[PublicEvent]:
        """Take what happened in a step, and report what is due."""
        yield from self.publish(events, to_numbers([item.metrics for item in events if isinstance(item, PendingStep)]))

    def end_round(self) -> Iterator[PublicEvent]:
        """Called after each round; reports what is due."""
        yield from ()

    def publish(
        self, events: Iterable[TrainerEvent], rows: Iterable[list[float]], speed: float | None = None
    ) -> Iterator[PublicEvent]:
        """Report events, with a row of numbers for each step, and count down those that are pending."""
        public, numbers = list[PublicEvent](), iter(rows)
        for item in events:
            public += self.step_events(item, next(numbers), speed) if isinstance(item, PendingStep) else [item]
        for place, event in enumerate(public, 1):
            self.pending = len(public) - place
            yield event

    def step_events(self, step: PendingStep, numbers: list[float], speed: float | None) -> Iterator[PublicEvent]:
        """The events of a step, with its numbers; `speed` replaces its own images per second."""
        if self.trainer.layer_gradients:
            yield LayerGradients(step.step, layer_norms(numbers, self.layers))
        yield StepEnd(
            epoch=step.epoch,
            step=step.step,
            steps=step.steps,
            **named_metrics(numbers, step.judged),
            images_per_second=step.images_per_second if speed is None else speed,
            seconds=time.perf_counter() - self.began,
        )
