"""Rounds in parts: a step of D, a step of G, each when a person asks for it.

One step of D and one of G, asked for in this order, are a round of `minigan.Trainer`, bit for bit.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from minigan.backend import Array
from minigan.training.batch_steps import Batch, generate_batch, make_batch
from minigan.training.reporting import ImmediateEvents, PublicEvent
from minigan.training.steps import DiscriminatorResult
from minigan.training.trainer import Trainer

__all__ = ["Steps"]


class Judged(NamedTuple):
    """The images of D's last step, which G has not learnt from yet."""

    batch: Batch
    fake: Array
    caches: Any
    result: DiscriminatorResult


class Steps:
    """Takes the steps of a trainer one by one.

    Attributes
    ----------
    judged : Judged or None
        Present between a step of D and the step of G after it.
    d_done : int
        Steps of D since G's last one.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.events = ImmediateEvents(trainer)
        self.judged: Judged | None = None
        self.last: DiscriminatorResult | None = None
        self.d_done = 0

    def round(self, between: Callable[[], None] = lambda: None) -> list[PublicEvent]:
        """What is left of a round: the steps of D, then one of G; `between` is called after each step of D."""
        while self.d_done < self.trainer.d_steps:
            self.d_step()
            between()
        return self.g_step()

    def d_step(self) -> DiscriminatorResult:
        """One step of D, on images of its own."""
        trainer = self.trainer
        batch = make_batch(trainer, *next(trainer.batches))
        last = self.d_done + 1 >= trainer.d_steps
        result, fake, caches = trainer.step_discriminator(batch, last)
        self.judged, self.last = Judged(batch, fake, caches, result), result
        self.d_done += 1
        return result

    def g_step(self) -> list[PublicEvent]:
        """One step of G: by the images of D's last step, or by new ones where G has learnt from those."""
        trainer, start = self.trainer, time.perf_counter()
        if self.judged is not None:
            batch, fake, caches, _ = self.judged
        else:
            batch = make_batch(trainer)
            fake, caches = generate_batch(trainer, batch)
        g = trainer.step_generator(batch, fake, caches)
        self.judged, self.d_done = None, 0
        d = self.last or DiscriminatorResult(float("nan"), g.fake_logits, g.fake_logits)
        self.events.start(trainer.step + 1)
        return list(self.events.add(trainer.finish_step(d, g, trainer.step + 1, start)))
