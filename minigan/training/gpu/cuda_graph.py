"""Rounds of training as one CUDA graph: a step of D and one of G, recorded once and then repeated by one launch.

A round of a small GAN is some hundred short kernels, and Python takes longer to ask for each than the GPU to run it. A
CUDA graph is the list of these launches with all their arguments, which the GPU runs by itself. The arguments do not
change: addresses, and numbers by their values. So all that changes from round to round has to be in device memory,
where it is written before each replay, or advanced by the kernels themselves:

- the indices of the images in the data, by which a recorded step gathers its batch on the device;
- the optimizers' step numbers, learning rates and momenta (`minigan.optimizers.Optimizer.sync_to_device`);
- the counters of the random streams, which the round's last kernels advance (`minigan.random.Stream.advance`).

The first rounds are run by plain launches: they compile the kernels and find the memory. Then a round is recorded,
which runs nothing, and replayed from then on. The results are those of plain launches, for the same kernels run on the
same numbers. A round that cannot be recorded is run by plain launches, and minigan's log says why.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minigan import backend, kernels
from minigan.backend import Array
from minigan.errors import BackendError
from minigan.losses import NoisyLabels
from minigan.optimizers import Optimizer
from minigan.random import Stream, draws_on_device
from minigan.training.batch_steps import (
    Batch,
    generate_batch,
    make_batch,
    train_both,
    train_discriminator,
    train_generator,
)
from minigan.training.nonfinite import values_are_checked
from minigan.training.steps import DiscriminatorResult, GeneratorResult
from minigan.training.trainer_like import TrainerLike

__all__ = ["GraphRounds", "why_not_recorded"]

#: Rounds by plain launches before one is recorded: in the first everything is new, in the second nothing should be.
WARM_UP = 2


def why_not_recorded(trainer: TrainerLike) -> str | None:
    """The setting of a trainer that prevents recording its rounds; None if none is known to."""
    optimizers = trainer.d_optimizer, trainer.g_optimizer
    reasons = {
        "the backend is numpy": backend.name() == "numpy",
        "the kernels are the reference ones": kernels.kind() != "fast",
        "a round has several steps of the generator": trainer.g_steps != 1,
        "a gradient penalty is asked for": trainer.options.penalty is not None,
        "the noise on the discriminator's inputs fades from step to step": trainer.options.instance_noise is not None,
        "wrong labels are as many as chance will have it": isinstance(trainer.loss, NoisyLabels),
        "an optimizer has no kernel": any(optimizer.kernel is None for optimizer in optimizers),
        "the data take too much of the device's memory": not trainer.batches.resident,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def results(d: DiscriminatorResult, g: GeneratorResult) -> tuple[DiscriminatorResult, GeneratorResult]:
    """The results of a round, as they are."""
    return d, g


class GraphRounds:
    """A trainer's rounds, by a CUDA graph where that is possible and by plain launches where it is not.

    A round here is `d_steps` steps of D and one of G, or one of both at once. The trainer counts the steps, updates the
    average of G's weights and reports the events.

    Parameters
    ----------
    trainer : Trainer
        Its networks are on the device, and `why_not_recorded` is None.
    collect : callable
        Called with D's last results and G's; returns what `run` returns: arrays, in tuples. It is recorded too.
    record : bool
        Whether to record; without, all rounds are plain launches of the same kernels.

    Attributes
    ----------
    reason : str or None
        Why rounds are not, or no longer, recorded; None if they are, or will be.

    Raises
    ------
    BackendError
        `why_not_recorded` has a reason.
    """

    def __init__(
        self,
        trainer: TrainerLike,
        collect: Callable[[DiscriminatorResult, GeneratorResult], Any] = results,
        record: bool = True,
    ) -> None:
        reason = why_not_recorded(trainer)
        if reason is not None:
            raise BackendError(f"a round cannot be recorded: {reason}")
        self.trainer, self.collect = trainer, collect
        self.reason = None if record else "it was not asked for"
        self.labels = trainer.batches.labels
        # The indices of a round's images, for each step of D.
        self.places = backend.xp().zeros((trainer.d_steps, trainer.batch_size), np.int64)
        self._begin()

    def _begin(self) -> None:
        """Nothing is recorded yet."""
        self.recorder = backend.GraphRecorder()
        self.warm, self.recorded = 0, False
        self.streams: dict[Stream, int] = {}
        self.results: Any = None
        self.memory: tuple[Array, ...] = ()

    def run(self, places: Sequence[Array]) -> Any:
        """A round on the images at these places, (batch_size,) on host or device for each of D's steps.

        Returns
        -------
        Any
            The result of `collect`, on the device.
        """
        if self.recorded and not same(self.memory, self._memory()):
            self._begin()  # an array of a network or an optimizer was replaced: the graph would write to the old one
        for place, chosen in zip(self.places, places, strict=True):
            place[...] = backend.asarray(chosen)
        if values_are_checked(self.places):
            return self._launch()
        if self.reason is None and self.warm == WARM_UP and not self.recorded:
            self._record()
        if self.recorded:
            return self._replay()
        return self._launch() if self.reason else self._warm_up()

    # The ways to run a round

    def _warm_up(self) -> Any:
        with draws_on_device() as drawn_from:
            results = self.recorder.run(self._launch)
        self.streams = dict.fromkeys(drawn_from, 0)
        self.warm += 1
        return results

    def _record(self) -> None:
        """Record a round; if that fails, keep to plain launches, and log the reason."""
        self._sync_to_device()
        iterations = {optimizer: optimizer.iterations for optimizer, _ in self._steps()}
        with draws_on_device() as drawn_from:
            try:
                self.results = self.recorder.record(lambda: self._round_to_record(drawn_from))
                self.recorded, self.memory = True, self._memory()
            except Exception as error:  # of CUDA, CuPy, or ours: whatever it is, plain launches still work
                self.reason = " ".join(f"{type(error).__name__}: {error}".split())
                self.recorder = backend.GraphRecorder()  # frees the memory of earlier rounds
                logging.getLogger("minigan").warning(f"training goes on without a CUDA graph: {self.reason}")
            finally:
                # Recording has run nothing, so the counts on the device are the old ones: Python's are set back.
                for stream, state in drawn_from.items():
                    stream.state = state
                for optimizer, count in iterations.items():
                    optimizer.iterations = count
                    optimizer.scalars.held = ()

    def _round_to_record(self, drawn_from: Mapping[Stream, Any]) -> Any:
        """What is recorded: a round, after which the streams' counters are advanced."""
        counts = [(optimizer, steps, optimizer.scalars.held[:1]) for optimizer, steps in self._steps()]
        results = self._launch()
        new_streams = drawn_from.keys() - self.streams.keys()
        if new_streams:
            raise BackendError(f"a round drew from {', '.join(map(str, new_streams))}, which no round before did")
        for optimizer, steps, count in counts:
            if not count or optimizer.scalars.held[0] != count[0] + steps:
                raise BackendError(f"a step of {optimizer} ran no kernel: its learning rate would be fixed forever")
        self.streams = {stream: stream.advance() for stream in self.streams}
        return results

    def _replay(self) -> Any:
        self._sync_to_device()
        self.recorder.replay()
        for stream, blocks in self.streams.items():
            stream.note_replay(blocks)
        gan = self.trainer.gan
        for optimizer, steps in self._steps():
            for _ in range(steps):
                optimizer.note_replay(gan.generator if optimizer is self.trainer.g_optimizer else gan.discriminator)
        return copied(self.results)  # the next replay writes to the same places

    def _sync_to_device(self) -> None:
        """Copy the numbers that a round reads from the host to the device."""
        for stream in self.streams:
            stream.sync_to_device()
        for optimizer, _ in self._steps():
            optimizer.sync_to_device()

    def _steps(self) -> list[tuple[Optimizer, int]]:
        """Both optimizers, with their steps in a round."""
        return [(self.trainer.d_optimizer, self.trainer.d_steps), (self.trainer.g_optimizer, 1)]

    def _memory(self) -> tuple[Array, ...]:
        """The arrays whose addresses the graph has recorded."""
        slots = [array for optimizer, _ in self._steps() for array in optimizer.slots.values()]
        return (self.trainer.gan.generator.flat_data, self.trainer.gan.discriminator.flat_data, *slots)

    # The round

    def _launch(self) -> Any:
        """D's steps and G's, one kernel launch after the other."""
        trainer = self.trainer
        if trainer.simultaneous:
            return self.collect(*train_both(trainer, self._batch(0)))
        for step in range(trainer.d_steps):
            batch = self._batch(step)
            # G learns from the last images alone: its moving averages are updated by no others.
            fake, caches = generate_batch(trainer, batch, update_stats=step == trainer.d_steps - 1)
            d = train_discriminator(trainer, batch, fake)
        return self.collect(d, train_generator(trainer, batch, fake, caches))

    def _batch(self, step: int) -> Batch:
        """The inputs of a step of D."""
        places = self.places[step]
        real = self.trainer.batches.images(places)
        return make_batch(self.trainer, real, None if self.labels is None else self.labels[places])


def copied(result: Any) -> Any:
    """The same with arrays of its own."""
    if isinstance(result, tuple):
        parts = map(copied, result)
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    return result.copy() if hasattr(result, "copy") else result


def same(some: tuple[Array, ...], others: tuple[Array, ...]) -> bool:
    """Whether both are the very same arrays."""
    return len(some) == len(others) and all(one is other for one, other in zip(some, others))
