"""Rules that change vectors in place, each entry for itself: they may be run piece by piece."""

from collections.abc import Callable

from minigan.backend import Array

__all__ = ["in_pieces"]


def in_pieces(first: Array, *others: Array, rule: Callable[..., None]) -> None:
    """``rule(first, *others)`` for vectors of equal length."""
    rule(first, *others)
