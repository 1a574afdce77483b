"""What a setting accepts: kinds of values, each in words, as a test, and as it is written to a file."""

import sys
from dataclasses import dataclass
from typing import Any

from minigan.numbers import image_size, number, size_text
from minigan.runs.checkpoint_interval import CheckpointInterval
from minigan.training import schedules

__all__ = [
    "AMOUNT",
    "COUNT",
    "COUNTS",
    "INTEGER",
    "INTERVAL",
    "MOMENTUM",
    "POSITIVE",
    "RANGE",
    "RATE",
    "SHARE",
    "SIZE",
    "SWITCH",
    "TEXT",
    "TEXTS",
    "Kind",
]


@dataclass(frozen=True)
class Kind:
    """The values that a setting accepts, in words and as a test."""

    words: str
    types: tuple[type, ...]
    low: float = -sys.float_info.max  # a whole number may be larger than any float
    below: float = sys.float_info.max
    length: int | None = None
    above: bool = False
    metavar: str | None = None

    def plain(self, value: Any) -> Any:
        """`value` with Python's own numbers in place of NumPy's."""
        if isinstance(value, tuple) and self.length is not None:
            return tuple(map(self._plain, value))
        return self._plain(value)

    def _plain(self, item: Any) -> Any:
        found = number(item) if int in self.types else None
        # A whole number stays one where only these are accepted, and 2.0 is none: the check refuses it.
        return item if found is None or (isinstance(found, float) and float not in self.types) else found

    def written(self, value: Any) -> Any:
        """`value` as the file of settings has it."""
        return list(value) if isinstance(value, tuple) else value

    def accepts(self, value: Any) -> bool:
        """Whether `value` is one of the kind."""
        if self.length is not None:
            items = value if isinstance(value, tuple) else ()
            return bool(items) and len(items) == (self.length or len(items)) and all(map(self._accepts, items))
        return self._accepts(value)

    def _accepts(self, item: Any) -> bool:
        if isinstance(item, bool):
            return bool in self.types
        if not isinstance(item, self.types):
            return False
        if isinstance(item, int | float):
            return (item > self.low if self.above else item >= self.low) and item < self.below
        return True


@dataclass(frozen=True)
class ScheduledKind(Kind):
    """A number, or a schedule (`minigan.training.schedules`) of such numbers, which may also reach the lower bound."""

    def _accepts(self, item: Any) -> bool:
        if not isinstance(item, str):
            return super()._accepts(item)
        low, high = schedules.parse(item).bounds
        return low >= self.low and super()._accepts(high)


@dataclass(frozen=True)
class IntervalKind(Kind):
    """A number of steps, or a text for minutes (`minigan.runs.checkpoint_interval`)."""

    def _accepts(self, item: Any) -> bool:
        if isinstance(item, str):
            CheckpointInterval(item)
            return True
        return super()._accepts(item)


@dataclass(frozen=True)
class SizeKind(Kind):
    """The size of an image: a whole number for a square, else a pair (height, width), which is written as 28x56."""

    def plain(self, value: Any) -> Any:
        size = image_size(value)
        if size is None:
            return value
        return size[0] if size[0] == size[1] else size

    def written(self, value: Any) -> Any:
        return size_text(*value) if isinstance(value, tuple) else value

    def accepts(self, value: Any) -> bool:
        sides = value if isinstance(value, tuple) else (value,)
        return len(sides) <= 2 and all(map(self._accepts, sides))


TEXT = Kind("text", (str,))
TEXTS = Kind("texts", (str,), length=0, metavar="TEXT,...")
INTEGER = Kind("a whole number", (int,))
COUNT = Kind("a whole number from 1 to 2147483647", (int,), 1, below=2**31)
COUNTS = Kind("whole numbers from 1 to 2147483647", (int,), 1, below=2**31, length=0)
SIZE = SizeKind("HEIGHTxWIDTH, such as 28x56, or a whole number", (int,), 1, below=2**31, metavar="N|HxW")
POSITIVE = Kind("a number above 0", (int, float), 0, above=True)
SHARE = Kind("a number of at least 0 and less than 1", (int, float), 0, below=1)
RATE = ScheduledKind("a number above 0", (str, int, float), 0, above=True)
MOMENTUM = ScheduledKind("a number of at least 0 and less than 1", (str, int, float), 0, below=1)
AMOUNT = Kind("a number of at least 0", (int, float), 0)
INTERVAL = IntervalKind("a whole number from 1 to 2147483647, or minutes such as 10min", (str, int), 1, below=2**31)
SWITCH = Kind("true or false", (bool,))
RANGE = Kind("two numbers", (int, float), length=2)
