"""The optimizers' rules on all values of a network at once: launches ``optimizer.cu``."""

from collections.abc import Callable
from typing import Any

from minigan.backend import Array
from minigan.kernels.cuda.compiler import fits, module, spread
from minigan.kernels.device_scalars import DeviceScalars

__all__ = ["update_in_place"]


def update_in_place(
    first: Array,
    *others: Array,
    rule: Callable[..., None],
    fused: DeviceScalars | None = None,
    numbers: tuple[float, ...] = (),
) -> Any:
    """The twin of `minigan.kernels.reference.optimizer.update_in_place`, for rules that have a kernel."""
    vectors = (first, *others)  # and no scratch: a kernel has registers
    if fused is None or fused.kernel is None or not fits(first.size):
        return NotImplemented
    if not all(vector.flags.c_contiguous for vector in vectors):
        return NotImplemented
    source, on_device = module("optimizer", first.dtype), fused.settle(numbers, first)
    source.launch(fused.kernel, *spread(first.size), (*vectors, on_device, first.size))
    source.launch("count_step", (1,), (1,), (on_device,))
    fused.counted()
    return None
