"""Updates of vectors in place, entry by entry: they may be computed for one part of the vectors after another."""

from collections.abc import Callable
from typing import Protocol

from minigan.backend import Array, array_module

__all__ = ["StepScalars", "update_in_place"]


class StepScalars(Protocol):
    """The name of an update, and its scalars in device memory for the CUDA twin: `minigan.kernels.DeviceScalars`."""

    kernel: str | None

    def sync(self, numbers: tuple[float, ...], like: Array) -> Array:
        """The array of these numbers in device memory."""

    def counted(self) -> None:
        """Note that the device has counted a step."""


def update_in_place(
    first: Array,
    *others: Array,
    rule: Callable[..., None],
    scalars: StepScalars | None = None,
    numbers: tuple[float, ...] = (),
) -> None:
    """``rule(first, *others, scratch=...)`` for vectors of equal length; `scratch` is one more, with any values.

    `scalars` names the kernel that does what `rule` does, on a GPU or compiled; `numbers` are its scalars in this step.
    """
    rule(first, *others, scratch=array_module(first).empty_like(first))
