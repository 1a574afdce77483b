"""Rounds in parts: a step of D, a step of G, each when a person asks for it.

D's steps and then one of G, asked for one by one, are a round of `minigan.Trainer`, bit for bit. How far a round has
come is the trainer's own state (`Trainer.round`), so that it is a part of a checkpoint; only the images that G has not
learnt from yet are kept here.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigan.backend import Array
from minigan.errors import ConfigError
from minigan.random import Stream
from minigan.training.batch_steps import Batch, generate_batch, make_batch
from minigan.training.reporting import ImmediateEvents, PublicEvent
from minigan.training.steps import DiscriminatorResult
from minigan.training.trainer import Trainer
from minigan.training.trainer_like import Round

__all__ = ["Images", "Steps"]

State = tuple[int, int, int, int]


class Images(NamedTuple):
    """Images of D's last step, which G has not learnt from yet.

    Attributes
    ----------
    batch : Batch
    fake : array
    caches : Any
        Of G's forward.
    before : tuple of int
        The state of the dropout stream before that forward, by which it can be run again.
    """

    batch: Batch
    fake: Array
    caches: Any
    before: State


class Steps:
    """Takes the steps of a trainer one by one.

    Attributes
    ----------
    images : Images or None
        Present between a step of D and the step of G after it.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.events = ImmediateEvents(trainer)
        self.images: Images | None = None

    @property
    def d_done(self) -> int:
        """Steps of D since G's last one."""
        return self.trainer.round.d_done

    def round(self, between: Callable[[], None] | None = None) -> list[PublicEvent]:
        """What is left of a round: the steps of D, then those of G; `between` is called after each step of D."""
        trainer = self.trainer
        if trainer.simultaneous:
            return self.both()
        while trainer.round.d_done < trainer.d_steps:
            self.d_step()
            if between is not None:
                between()
        return [event for _ in range(trainer.g_steps - trainer.round.g_done) for event in self.g_step()]

    def both(self) -> list[PublicEvent]:
        """A round that updates both networks at once."""
        total = self.trainer.step + 1
        self.events.start(total)
        return [public for events in self.trainer.run_round(total) for public in self.events.add(events)]

    def d_step(self) -> list[PublicEvent]:
        """One step of D, on images of its own; it is reported with G's."""
        trainer, done = self.trainer, self.trainer.round.d_done + 1
        self.check_alternating()
        if done == 1:
            trainer.before_step(trainer.step)
        batch, before = make_batch(trainer, *next(trainer.batches)), trainer.dropout_stream.state
        result, fake, caches = trainer.step_discriminator(batch, last=done >= trainer.d_steps)
        self.images = Images(batch, fake, caches, before)
        trainer.round = Round(done, judged=result)
        return []

    def g_step(self) -> list[PublicEvent]:
        """One step of G: by the images of D's last step, or by new ones where G has learnt from those."""
        trainer, start = self.trainer, time.perf_counter()
        self.check_alternating()
        if self.images is not None:
            batch, fake, caches, _ = self.images
        else:
            trainer.before_step(trainer.step)
            batch = make_batch(trainer)
            fake, caches = generate_batch(trainer, batch)
        d = trainer.round.judged or self.looked_at(batch, fake)
        g, done = trainer.step_generator(batch, fake, caches), trainer.round.g_done + 1
        trainer.round = Round(judged=d) if done >= trainer.g_steps else Round(trainer.round.d_done, done, d)
        self.images = None
        self.events.start(trainer.step + 1)
        return list(self.events.add(trainer.finish_step(d, g, trainer.step + 1, start)))

    def check_alternating(self) -> None:
        """Refuse a step of one network where both are updated at once."""
        if self.trainer.simultaneous:
            raise ConfigError("this run updates both networks at once: take whole rounds")

    def looked_at(self, batch: Batch, fake: Array) -> DiscriminatorResult:
        """What D says, and its loss, where it has not taken a step yet: on the first real examples."""
        trainer, data = self.trainer, self.trainer.data
        judge, places = trainer.gan.discriminator.logits, np.arange(len(fake)) % len(data)
        classes = data.labels[places] if trainer.gan.classes and data.labels is not None else None
        real_logits = judge.predict(data.batch(places, trainer.gan.output_range), labels=classes)
        fake_logits = judge.predict(fake, labels=batch.labels[1])
        loss = float(trainer.loss.real(real_logits)[0] + trainer.loss.fake(fake_logits)[0])
        return DiscriminatorResult(loss, real_logits, fake_logits)

    def state(self) -> tuple[Array, Any, State] | None:
        """What makes the images again: their noise, their classes, and the state of the dropout stream."""
        if self.images is None:
            return None
        batch = self.images.batch
        return batch.noise, batch.labels, self.images.before

    def restore(self, state: tuple[Array, Any, State] | None) -> None:
        """Make the images again, when the trainer is restored."""
        self.images = None
        if state is not None:
            noise, labels, before = state
            stream: Stream = self.trainer.dropout_stream
            after, stream.state = stream.state, before
            batch = Batch(None, noise, labels)
            # The first forward has moved G's averages already.
            fake, caches = generate_batch(self.trainer, batch, update_stats=False)
            stream.state = after
            self.images = Images(batch, fake, caches, before)
