"""Rounds of a trainer in which nothing may read the device."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from minigan.training import nonfinite
from minigan.training.trainer import Trainer
from tests.devices.strict.array import no_reads

__all__ = ["rounds_that_read_nothing"]


@contextmanager
def rounds_that_read_nothing() -> Iterator[None]:
    """A block in which a read in any trainer's round is an error: all but the reporting of events.

    In a block of `minigan.training.nonfinite.check_values_on_gpu`, which searches for a failed step, reads are allowed.
    """
    rounds = Trainer.run_round

    def watched(self: Trainer, total: int) -> Iterator[Any]:
        inside = rounds(self, total)
        while True:
            with no_reads("a round of training" if not nonfinite._checked_on_gpu else None):
                item = next(inside, None)
            if item is None:
                return
            yield item

    with mock.patch.object(Trainer, "run_round", watched):
        yield
