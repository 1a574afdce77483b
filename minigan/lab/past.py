"""The way back: what was done since the start, and snapshots of the whole state, fewer of older ones.

A seed gives one run, so a place that has no snapshot of its own is reached from an earlier one: by taking the same
steps again. That is exact.
"""

from typing import NamedTuple

from minigan.lab.setup import SetUp
from minigan.training.checkpoint.file import Checkpoint

__all__ = ["Action", "Past"]


class Action(NamedTuple):
    """What was done: "round", "d_step", "g_step", or "change" with the set-up after it."""

    kind: str
    setup: SetUp


class Past:
    """Actions in order, with snapshots at some of their places.

    Attributes
    ----------
    actions : list of Action
    snapshots : dict of int to (SetUp, Checkpoint)
        The state when this number of actions was done.
    """

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.snapshots: dict[int, tuple[SetUp, Checkpoint]] = {}

    def keep(self, setup: SetUp, checkpoint: Checkpoint) -> None:
        """Keep a snapshot of now, with copies of its arrays: the optimizers' would go on changing."""
        arrays = {name: array.copy() for name, array in checkpoint.arrays.items()}
        self.snapshots[len(self.actions)] = setup, Checkpoint(arrays, checkpoint.state)

    def before(self, place: int) -> int:
        """The place of the last snapshot that is not after `place`."""
        return max(known for known in self.snapshots if known <= place)

    def forget(self, place: int) -> list[Action]:
        """Cut everything after `place`; returns the actions between the snapshot before it and it."""
        known = self.before(place)
        self.snapshots = {at: snapshot for at, snapshot in self.snapshots.items() if at <= place}
        redo, self.actions = self.actions[known:place], self.actions[:known]
        return redo
