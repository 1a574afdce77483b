"""A rule that changes vectors step by step, as a device knows it: a kernel of its own, and the numbers of the step."""

import numpy as np

from minigan.backend import Array, array_module

__all__ = ["DeviceScalars"]


class DeviceScalars:
    """A rule as one CUDA kernel, and the numbers that the kernel finds in device memory.

    The numbers are float64: the step's, counted from 1; the learning rate; the momentum; and what else the rule has.
    The device counts the steps itself. So as long as nothing else changes, it is told nothing, and a step that was
    recorded as a graph of launches can be replayed: `settle` before the recording and before each replay, and `counted`
    after each replay.

    Parameters
    ----------
    kernel : str or None
        Its name in ``optimizer.cu``; None for a rule that is run as array code.
    """

    def __init__(self, kernel: str | None) -> None:
        self.kernel = kernel
        self.array: Array | None = None
        self.held: tuple[float, ...] = ()

    def settle(self, numbers: tuple[float, ...], like: Array) -> Array:
        """Bring the device's numbers to these, of the step to come; in the same memory from the first time on.

        Parameters
        ----------
        numbers : tuple of float
        like : array
            The numbers lie where it lies.
        """
        if self.array is None or type(self.array) is not type(like):
            self.array, self.held = array_module(like).zeros(len(numbers), np.float64), ()
        if self.held != numbers:
            self.array[...] = array_module(like).asarray(np.array(numbers, np.float64))
            self.held = numbers
        return self.array

    def counted(self) -> None:
        """Note that the device has taken a step, and has counted it."""
        self.held = (self.held[0] + 1, *self.held[1:])
