"""Updates in place, slab by slab: all operations of an update run on a slab while it is in the cache."""

from collections.abc import Callable

import numpy as np

from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.cpu.parallel.slabs import split
from minigan.kernels.reference.optimizer import StepScalars

__all__ = ["update_in_place"]

#: Bytes of one vector in a slab: all vectors of Adam fit into a core's cache.
SLAB = 1 << 18


def update_in_place(
    first: np.ndarray,
    *others: np.ndarray,
    rule: Callable[..., None],
    scalars: StepScalars | None = None,
    numbers: tuple[float, ...] = (),
) -> None:
    """The twin of `minigan.kernels.reference.optimizer.update_in_place`."""
    slabs = split(first.size, first.itemsize, SLAB)

    def work(number: int) -> None:
        parts = [vector[slabs[number]] for vector in (first, *others)]
        # The thread's own, which stays in its cache; a scratch vector of full length would be written to memory.
        rule(*parts, scratch=scratch("update", parts[0].shape, first.dtype))

    parallel_for(work, len(slabs))
