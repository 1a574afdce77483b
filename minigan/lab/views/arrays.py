"""Arrays of any shape as heat maps: one example, one channel, never more than a page can draw."""

from typing import Any, NamedTuple

import numpy as np

from minigan.backend import Array, asnumpy
from minigan.errors import ConfigError
from minigan.lab.values import shown
from minigan.lab.views.options import count_option

__all__ = ["Shown", "cut", "index_of"]

#: The largest array that is sent as a whole.
WHOLE = 4096

#: The most rows and columns of a heat map; a larger one is shown in parts.
LARGEST = 256


class Shown(NamedTuple):
    """An array that can be looked at.

    Attributes
    ----------
    name, text : str
        What the code calls it, and what it is.
    values : array
    batch : bool
        Whether the first axis is that of the examples.
    """

    name: str
    text: str
    values: Array
    batch: bool = False

    def description(self) -> dict[str, Any]:
        """Name, text, shape, and which numbers choose a slice of it."""
        axes = self.values.shape[1:] if self.batch else self.values.shape
        slots = {
            "example": self.batch,
            "channels": axes[-1] if len(axes) > 2 else 1,
            "inputs": axes[2] if len(axes) > 3 else 1,
        }
        return {"name": self.name, "text": self.text, "shape": self.values.shape, "slots": slots}

    def whole(self) -> np.ndarray | None:
        """All numbers, where they are not too many."""
        return numbers(self.values) if self.values.size <= WHOLE else None


def numbers(values: Array) -> np.ndarray:
    """As the page gets them: float32, in host memory."""
    return np.asarray(asnumpy(values), np.float32)


def index_of(index: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """An index into an array of this shape, checked."""
    if not isinstance(index, list | tuple) or len(index) != len(shape):
        raise ConfigError(f"expected index to be {len(shape)} numbers, for the shape {shape}, got {shown(index)}")
    return tuple(count_option("index", value, 0, size - 1) for value, size in zip(index, shape))


def cut(
    shown: Shown, example: int | None = 0, channel: int = 0, input: int = 0, row: int = 0, column: int = 0
) -> dict[str, Any]:
    """One slice as rows and columns: an image, a matrix, or a vector as one row.

    Parameters
    ----------
    shown : Shown
    example, channel, input : int
        The example of a batch; the last axis of an image or a kernel, and the one before it of a kernel. With None for
        the example, the rows of a batch of vectors are the examples.
    row, column : int
        The corner of the part that is shown, where there are more than 256.

    Returns
    -------
    dict
        ``values`` (h, w), ``shape`` of the whole array, and ``index``: that of the corner, with the axes of rows and of
        columns; None where there is but one row.
    """
    values = shown.values
    fixed, axes = [0] * values.ndim, list(range(values.ndim))
    if shown.batch and not (example is None and values.ndim == 2):
        axes.remove(0)
        fixed[0] = count_option("example", example, 0, len(values) - 1)
    for name, wanted in ("channel", channel), ("input", input):
        if len(axes) > 2:
            last = axes.pop()
            fixed[last] = count_option(name, wanted, 0, values.shape[last] - 1)
    row_axis, column_axis = [None, None, *axes][-2:]
    chosen: list[int | slice] = [*fixed]
    for name, axis, start in ("row", row_axis, row), ("column", column_axis, column):
        if axis is not None:
            fixed[axis] = count_option(name, start, 0, values.shape[axis] - 1)
            chosen[axis] = slice(fixed[axis], fixed[axis] + LARGEST)
    return {
        "values": np.atleast_2d(numbers(values[tuple(chosen)])),
        "shape": values.shape,
        "index": {"fixed": fixed, "row_axis": row_axis, "column_axis": column_axis},
    }
