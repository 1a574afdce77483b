"""The scalars of an optimizer's step, in device memory."""

import numpy as np

from minigan.backend import Array, array_module

__all__ = ["DeviceScalars"]


class DeviceScalars:
    """The CUDA kernel of an optimizer's update, and the scalars that the kernel reads from device memory.

    The scalars are float64: the step's number, counted from 1; the learning rate; the momentum; and the optimizer's own
    constants. The device counts the steps itself: as long as nothing else changes, nothing has to be copied to it, and
    a step that was recorded as a graph of launches can be replayed. Call `sync` before the recording and before each
    replay, and `counted` after each replay.

    Parameters
    ----------
    kernel : str or None
        The name of the update in ``optimizer.cu`` and among the compiled loops; None for an optimizer that runs as
        array code.
    """

    def __init__(self, kernel: str | None) -> None:
        self.kernel = kernel
        self.array: Array | None = None
        self.held: tuple[float, ...] = ()

    def __repr__(self) -> str:
        return f"DeviceScalars({self.kernel!r}, held={self.held})"

    def sync(self, numbers: tuple[float, ...], like: Array) -> Array:
        """Copy the scalars of the next step to the device if it has others. The memory is always the same.

        Parameters
        ----------
        numbers : tuple of float
        like : array
            An array on the device.
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
