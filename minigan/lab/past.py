"""The way back: what was done since the start, and snapshots of the whole state, fewer of older ones.

A seed gives one run, so a place that has no snapshot of its own is reached from an earlier one by taking the same steps
again, which is exact. The place of a state is the number of actions that were done before it.

Memory is bounded. There are at most `MOST_SNAPSHOTS` snapshots, and fewer if their arrays would take more than
`MOST_BYTES`. When there are too many, the one goes whose loss hurts least: the gap that it leaves is the smallest in
proportion to its age. So gaps grow with age: the last places have all their snapshots, and those of long ago few. The
first snapshot and the last always stay.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

from minigan.lab.setup import SetUp
from minigan.training.checkpoint.file import Checkpoint
from minigan.training.events import LayerGradients, StepEnd

__all__ = ["MOST_BYTES", "MOST_SNAPSHOTS", "Action", "Actions", "Past", "Snapshot"]

#: The most snapshots, and the most bytes of their arrays; two snapshots are always kept.
MOST_SNAPSHOTS, MOST_BYTES = 64, 256 * 2**20


class Action(NamedTuple):
    """What was done: "round", "look", "d_step" or "g_step", or "change" with the set-up after it."""

    kind: str
    setup: SetUp


class Actions:
    """Actions in order; equal ones in a row take no more memory than one of them."""

    def __init__(self) -> None:
        self.runs: list[Action] = []
        #: The place after each run.
        self.ends: list[int] = []

    def __len__(self) -> int:
        return self.ends[-1] if self.ends else 0

    def append(self, action: Action) -> None:
        """Add one at the end."""
        end = len(self) + 1
        if self.runs and self.runs[-1].kind == action.kind and self.runs[-1].setup is action.setup:
            self.ends[-1] = end
        else:
            self.runs.append(action)
            self.ends.append(end)

    def between(self, start: int, stop: int) -> Iterator[Action]:
        """The actions from one place to another."""
        for place in range(start, stop):
            yield self.runs[bisect_right(self.ends, place)]

    def cut(self, place: int) -> None:
        """Forget the actions after a place."""
        while self.ends and (self.ends[-2] if len(self.ends) > 1 else 0) >= place:
            self.runs.pop()
            self.ends.pop()
        if self.ends:
            self.ends[-1] = min(self.ends[-1], place)


class Snapshot(NamedTuple):
    """The state at a place.

    Attributes
    ----------
    setup : SetUp
    checkpoint : Checkpoint
        Of the trainer and the monitor, with arrays of its own.
    images : Any
        `Steps.state`.
    last : (StepEnd or None, LayerGradients or None)
        The numbers of the last step of G.
    """

    setup: SetUp
    checkpoint: Checkpoint
    images: Any
    last: tuple[StepEnd | None, LayerGradients | None]

    @property
    def bytes(self) -> int:
        """The size of its arrays."""
        return sum(array.nbytes for array in self.checkpoint.arrays.values())


class Past:
    """Actions in order, with snapshots at some of their places.

    Attributes
    ----------
    actions : Actions
    snapshots : dict of int to Snapshot
        By place, in ascending order.
    """

    def __init__(self, most_snapshots: int = MOST_SNAPSHOTS, most_bytes: int = MOST_BYTES) -> None:
        self.most_snapshots, self.most_bytes = most_snapshots, most_bytes
        self.actions = Actions()
        self.snapshots: dict[int, Snapshot] = {}

    @property
    def place(self) -> int:
        """The number of actions."""
        return len(self.actions)

    def keep(self, snapshot: Snapshot) -> None:
        """Keep a snapshot of now, and forget others if there are too many."""
        self.snapshots[self.place] = snapshot
        most = min(self.most_snapshots, self.most_bytes // max(1, snapshot.bytes))
        while len(self.snapshots) > max(2, most):
            del self.snapshots[self.least_missed()]

    def least_missed(self) -> int:
        """The place whose snapshot leaves the smallest gap, in proportion to its age, when it is forgotten."""
        places = list(self.snapshots)
        inner = range(1, len(places) - 1)
        ages = {places[i]: (places[i + 1] - places[i - 1]) / (self.place - places[i - 1]) for i in inner}
        return min(ages, key=lambda place: ages[place])

    def before(self, place: int) -> int:
        """The place of the last snapshot that is not after `place`."""
        return max(known for known in self.snapshots if known <= place)

    def nearest(self, place: int) -> int:
        """The place of the snapshot that is nearest to `place`."""
        return min(self.snapshots, key=lambda known: abs(known - place))

    def cut(self, place: int) -> None:
        """Forget everything after a place."""
        self.actions.cut(place)
        self.snapshots = {at: snapshot for at, snapshot in self.snapshots.items() if at <= place}
