"""Optimizers: they update weights by gradients.

An optimizer works on the flat buffers of a network: one vector of all trainable values, one of all gradients. Its own
state, the slots, are vectors of the same length, allocated at the first step; later steps allocate nothing.
"""

from inspect import signature
from typing import Any

import numpy as np

from minigan import backend, edits, kernels, numbers
from minigan.backend import Array
from minigan.errors import ConfigError, ShapeError
from minigan.model.sequential import Sequential

__all__ = ["OPTIMIZERS", "SGD", "Adam", "Momentum", "Optimizer", "RMSprop", "get"]


class Optimizer:
    """The base of all optimizers; a subclass defines `update`.

    Parameters
    ----------
    learning_rate : float
        The size of a step; it can be changed between steps.
    """

    #: Names of the vectors that the optimizer keeps from step to step.
    slot_names: tuple[str, ...] = ()

    #: The attribute that acts as momentum, if there is one.
    momentum_name: str | None = None

    #: The kernel on a GPU and the compiled loop that do the same as `update`, by name; a subclass that overrides
    #: `update` has none.
    kernel: str | None = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "update" in vars(cls) and "kernel" not in vars(cls):
            cls.kernel = None

    def __init__(self, learning_rate: float) -> None:
        rate = numbers.finite(learning_rate)
        if rate is None or rate <= 0:
            raise ConfigError(f"expected learning_rate to be more than 0 and finite, got {learning_rate!r}")
        self.learning_rate = rate
        self.iterations = 0
        self.slots: dict[str, Array] = {}
        self.size: int | None = None
        if edits.edited_behind(__name__):
            self.kernel = None  # `update` runs as it is written
        self.scalars = kernels.DeviceScalars(self.kernel)

    def __repr__(self) -> str:
        names = [name for name in signature(type(self)).parameters if hasattr(self, name)]
        settings = ", ".join(f"{name}={getattr(self, name)!r}" for name in [*names, "iterations"])
        return f"{type(self).__name__}({settings})"

    def set_momentum(self, momentum: float) -> None:
        """Change the momentum.

        Raises
        ------
        ConfigError
            The optimizer has no momentum, or the momentum is not from 0 to below 1.
        """
        if self.momentum_name is None:
            raise ConfigError(f"{type(self).__name__} has no momentum that could be set to {momentum!r}")
        setattr(self, self.momentum_name, fraction(self.momentum_name, momentum))

    def to(self, name: str) -> "Optimizer":
        """Copy the slots to another backend, "numpy" or "cupy", and return the optimizer."""
        self.slots = {slot: backend.to(values, name) for slot, values in self.slots.items()}
        return self

    def step(self, network: Sequential) -> None:
        """Update the network's trainable values by their gradients; caches made before are stale afterwards.

        Raises
        ------
        ShapeError
            The optimizer's first step was on a network of another size.
        """
        w, g = network.flat_data, network.flat_grad
        for slot in self.slots.values():
            backend.check_same(type(self).__name__, backend.array_module(w).__name__, slots=slot)
        self.size = self.size or w.size
        if self.size != w.size:
            raise ShapeError(
                f"{type(self).__name__}: expected the network of {self.size:,} trainable values it began with, "
                f"got {network.name} of {w.size:,}"
            )
        if not self.slots:
            self.slots = {name: backend.array_module(w).zeros_like(w) for name in self.slot_names}
        numbers = self.numbers()
        self.iterations += 1
        # Entries do not depend on each other, so the vectors can be updated piece by piece.
        kernels.update_in_place(
            w, g, *self.slots.values(), rule=self._update_piece, scalars=self.scalars, numbers=numbers
        )
        network.mark_updated()

    def numbers(self) -> tuple[float, ...]:
        """The scalars of the next step for its kernel: step number, learning rate, momentum, and `constants`."""
        momentum = 0.0 if self.momentum_name is None else getattr(self, self.momentum_name)
        return (self.iterations + 1, self.learning_rate, momentum, *self.constants())

    def constants(self) -> tuple[float, ...]:
        """The other settings of the optimizer, in the order in which its kernel expects them."""
        return ()

    def sync_to_device(self) -> None:
        """Copy changed scalars to the device: before a step is recorded as a graph, and before each replay."""
        if self.scalars.array is not None:
            self.scalars.sync(self.numbers(), self.scalars.array)

    def note_replay(self, network: Sequential) -> None:
        """Count a step of this network that the device has replayed from a graph."""
        self.iterations += 1
        self.scalars.counted()
        network.mark_updated()

    def _update_piece(self, w: Array, g: Array, *slots: Array, scratch: Array) -> None:
        self.update(w, g, {**dict(zip(self.slots, slots)), "scratch": scratch})

    def update(self, w: Array, g: Array, slots: dict[str, Array]) -> None:
        """Update the values `w` and the slots in place by the gradients `g`, which are not changed.

        Each entry must be updated by its own values only, since these arrays are parts of the whole vectors.
        ``slots["scratch"]`` is one more array of any values, free to use.
        """
        raise NotImplementedError


class SGD(Optimizer):
    """Plain gradient descent, ``w <- w - learning_rate * g``."""

    kernel = "sgd"

    def __init__(self, learning_rate: float = 0.01) -> None:
        super().__init__(learning_rate)

    def update(self, w: Array, g: Array, slots: dict[str, Array]) -> None:
        scratch = slots["scratch"]
        np.multiply(g, self.learning_rate, out=scratch)
        w -= scratch


class Momentum(Optimizer):
    """Gradient descent with momentum, ``v <- momentum * v - learning_rate * g``, ``w <- w + v``.

    The velocity v is a running sum of steps: directions in which they agree add up, the others cancel.

    Parameters
    ----------
    learning_rate, momentum : float

    Notes
    -----
    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; in the form of Keras.
    """

    slot_names = ("velocity",)
    momentum_name = "momentum"
    kernel = "momentum"

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(learning_rate)
        self.momentum = fraction("momentum", momentum)

    def update(self, w: Array, g: Array, slots: dict[str, Array]) -> None:
        v, scratch = slots["velocity"], slots["scratch"]
        np.multiply(g, self.learning_rate, out=scratch)
        v *= self.momentum
        v -= scratch
        w += v


class RMSprop(Optimizer):
    """Steps divided by the recent size of the gradient, entry by entry.

    ``s <- rho * s + (1 - rho) * g^2``, ``w <- w - learning_rate * g / sqrt(s + epsilon)``.

    Parameters
    ----------
    learning_rate, rho : float
    epsilon : float
        Under the root, as in Keras.

    Notes
    -----
    Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5, 2012.
    """

    slot_names = ("square",)
    kernel = "rmsprop"

    def __init__(self, learning_rate: float = 0.001, rho: float = 0.9, epsilon: float = 1e-7) -> None:
        super().__init__(learning_rate)
        self.rho, self.epsilon = fraction("rho", rho), small_number(epsilon)

    def constants(self) -> tuple[float, ...]:
        return self.rho, self.epsilon

    def update(self, w: Array, g: Array, slots: dict[str, Array]) -> None:
        s, scratch = slots["square"], slots["scratch"]
        move_towards_square(s, g, 1 - self.rho, scratch)
        np.add(s, self.epsilon, out=scratch)
        np.sqrt(scratch, out=scratch)
        np.divide(g, scratch, out=scratch)
        scratch *= self.learning_rate
        w -= scratch


class Adam(Optimizer):
    """Momentum and RMSprop combined, with a correction of their start at zero.

    In step t,

    ``m <- beta_1 * m + (1 - beta_1) * g``,  ``v <- beta_2 * v + (1 - beta_2) * g^2``,

    ``alpha_t = learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t)``,  ``w <- w - alpha_t * m / (sqrt(v) + epsilon)``.

    Parameters
    ----------
    learning_rate, beta_1, beta_2 : float
        DCGANs use 0.0002 and beta_1 = 0.5 (arXiv:1511.06434, section 4).
    epsilon : float
        Added to the root, after the correction: the paper's epsilon-hat, as in Keras; PyTorch has the
        paper's epsilon.

    Notes
    -----
    Kingma and Ba, arXiv:1412.6980, algorithm 1 and the end of section 2.
    """

    slot_names = ("mean", "square")
    momentum_name = "beta_1"
    kernel = "adam"

    def __init__(
        self, learning_rate: float = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7
    ) -> None:
        super().__init__(learning_rate)
        first, second = numbers.finite(beta_1), numbers.finite(beta_2)
        if first is None or second is None or not (0 <= first < 1 and 0 <= second < 1):
            raise ConfigError(
                f"expected beta_1 and beta_2 to be at least 0 and less than 1, got {beta_1!r} and {beta_2!r}"
            )
        self.beta_1, self.beta_2, self.epsilon = first, second, small_number(epsilon)

    def constants(self) -> tuple[float, ...]:
        return self.beta_2, self.epsilon

    def update(self, w: Array, g: Array, slots: dict[str, Array]) -> None:
        m, v, scratch = slots["mean"], slots["square"], slots["scratch"]
        np.subtract(g, m, out=scratch)
        scratch *= 1 - self.beta_1
        m += scratch
        move_towards_square(v, g, 1 - self.beta_2, scratch)
        t = self.iterations
        alpha = self.learning_rate * (1 - self.beta_2**t) ** 0.5 / (1 - self.beta_1**t)
        np.sqrt(v, out=scratch)
        scratch += self.epsilon
        np.divide(m, scratch, out=scratch)
        scratch *= alpha
        w -= scratch


def fraction(name: str, value: Any) -> float:
    """`value` as a number from 0 to below 1."""
    found = numbers.finite(value)
    if found is None or not 0 <= found < 1:
        raise ConfigError(f"expected {name} to be at least 0 and less than 1, got {value!r}")
    return found


def small_number(epsilon: Any) -> float:
    """`epsilon` as a number of at least 0."""
    found = numbers.finite(epsilon)
    if found is None or found < 0:
        raise ConfigError(f"expected epsilon to be at least 0 and finite, got {epsilon!r}")
    return found


def move_towards_square(average: Array, g: Array, weight: float, scratch: Array) -> None:
    """``average <- average + weight * (g^2 - average)``, in place."""
    np.multiply(g, g, out=scratch)
    scratch -= average
    scratch *= weight
    average += scratch


#: The optimizers by name.
OPTIMIZERS: dict[str, type[Optimizer]] = {"adam": Adam, "momentum": Momentum, "rmsprop": RMSprop, "sgd": SGD}


def get(name: str, **arguments: Any) -> Optimizer:
    """A new optimizer of that name."""
    if name not in OPTIMIZERS:
        raise ConfigError(f"unknown optimizer {name!r}: expected one of {', '.join(OPTIMIZERS)}")
    return OPTIMIZERS[name](**arguments)
