"""A copy of a trainer's state, to go back to."""

from collections.abc import Iterator

from minigan.backend import Array
from minigan.training.checkpoint.trainer_state import streams_of
from minigan.training.trainer_like import TrainerLike

__all__ = ["Snapshot", "arrays_of"]


class Snapshot:
    """A copy of all that a step of the trainer changes, in the memory where the networks are."""

    def __init__(self, trainer: TrainerLike) -> None:
        self.trainer, self.step, self.batches = trainer, trainer.step, trainer.batches.state
        self.round = trainer.round
        self.arrays = [(array, array.copy()) for array in arrays_of(trainer)]
        self.streams = [(stream, stream.state) for stream in streams_of(trainer).values()]
        self.optimizers = [
            (optimizer, optimizer.iterations, {name: slot.copy() for name, slot in optimizer.slots.items()})
            for optimizer in (trainer.g_optimizer, trainer.d_optimizer)
        ]
        self.updates = 0 if trainer.average is None else trainer.average.updates
        self.taken = 0 if trainer.options.instance_noise is None else trainer.options.instance_noise.taken

    def restore(self) -> None:
        """Write the state back into the same arrays; caches from before are stale."""
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
        if trainer.options.instance_noise is not None:
            trainer.options.instance_noise.taken = self.taken
        trainer.batches.state = self.batches
        for stream, state in self.streams:
            stream.state = state
        trainer.step, trainer.round = self.step, self.round


def arrays_of(trainer: TrainerLike) -> Iterator[Array]:
    """The weights and moving averages of both networks, and the average of G's weights."""
    for network in (trainer.gan.generator, trainer.gan.discriminator):
        yield network.flat_data
        yield from (p.data for p in network.parameters().values() if not p.trainable)
    if trainer.average is not None and trainer.average.updates:
        yield trainer.average.values
