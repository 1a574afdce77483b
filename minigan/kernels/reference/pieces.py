"""Rules that change vectors in place, each entry for itself: they may be run piece by piece."""

from collections.abc import Callable

from minigan.backend import Array
from minigan.kernels.rules import FusedRule

__all__ = ["in_pieces"]


def in_pieces(
    first: Array,
    *others: Array,
    rule: Callable[..., None],
    fused: FusedRule | None = None,
    numbers: tuple[float, ...] = (),
) -> None:
    """``rule(first, *others)`` for vectors of equal length, the last of them scratch memory.

    `fused` is what does the same as one kernel on a GPU, by the `numbers` of this step; see `FusedRule`.
    """
    rule(first, *others)
