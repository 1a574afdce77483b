"""The optimizers' rules, a piece of the flat buffers at a time: all passes over a piece while it is in the cache."""

from collections.abc import Callable

import numpy as np

from minigan.kernels.cpu.parallel.slabs import cut, run, scratch
from minigan.kernels.device_scalars import DeviceScalars

__all__ = ["update_in_place"]

#: Bytes of one vector in a piece: all that Adam works on fit into a core's cache.
PIECE = 1 << 18


def update_in_place(
    first: np.ndarray,
    *others: np.ndarray,
    rule: Callable[..., None],
    fused: DeviceScalars | None = None,
    numbers: tuple[float, ...] = (),
) -> None:
    """The twin of `minigan.kernels.reference.optimizer.update_in_place`."""
    pieces = cut(first.size, first.itemsize, PIECE)

    def work(number: int) -> None:
        parts = [vector[pieces[number]] for vector in (first, *others)]
        # The thread's own, which stays in its cache: a scratch vector of full length would go to memory and back.
        rule(*parts, scratch=scratch("rule", parts[0].shape, first.dtype))

    run(work, len(pieces))
