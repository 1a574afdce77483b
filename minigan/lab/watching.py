"""A round that is recorded: what went into each layer and what came out, in every pass of it.

The round is an ordinary one; only its numbers are kept. Each layer is kept as it was, with a copy of its parameters, so
that everything else can be computed later, when somebody looks at it: the part of one pass in a gradient, or what the
layer gives where one number is another.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from minigan.backend import Array
from minigan.errors import ConfigError
from minigan.layers.base import Context, Layer
from minigan.losses import GANLoss, Optimum
from minigan.model.copies import frozen
from minigan.model.sequential import Sequential
from minigan.model.watching import WatchedNetwork
from minigan.optimizers import Optimizer
from minigan.training.trainer import Trainer

__all__ = ["LayerPass", "Pass", "Recording", "Update", "present", "watch"]

#: The networks by the letters of the theory.
GENERATOR, DISCRIMINATOR = "G", "D"


@dataclass(eq=False)
class LayerPass:
    """One layer in one pass.

    Attributes
    ----------
    layer : Layer
        A copy of the layer as it was, whose gradients are 0.
    x, y, cache
        What its forward took and returned.
    context : Context
        Of the forward; the stream is where it was before.
    dy, dx : array or None
        What its backward took and returned; None where no backward ran.
    param_grads : bool
        Whether the pass added to the gradients of the parameters.
    x_dot, y_dot, tangent_cache
        Of the tangent pass of a penalty.
    """

    layer: Layer
    x: Array
    context: Context
    y: Array
    cache: Any
    dy: Array | None = None
    dx: Array | None = None
    param_grads: bool = False
    x_dot: Array | None = None
    y_dot: Array | None = None
    tangent_cache: Any = None
    reverse: tuple[Array, Array] | None = None

    @cached_property
    def gradients(self) -> dict[str, Array]:
        """What this pass alone added to the gradient of each parameter; empty where it added nothing."""
        if not self.param_grads:
            return {}
        layer = frozen(self.layer)
        if self.reverse is not None:
            layer.tangent_backward(*self.reverse, self.cache, self.tangent_cache)
        elif self.dy is not None:
            layer.backward(self.dy, self.cache)
        return {name: p.grad for name, p in layer.parameters.items() if p.grad is not None}

    def in_float64(self) -> "LayerPass":
        """The same pass with the numbers as float64, computed again: for derivatives that are measured."""
        layer, x, dy = frozen(self.layer, np.float64), self.x.astype(np.float64), None
        y, cache = layer.forward(x, self.replayed)
        if self.dy is not None:
            dy = self.dy.astype(np.float64)
        dx = None if dy is None else layer.backward(dy, cache, param_grads=False)
        return LayerPass(layer, x, self.context, y, cache, dy, dx, self.param_grads)

    @property
    def replayed(self) -> Context:
        """The context for the same forward once more: it draws the same numbers, and moves no average."""
        rng = self.context.rng
        return self.context._replace(rng=None if rng is None else rng.jumped(0), update_stats=False)


class Pass(NamedTuple):
    """One pass of a batch through a network, in the order of the layers."""

    id: str
    network: str
    layers: list[LayerPass]

    @property
    def x(self) -> Array:
        return self.layers[0].x

    @property
    def y(self) -> Array:
        return self.layers[-1].y

    @property
    def dy(self) -> Array:
        """What the backward began with."""
        return present(self.layers[-1].dy)

    @property
    def dx(self) -> Array:
        """Where the backward ended: the gradient of the batch."""
        return present(self.layers[0].dx)


def present(array: Array | None) -> Array:
    """An array of a backward that ran: every pass of a whole round has one."""
    assert array is not None
    return array


class Update(NamedTuple):
    """A parameter before and after the optimizer's step, and the gradient by which it went."""

    name: str
    before: Array
    gradient: Array
    after: Array


class Recording:
    """What happened in a round, from the images of D's last step to G's first update.

    Attributes
    ----------
    round : int
        The number of G's step.
    d_steps : int
        The steps of D in it, of which the last is recorded.
    loss, options, noise, optimizers
        Those of the trainer; the optimizers under "G" and "D".
    passes : dict of str to Pass
        By id, in the order in which they began.
    losses : dict of str to number
        The losses that the steps computed: "real", "fake" and "generator".
    updates : dict of str to list of Update
        For "G" and "D".
    complete : bool
        Nothing more is recorded.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.round, self.d_steps = trainer.step + 1, trainer.d_steps
        self.loss, self.options, self.noise = trainer.loss, trainer.options, trainer.noise
        self.optimizers: dict[str, Optimizer] = {GENERATOR: trainer.g_optimizer, DISCRIMINATOR: trainer.d_optimizer}
        self.networks = {GENERATOR: trainer.gan.generator, DISCRIMINATOR: trainer.gan.discriminator}
        self.passes: dict[str, Pass] = {}
        self.losses: dict[str, Array | float] = {}
        self.updates: dict[str, list[Update]] = {}
        self.complete = False
        penalty = () if self.options.penalty is None else ("penalty",)
        #: The passes of D, from its last step to G's.
        self.order = ("d_real", "d_fake", *penalty, "d_again")

    def begin(self, network: str) -> Pass | None:
        """A pass begins. With the one of G begins a step of D, which takes the place of the step before."""
        if network == GENERATOR:
            if "d_again" in self.passes:
                self.end()  # more steps of G follow, by images of their own
            if self.complete:
                return None
            self.passes.clear()
            name = "g_forward"
        elif self.complete:
            return None
        else:
            name = self.order[len(self.passes) - 1]
        self.passes[name] = Pass(name, network, [])
        return self.passes[name]

    def end(self) -> None:
        """Keep the parameters after both updates, and the gradients that led to them."""
        if not self.complete:
            self.updates = {name: self.updates_of(name, network) for name, network in self.networks.items()}
            self.complete = True

    def updates_of(self, name: str, network: Sequential) -> list[Update]:
        """Every trained parameter, now and as it was in the first pass of the network."""
        first = next(item for item in self.passes.values() if item.network == name)
        before = {
            f"{item.layer.name}.{key}": p.data for item in first.layers for key, p in item.layer.parameters.items()
        }
        return [
            Update(key, before[key], parameter.grad.copy(), parameter.data.copy())
            for key, parameter in network.parameters().items()
            if parameter.grad is not None
        ]


class Recorder:
    """Hears of the passes of one network, and writes them into a recording."""

    def __init__(self, recording: Recording, network: str) -> None:
        self.recording, self.network = recording, network
        self.now: Pass | None = None

    def at(self, place: int, cache: Any) -> LayerPass | None:
        """The layer in the pass that made this cache; None where that pass is not recorded."""
        passes = [item for item in self.recording.passes.values() if item.network == self.network]
        return next((item.layers[place] for item in passes if item.layers[place].cache is cache), None)

    def forward(self, place: int, step: Layer, x: Array, ctx: Context, y: Array, cache: Any) -> None:
        if place == 0:
            self.now = self.recording.begin(self.network)
        if self.now is not None:
            self.now.layers.append(LayerPass(frozen(step), x, ctx, y, cache))

    def backward(self, place: int, dy: Array, cache: Any, param_grads: bool, dx: Array) -> None:
        found = self.at(place, cache)
        if found is not None:
            found.dy, found.dx, found.param_grads = dy, dx, param_grads

    def tangent(self, place: int, x_dot: Array, cache: Any, y_dot: Array, tangent_cache: Any) -> None:
        found = self.at(place, cache)
        if found is not None:
            found.x_dot, found.y_dot, found.tangent_cache = x_dot, y_dot, tangent_cache

    def tangent_backward(self, place: int, dy: Array, dy_dot: Array, cache: Any, param_grads: bool) -> None:
        found = self.at(place, cache)
        if found is not None:
            found.reverse, found.param_grads = (dy, dy_dot), param_grads


class HeardLoss:
    """A loss whose values are kept: to compute them again would draw other labels, where they are drawn."""

    def __init__(self, loss: GANLoss, recording: Recording) -> None:
        self.loss, self.recording = loss, recording

    @property
    def optimum(self) -> Optimum:
        return self.loss.optimum

    @property
    def decision_threshold(self) -> float | None:
        return self.loss.decision_threshold

    def real(self, z: Array) -> tuple[Array, Array]:
        return self.heard("real", self.loss.real(z))

    def fake(self, z: Array) -> tuple[Array, Array]:
        return self.heard("fake", self.loss.fake(z))

    def generator(self, z: Array) -> tuple[Array, Array]:
        return self.heard("generator", self.loss.generator(z))

    def heard(self, name: str, found: tuple[Array, Array]) -> tuple[Array, Array]:
        if not self.recording.complete:
            self.recording.losses[name] = found[0]
        return found


@contextmanager
def watch(trainer: Trainer) -> Iterator[Recording]:
    """Record the round that is trained inside of the block; its bits are those of any other round.

    The networks of the trainer must not be fused, so that what runs are the layers. Nothing else may run them inside of
    the block.

    Raises
    ------
    ConfigError
        The trainer updates both networks at once, which is another round than the one of the stations.
    """
    if trainer.simultaneous:
        raise ConfigError("this run updates both networks at once: a round of one step after the other can be recorded")
    gan, loss, recording = trainer.gan, trainer.loss, Recording(trainer)
    generator, discriminator = (
        WatchedNetwork(network, Recorder(recording, name)) for name, network in recording.networks.items()
    )
    trainer.gan = replace(gan, generator=generator, discriminator=discriminator)
    trainer.loss = HeardLoss(loss, recording)
    try:
        yield recording
    finally:
        trainer.gan, trainer.loss = gan, loss
    recording.end()
