"""Rounds of training as one CUDA graph: a step of D and one of G, recorded once and then repeated by one launch.

A round of a small GAN is some hundred short kernels, and Python takes longer to ask for each than the GPU to run it. A
CUDA graph is the list of these launches with all their arguments, which the GPU goes through by itself. The arguments
stay as they were: addresses, and numbers by their values. So whatever changes from round to round has to lie in device
memory, where it is written anew before a replay or moved on by the kernels themselves:

- the places of the images in the data, by which a recorded step gathers its batch on the device;
- the optimizers' step numbers, learning rates and momenta (`minigan.optimizers.Optimizer.sync_to_device`);
- the counters of the random streams, which the round's last kernels move on (`minigan.random.Stream.advance`).

The first rounds are run by plain launches: they compile the kernels and find the memory. Then a round is recorded,
which runs nothing, and replayed from there on. The results are those of plain launches, for the same kernels run on the
same numbers. Where a round cannot be recorded it stays with plain launches, and minigan's log says why.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan import backend, kernels
from minigan.backend import Array
from minigan.errors import BackendError
from minigan.losses import NoisyLabels
from minigan.optimizers import Optimizer
from minigan.random import Stream, draws_on_device
from minigan.training.batch_steps import Batch, batch_of, paint, train_both, train_discriminator, train_generator
from minigan.training.steps import DiscriminatorResult, GeneratorResult, looks_at

if TYPE_CHECKING:
    from minigan.training.trainer import Trainer

__all__ = ["CapturedRounds", "why_not"]

#: Rounds by plain launches before one is recorded: in the first everything is new, in the second nothing should be.
WARM_UP = 2


def why_not(trainer: "Trainer") -> str | None:
    """What of a trainer's settings keeps its rounds from being recorded; None where nothing is known to."""
    optimizers = trainer.d_optimizer, trainer.g_optimizer
    reasons = {
        "the backend is numpy": backend.name() == "numpy",
        "the kernels are the reference ones": kernels.kind() != "fast",
        "a round has several steps of the generator": trainer.g_steps != 1,
        "a gradient penalty is asked for": trainer.rules.penalty is not None,
        "the noise on the discriminator's inputs fades from step to step": trainer.rules.blur is not None,
        "wrong labels are as many as chance will have it": isinstance(trainer.loss, NoisyLabels),
        "an optimizer has no kernel": any(optimizer.kernel is None for optimizer in optimizers),
        "the data take too much of the device's memory": not trainer.batches.resident,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def both(d: DiscriminatorResult, g: GeneratorResult) -> tuple[DiscriminatorResult, GeneratorResult]:
    """The results of a round, as they are."""
    return d, g


class CapturedRounds:
    """A trainer's rounds, by a CUDA graph where that is possible and by plain launches where it is not.

    A round here is `d_steps` steps of D and one of G, or one of both at once. The trainer keeps what is told of it: its
    steps, its averages and its events.

    Parameters
    ----------
    trainer : Trainer
        Its networks lie on the device; `why_not` has no objection.
    told : callable
        What to tell of a round, by D's last results and G's: arrays, in tuples. It becomes a part of the graph.
    capture : bool
        Whether to record; without, all rounds are plain launches of the same kernels.

    Attributes
    ----------
    reason : str or None
        Why rounds are not recorded (any more); None where they are, or will be.

    Raises
    ------
    BackendError
        `why_not` has an objection.
    """

    def __init__(
        self,
        trainer: "Trainer",
        told: Callable[[DiscriminatorResult, GeneratorResult], Any] = both,
        capture: bool = True,
    ) -> None:
        reason = why_not(trainer)
        if reason is not None:
            raise BackendError(f"a round cannot be recorded: {reason}")
        self.trainer, self.told = trainer, told
        self.reason = None if capture else "it was not asked for"
        self.data, self.labels = trainer.batches.data, trainer.batches.labels
        # Where the places of a round's images are written, for each step of D.
        self.places = backend.xp().zeros((trainer.d_steps, trainer.batch_size), np.int64)
        self._begin()

    def _begin(self) -> None:
        """Nothing is recorded yet."""
        self.recorder = backend.GraphRecorder()
        self.warm, self.captured = 0, False
        self.streams: dict[Stream, int] = {}
        self.results: Any = None
        self.memory: tuple[Array, ...] = ()

    def run(self, places: Sequence[Array]) -> Any:
        """A round on the images at these places, (batch_size,) on host or device for each of D's steps.

        Returns
        -------
        Any
            What `told` told of it. Nothing of it is read: it lies on the device.
        """
        if self.captured and not same(self.memory, self._memory()):
            self._begin()  # a network or what an optimizer remembers has moved: the graph would write to its old place
        for place, chosen in zip(self.places, places, strict=True):
            place[...] = backend.asarray(chosen)
        if looks_at(self.places):
            return self._play()
        if self.reason is None and self.warm == WARM_UP and not self.captured:
            self._record()
        if self.captured:
            return self._replay()
        return self._play() if self.reason else self._warm_up()

    # The ways to run a round

    def _warm_up(self) -> Any:
        with draws_on_device() as drawn_from:
            results = self.recorder.run(self._play)
        self.streams = dict.fromkeys(drawn_from, 0)
        self.warm += 1
        return results

    def _record(self) -> None:
        """Record a round; where that fails, stay with plain launches, and say so."""
        self._settle()
        iterations = {optimizer: optimizer.iterations for optimizer, _ in self._steps()}
        with draws_on_device() as drawn_from:
            try:
                self.results = self.recorder.record(lambda: self._recorded(drawn_from))
                self.captured, self.memory = True, self._memory()
            except Exception as error:  # of CUDA, CuPy, or ours: whatever it is, plain launches can do without
                self.reason = " ".join(f"{type(error).__name__}: {error}".split())
                self.recorder = backend.GraphRecorder()  # lets the memory of the rounds before go
                logging.getLogger("minigan").warning(f"training goes on without a CUDA graph: {self.reason}")
            finally:
                # Recording has run nothing: what Python has counted is not so, and the device has the old counts.
                for stream, state in drawn_from.items():
                    stream.state = state
                for optimizer, count in iterations.items():
                    optimizer.iterations = count
                    optimizer.device_scalars.held = ()

    def _recorded(self, drawn_from: Mapping[Stream, Any]) -> Any:
        """The work of a graph: a round, after which the streams' counters move on."""
        counts = [(optimizer, steps, optimizer.device_scalars.held[:1]) for optimizer, steps in self._steps()]
        results = self._play()
        strangers = drawn_from.keys() - self.streams.keys()
        if strangers:
            raise BackendError(f"rounds before drew nothing from {', '.join(map(str, strangers))}, and this one does")
        for optimizer, steps, count in counts:
            if not count or optimizer.device_scalars.held[0] != count[0] + steps:
                raise BackendError(f"a step of {optimizer} was no kernel: its learning rate would be fixed forever")
        self.streams = {stream: stream.advance() for stream in self.streams}
        return results

    def _replay(self) -> Any:
        self._settle()
        self.recorder.replay()
        for stream, blocks in self.streams.items():
            stream.replayed(blocks)
        gan = self.trainer.gan
        for optimizer, steps in self._steps():
            for _ in range(steps):
                optimizer.note_replay(gan.generator if optimizer is self.trainer.g_optimizer else gan.discriminator)
        return copied(self.results)  # the next replay writes to the same places

    def _settle(self) -> None:
        """Bring the numbers on the device that a round reads to what they are on the host."""
        for stream in self.streams:
            stream.settle()
        for optimizer, _ in self._steps():
            optimizer.sync_to_device()

    def _steps(self) -> list[tuple[Optimizer, int]]:
        """Both optimizers, with their steps in a round."""
        return [(self.trainer.d_optimizer, self.trainer.d_steps), (self.trainer.g_optimizer, 1)]

    def _memory(self) -> tuple[Array, ...]:
        """What a graph knows by its address."""
        slots = [array for optimizer, _ in self._steps() for array in optimizer.slots.values()]
        return (self.trainer.gan.generator.flat_data, self.trainer.gan.discriminator.flat_data, *slots)

    # What a round is

    def _play(self) -> Any:
        """D's steps and G's, by whatever launches them."""
        trainer = self.trainer
        if trainer.simultaneous:
            return self.told(*train_both(trainer, self._batch(0)))
        for step in range(trainer.d_steps):
            batch = self._batch(step)
            # G learns from the last images alone: no others count in its averages.
            fake, caches = paint(trainer, batch, update_stats=step == trainer.d_steps - 1)
            d = train_discriminator(trainer, batch, fake)
        return self.told(d, train_generator(trainer, batch, fake, caches))

    def _batch(self, step: int) -> Batch:
        """What a step of D needs."""
        places = self.places[step]
        real = self.data.batch(places, self.trainer.gan.output_range)
        return batch_of(self.trainer, real, None if self.labels is None else self.labels[places])


def copied(result: Any) -> Any:
    """The same with arrays of its own."""
    if isinstance(result, tuple):
        parts = map(copied, result)
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    return result.copy() if hasattr(result, "copy") else result


def same(some: tuple[Array, ...], others: tuple[Array, ...]) -> bool:
    """Whether both are the very same arrays."""
    return len(some) == len(others) and all(one is other for one, other in zip(some, others))
