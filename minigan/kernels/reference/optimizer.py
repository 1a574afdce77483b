"""Rules that change vectors in place, each entry for itself: they may be run piece by piece."""

from collections.abc import Callable

from minigan.backend import Array, array_module
from minigan.kernels.device_scalars import DeviceScalars

__all__ = ["update_in_place"]


def update_in_place(
    first: Array,
    *others: Array,
    rule: Callable[..., None],
    fused: DeviceScalars | None = None,
    numbers: tuple[float, ...] = (),
) -> None:
    """``rule(first, *others, scratch=...)`` for vectors of equal length; one more, of any values, is free to use.

    `fused` is what does the same as one kernel on a GPU, by the `numbers` of this step; see `DeviceScalars`.
    """
    rule(first, *others, scratch=array_module(first).empty_like(first))
