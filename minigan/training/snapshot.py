"""A trainer as it stands, kept to go back to."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from minigan.backend import Array
from minigan.random import Stream

if TYPE_CHECKING:
    from minigan.training.trainer import Trainer

__all__ = ["Snapshot", "arrays_of", "streams_of"]


class Snapshot:
    """A copy, in the memory where the networks are, of all that a step of the trainer changes."""

    def __init__(self, trainer: "Trainer") -> None:
        self.trainer, self.step, self.batches = trainer, trainer.step, trainer.batches.state
        self.round = trainer.round
        self.arrays = [(array, array.copy()) for array in arrays_of(trainer)]
        self.streams = [(stream, stream.state) for stream in streams_of(trainer)]
        self.optimizers = [
            (optimizer, optimizer.iterations, {name: slot.copy() for name, slot in optimizer.slots.items()})
            for optimizer in (trainer.g_optimizer, trainer.d_optimizer)
        ]
        self.updates = 0 if trainer.average is None else trainer.average.updates
        self.taken = 0 if trainer.rules.blur is None else trainer.rules.blur.taken

    def restore(self) -> None:
        """Put everything back, into the same memory; caches from before are stale."""
        trainer = self.trainer
        for place, values in self.arrays:
            place[...] = values
        for network in (trainer.gan.generator, trainer.gan.discriminator):
            network.mark_updated()
        for optimizer, iterations, slots in self.optimizers:
            optimizer.iterations = iterations
            for name, place in optimizer.slots.items():
                place[...] = slots.get(name, 0)  # slots begin at 0, with the first step
        if trainer.average is not None:
            trainer.average.updates = self.updates
        if trainer.rules.blur is not None:
            trainer.rules.blur.taken = self.taken
        trainer.batches.state = self.batches
        for stream, state in self.streams:
            stream.state = state
        trainer.step, trainer.round = self.step, self.round


def arrays_of(trainer: "Trainer") -> Iterator[Array]:
    """What both networks have learnt and keep, and the average of it."""
    for network in (trainer.gan.generator, trainer.gan.discriminator):
        yield network.flat_data
        yield from (p.data for p in network.parameters().values() if not p.trainable)
    if trainer.average is not None and trainer.average.updates:
        yield trainer.average.values


def streams_of(trainer: "Trainer") -> list[Stream]:
    """All streams that steps draw from; that of the images' order is the batches'."""
    others = [getattr(trainer.loss, "rng", None), getattr(trainer.rules.blur, "rng", None)]
    own = [trainer.noise_stream, trainer.label_stream, trainer.dropout_stream]
    return own + [stream for stream in others if stream is not None]
