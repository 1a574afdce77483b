"""Schedules: settings that change from step to step, such as a learning rate or a momentum.

A schedule is a function of the step, counted from 0. It is written as a line of text, in a TOML file or on the command
line, and ``str(schedule)`` is that line again:

=====================================  ======================================================================
``0.0004``                             always the same
``0.5 -> 0.7 over 10000``              in a straight line, over 10000 steps; constant from then on
``0.0004 -> 0 over 10000 cosine``      along half a wave of the cosine: slow, fast, slow
``0.1 -> 1e-06 dividing by 1.000004``  divided by that number after every step, down to the end value
``0.01 until 5000, 0.001``             in stairs, any number of them
=====================================  ======================================================================

A trainer sets the values before each step: ``optimizer.learning_rate = schedule(step)``.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from minigan import numbers
from minigan.errors import ConfigError

__all__ = ["Constant", "Cosine", "Exponential", "Linear", "Piecewise", "Schedule", "parse"]


class Schedule(Protocol):
    """A number for every step."""

    def __call__(self, step: int) -> float:
        """The value at a step, counted from 0."""

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value of the schedule, for checks."""


def keep_numbers(schedule: Any, *names: str) -> None:
    """Make Python's numbers of the attributes, numbers or tuples of them, and refuse what is not finite."""
    for name in names:
        keep(schedule, name, numbers.finite, "a finite number")


def keep_steps(schedule: Any, name: str) -> None:
    """The same for whole numbers."""
    keep(schedule, name, numbers.whole, "a whole number of steps")


def keep(schedule: Any, name: str, read: Callable[[Any], Any], kind: str) -> None:
    """Replace an attribute of a frozen schedule by what `read` makes of it."""
    given = getattr(schedule, name)
    values = list(given) if name in ("values", "boundaries") else [given]
    found = [read(value) for value in values]
    if None in found:
        raise ConfigError(f"expected {name} of a schedule to be {kind}, got {values[found.index(None)]!r}")
    object.__setattr__(schedule, name, tuple(found) if name in ("values", "boundaries") else found[0])


@dataclass(frozen=True)
class Constant:
    """Always the same: ``0.0004``.

    Parameters
    ----------
    value : float
    """

    value: float

    def __post_init__(self) -> None:
        keep_numbers(self, "value")

    def __call__(self, step: int) -> float:
        return self.value

    def __str__(self) -> str:
        return number(self.value)

    @property
    def bounds(self) -> tuple[float, float]:
        """The value, twice."""
        return self.value, self.value


@dataclass(frozen=True)
class Ramp:
    """The base of two schedules that go from one value to another in `steps` steps, and are constant from then on.

    Parameters
    ----------
    start, end : float
    steps : int
        The value is `start` at step 0, and `end` from step `steps` on.
    """

    start: float
    end: float
    steps: int

    def __post_init__(self) -> None:
        keep_numbers(self, "start", "end")
        keep_steps(self, "steps")
        if self.steps < 1:
            raise ConfigError(f"expected a schedule over at least 1 step, got {self.steps}")

    def __call__(self, step: int) -> float:
        if step >= self.steps:
            return self.end
        return self.start + (self.end - self.start) * self.share(step / self.steps)

    def __str__(self) -> str:
        return f"{number(self.start)} -> {number(self.end)} over {self.steps}"

    def share(self, time: float) -> float:
        """The fraction of the way after this fraction of the time."""
        raise NotImplementedError

    @property
    def bounds(self) -> tuple[float, float]:
        """Both ends, in order: all other values are between them."""
        return min(self.start, self.end), max(self.start, self.end)


class Linear(Ramp):
    """A straight line: ``0.5 -> 0.7 over 10000``.

    With t steps done of T, ``start + (end - start) * t / T``.

    Notes
    -----
    The momentum of the GAN paper's networks rises like this (Goodfellow et al., arXiv:1406.2661; in their code from 0.5
    to 0.7 in 250 passes over 50,000 digits in batches of 100, which are 125,000 steps).
    """

    def share(self, time: float) -> float:
        return time


class Cosine(Ramp):
    """Half a wave of the cosine: ``0.0004 -> 0 over 10000 cosine``.

    With t steps done of T, ``start + (end - start) * (1 - cos(pi t / T)) / 2``.

    Notes
    -----
    Loshchilov and Hutter, arXiv:1608.03983, equation 5, without their restarts.
    """

    def __str__(self) -> str:
        return super().__str__() + " cosine"

    def share(self, time: float) -> float:
        return (1 - math.cos(math.pi * time)) / 2


@dataclass(frozen=True)
class Exponential:
    """Divided by the same number after every step: ``0.1 -> 1e-06 dividing by 1.000004``.

    ``max(end, start / factor^step)``.

    Parameters
    ----------
    start : float
    end : float
        The floor: at least 0, and less than `start`.
    factor : float
        More than 1.

    Notes
    -----
    The learning rate of the GAN paper's networks falls like this, with the numbers above (Goodfellow et al.,
    arXiv:1406.2661; the numbers are in their published code).
    """

    start: float
    end: float
    factor: float

    def __post_init__(self) -> None:
        keep_numbers(self, "start", "end", "factor")
        if not self.factor > 1:
            raise ConfigError(f"expected a schedule that divides by more than 1, got {number(self.factor)}")
        if not 0 <= self.end < self.start:
            raise ConfigError(
                f"expected a schedule that divides to end at 0 or more, and below its start of {number(self.start)}, "
                f"got {number(self.end)}"
            )

    def __call__(self, step: int) -> float:
        # A negative power becomes 0 where a positive one would overflow.
        return max(self.end, self.start * self.factor**-step)

    def __str__(self) -> str:
        return f"{number(self.start)} -> {number(self.end)} dividing by {number(self.factor)}"

    @property
    def bounds(self) -> tuple[float, float]:
        """The floor and the start."""
        return self.end, self.start


@dataclass(frozen=True)
class Piecewise:
    """Stairs: ``0.01 until 5000, 0.001 until 8000, 0.0001``.

    Parameters
    ----------
    values : tuple of float
    boundaries : tuple of int
        One less than values, rising: ``values[i]`` holds up to, but not including, step ``boundaries[i]``.
    """

    values: tuple[float, ...]
    boundaries: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.values) != len(self.boundaries) + 1:
            raise ConfigError(
                f"expected one value more than boundaries, got {len(self.values)} and {len(self.boundaries)}"
            )
        keep_numbers(self, "values")
        keep_steps(self, "boundaries")
        if any(later <= earlier for earlier, later in zip((0, *self.boundaries), self.boundaries)):
            raise ConfigError(
                f"expected a schedule whose stairs end at rising steps, got {', '.join(map(str, self.boundaries))}"
            )

    def __call__(self, step: int) -> float:
        return self.values[sum(step >= boundary for boundary in self.boundaries)]

    def __str__(self) -> str:
        stairs = [f"{number(value)} until {boundary}" for value, boundary in zip(self.values, self.boundaries)]
        return ", ".join([*stairs, number(self.values[-1])])

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest stair and the highest."""
        return min(self.values), max(self.values)


def parse(text: str | float) -> Schedule:
    """The schedule that a line of text describes; a number is a constant.

    Parameters
    ----------
    text : str or float
        One of the forms at the top of `minigan.training.schedules`.

    Raises
    ------
    ConfigError
        It is none of them, or its numbers make no schedule.

    Examples
    --------
    >>> momentum = parse("0.5 -> 0.7 over 10000")
    >>> momentum(0), momentum(5000), momentum(20000)
    (0.5, 0.6, 0.7)
    >>> print(momentum)
    0.5 -> 0.7 over 10000
    >>> parse("0.1 -> 0.02 dividing by 2")(1)
    0.05
    >>> parse("0.01 until 5000, 0.001")(5000)
    0.001
    """
    words = re.sub(r"(->|,)", r" \1 ", str(text)).split()
    match words:
        case [value]:
            return Constant(read_number(value, text))
        case [start, "->", end, "over", steps]:
            return Linear(read_number(start, text), read_number(end, text), read_step(steps, text))
        case [start, "->", end, "over", steps, "cosine"]:
            return Cosine(read_number(start, text), read_number(end, text), read_step(steps, text))
        case [start, "->", end, "dividing", "by", factor]:
            return Exponential(read_number(start, text), read_number(end, text), read_number(factor, text))
        case [_, "until", *_]:
            return read_stairs(words, text)
    raise not_a_schedule(text)


def read_stairs(words: list[str], text: str | float) -> Piecewise:
    """``a until s , b until t , c``: four words a stair, and one value at the end."""
    *stairs, last = [words[i : i + 4] for i in range(0, len(words), 4)]
    if len(last) != 1 or any(stair[1::2] != ["until", ","] for stair in stairs):
        raise not_a_schedule(text)
    values = tuple(read_number(stair[0], text) for stair in [*stairs, last])
    return Piecewise(values, tuple(read_step(stair[2], text) for stair in stairs))


def read_number(word: str, text: str | float) -> float:
    """A finite number, such as 0.1 or 1e-6."""
    try:
        value = float(word)
    except ValueError:
        raise not_a_schedule(text, word, "a number") from None
    if not math.isfinite(value):
        raise not_a_schedule(text, word, "a finite number")
    return value


def read_step(word: str, text: str | float) -> int:
    """A whole number of steps."""
    if not re.fullmatch("[0-9]+", word):
        raise not_a_schedule(text, word, "a whole number of steps")
    return int(word)


def not_a_schedule(text: str | float, word: str = "", kind: str = "") -> ConfigError:
    """The error that lists the forms of a schedule; with the wrong `word` and the `kind` it should be, if one is."""
    reason = f": {word!r} is not {kind}" if word else ""
    return ConfigError(
        "expected a schedule such as 0.1, '0.5 -> 0.7 over 10000', '0.1 -> 0 over 10000 cosine', "
        f"'0.1 -> 1e-06 dividing by 1.000004' or '0.01 until 5000, 0.001', got {text!r}{reason}"
    )


def number(value: float) -> str:
    """The shortest text that is read as the same number again."""
    return repr(float(value)).removesuffix(".0")
