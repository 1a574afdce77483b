"""The numbers of all rounds, for curves, in bounded memory.

A table that has become too long keeps every second row, and from then on takes only every second step, then every
fourth, and so on. Which rows there are depends on the steps alone, and on how many there were at most.
"""

from collections.abc import Iterator, Mapping
from typing import Generic, NamedTuple, TypeVar

from minigan.training.events import LayerGradients, Notice, StepEnd

__all__ = ["MOST_NOTICES", "MOST_ROWS", "History", "Quality", "Rows"]

#: The most rows of a table, and the most notices.
MOST_ROWS, MOST_NOTICES = 2_000, 100

Value = TypeVar("Value")


class Rows(Generic[Value]):
    """Rows of increasing steps, thinned out.

    Attributes
    ----------
    steps : list of int
    values : list
        One for each of the steps.
    stride : int
        Steps that are no multiples of it have no row, but for the last one.
    """

    def __init__(self, most: int = MOST_ROWS) -> None:
        self.most, self.stride = most, 1
        self.steps: list[int] = []
        self.values: list[Value] = []

    def __len__(self) -> int:
        return len(self.steps)

    def add(self, step: int, value: Value) -> None:
        """Add a row; it takes the place of the last one if that is only there because it was the last."""
        if self.steps and (self.steps[-1] % self.stride or self.steps[-1] == step):
            self.steps.pop()
            self.values.pop()
        self.steps.append(step)
        self.values.append(value)
        if len(self.steps) > self.most:
            self.stride *= 2
            self.keep([at for at, row in enumerate(self.steps) if not row % self.stride or row == step])

    def cut(self, step: int) -> None:
        """Forget the rows after a step."""
        self.keep([at for at, row in enumerate(self.steps) if row <= step])

    def keep(self, places: list[int]) -> None:
        """Keep these rows only."""
        self.steps, self.values = [self.steps[at] for at in places], [self.values[at] for at in places]


class Numbers(NamedTuple):
    """The numbers of a step of G."""

    end: StepEnd
    norms: Mapping[str, float]


class Quality(NamedTuple):
    """How good the points are after a step of G.

    Attributes
    ----------
    step : int
    kl, js : float
        Divergences of the points from the data.
    modes, good : float
        Modes that were found, and the share of good points; NaN where the data have no known modes.
    """

    step: int
    kl: float
    js: float
    modes: float
    good: float


class History:
    """What was measured so far. As a sequence it is the `StepEnd` events.

    Attributes
    ----------
    rounds : Rows of Numbers
        The numbers of G's steps.
    quality : Rows of Quality
        How good the points are, at some of the steps.
    notices : list of Notice
        What the monitor said.
    """

    def __init__(self) -> None:
        self.rounds = Rows[Numbers]()
        self.quality = Rows[Quality]()
        self.notices: list[Notice] = []

    def __len__(self) -> int:
        return len(self.rounds)

    def __iter__(self) -> Iterator[StepEnd]:
        return (numbers.end for numbers in self.rounds.values)

    def __getitem__(self, place: int) -> StepEnd:
        return self.rounds.values[place].end

    @property
    def last(self) -> tuple[StepEnd | None, LayerGradients | None]:
        """The numbers of the last step of G; nothing before the first."""
        if not len(self.rounds):
            return None, None
        end, norms = self.rounds.values[-1]
        return end, LayerGradients(end.step, norms)

    def add(self, end: StepEnd, norms: Mapping[str, float]) -> None:
        """Add the numbers of a step of G."""
        self.rounds.add(end.step, Numbers(end, norms))

    def notice(self, notice: Notice) -> None:
        """Add a notice; the oldest ones are forgotten."""
        self.notices = [*self.notices, notice][-MOST_NOTICES:]

    def cut(self, step: int, last: tuple[StepEnd | None, LayerGradients | None]) -> None:
        """Forget what came after a step of G, whose own numbers are `last`."""
        for rows in (self.rounds, self.quality):
            rows.cut(step)
        self.notices = [notice for notice in self.notices if notice.step <= step]
        end, gradients = last
        if end is not None and gradients is not None:
            self.add(end, gradients.norms)
