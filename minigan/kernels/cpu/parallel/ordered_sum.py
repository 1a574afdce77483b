"""Sums over slabs with the same bits for any number of threads."""

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.in_place import add_up
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch

__all__ = ["OrderedSum"]


class OrderedSum:
    """Sums over slabs, in an order that does not depend on which thread computes which slab.

    The slabs are dealt out to lanes: lane l has the slabs l, l + lanes, l + 2 lanes ... and adds them in this order; in
    the end the lanes are added. A thread takes the next slab of any lane that no other thread is busy with, so that no
    thread has to wait for another.

    Parameters
    ----------
    slabs : tuple of slice
    shapes : tuples of int
        The shapes of the arrays that are summed.
    dtype : dtype
    """

    #: With more lanes, adding up the lanes would take too long.
    MOST = 8

    def __init__(self, slabs: tuple[slice, ...], shapes: tuple[tuple[int, ...], ...], dtype: Any) -> None:
        self.slabs = slabs
        self.count = max(1, min(self.MOST, len(slabs)))  # the sum over no images is an array, too: of zeros
        new = memory_pool.empty if slabs else memory_pool.zeros
        self.sums = [[new(shape, dtype) for shape in shapes] for _ in range(self.count)]

    def compute(self, function: Callable[..., Any]) -> list[np.ndarray]:
        """The sums over all slabs of what ``function(slab, *parts)`` writes to `parts`."""
        if len(self.slabs) == 1:
            parallel_for(lambda _: function(self.slabs[0], *self.sums[0]), 1)
            return self.sums[0]
        free = deque((lane, iter(self.slabs[lane :: self.count])) for lane in range(self.count))
        begun = [False] * self.count

        def work(_: int) -> None:
            while True:
                try:
                    lane, slabs = free.popleft()
                except IndexError:
                    return
                slab = next(slabs, None)
                if slab is not None:
                    self.add(function, slab, self.sums[lane], begun[lane])
                    begun[lane] = True
                    free.append((lane, slabs))

        parallel_for(work, self.count)
        for parts in zip(*self.sums):
            add_up(*parts)
        return self.sums[0]

    @staticmethod
    def add(function: Callable[..., Any], slab: slice, sums: list[np.ndarray], begun: bool) -> None:
        """Add a slab's parts to the sums of its lane; the first slab writes to the sums."""
        if not begun:
            function(slab, *sums)
            return
        parts = [scratch(f"part {i}", total.shape, total.dtype) for i, total in enumerate(sums)]
        function(slab, *parts)
        for total, part in zip(sums, parts):
            total += part
