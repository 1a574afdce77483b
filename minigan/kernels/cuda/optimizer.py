"""The optimizers' updates of all weights of a network at once: launches ``optimizer.cu``."""

from collections.abc import Callable
from typing import Any

from minigan.backend import Array
from minigan.kernels.cuda.compiler import fits, module, spread
from minigan.kernels.reference.optimizer import StepScalars

__all__ = ["update_in_place"]


def update_in_place(
    first: Array,
    *others: Array,
    rule: Callable[..., None],
    scalars: StepScalars | None = None,
    numbers: tuple[float, ...] = (),
) -> Any:
    """The twin of `minigan.kernels.reference.optimizer.update_in_place`, for updates that have a kernel."""
    vectors = (first, *others)  # without scratch memory: a kernel has registers
    if scalars is None or scalars.kernel is None or not fits(first.size):
        return NotImplemented
    if not all(vector.flags.c_contiguous for vector in vectors):
        return NotImplemented
    source, on_device = module("optimizer", first.dtype), scalars.sync(numbers, first)
    source.launch(scalars.kernel, *spread(first.size), (*vectors, on_device, first.size))
    source.launch("count_step", (1,), (1,), (on_device,))
    scalars.counted()
    return None
