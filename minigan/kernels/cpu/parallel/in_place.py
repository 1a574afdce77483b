"""Changes of large arrays in place, on several threads: such a pass takes as long as memory does."""

import numpy as np

from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.slabs import split

__all__ = ["add_up", "set_to_zero"]

#: Bytes of each array in a part; and of an array that is done before another thread has woken.
PART, SMALL = 1 << 17, 1 << 19


def add_up(total: np.ndarray, *others: np.ndarray) -> None:
    """Add other contiguous arrays to the first, in their order."""
    if total.nbytes <= SMALL:
        for other in others:
            total += other
        return
    parts = split(total.size, total.itemsize, PART)
    first, *rest = (array.reshape(-1) for array in (total, *others))

    def work(number: int) -> None:
        for other in rest:
            first[parts[number]] += other[parts[number]]

    parallel_for(work, len(parts))


def set_to_zero(array: np.ndarray) -> None:
    """Fill a contiguous array with zeros."""
    if array.nbytes <= SMALL:
        array.fill(0)
        return
    parts = split(array.size, array.itemsize, PART)
    numbers = array.reshape(-1)
    parallel_for(lambda part: numbers[parts[part]].fill(0), len(parts))
