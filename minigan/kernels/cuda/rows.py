"""A matrix laid over the blocks of a grid, for the kernels that ``rows.cuh`` is made for.

The sizes follow from those of the matrix alone, not from the device: a sum is cut in the same way on every card.
"""

from minigan.backend import Array
from minigan.kernels.cuda.compiler import fits

__all__ = ["columns_along", "covers", "laid_out", "matrix"]

#: Of a block.
THREADS = 256

#: A warp reads so many columns of a row, one stretch of memory.
WIDTH = 32

#: As many blocks as a large card runs at once.
BLOCKS = 1024


def matrix(x: Array) -> tuple[int, int]:
    """The rows and columns of an array as a matrix: all axes but the last, and the last."""
    return x.size // x.shape[-1], x.shape[-1]


def columns_along(columns: int, most: int = WIDTH) -> tuple[int, int]:
    """A block with a thread for each column, up to so many, and as many lanes as it then can have: powers of two."""
    width = min(most, 1 << (columns - 1).bit_length())
    return width, THREADS // width


def covers(rows: int, columns: int) -> bool:
    """Whether a matrix has numbers, and the kernels can count them and those of one block below."""
    return min(rows, columns) > 0 and fits((rows + columns_along(columns)[1]) * columns)


def laid_out(rows: int, columns: int, each: int = 1) -> tuple[tuple[int, int], tuple[int, int]]:
    """The grid and the block for a matrix.

    Parameters
    ----------
    rows, columns : int
        At least 1.
    each : int
        Rows that a thread gets at least, if there are enough: a sum leaves a number for each part of the rows.

    Returns
    -------
    grid, block : tuple of int
        (blocks side by side, parts of the rows) and (columns, lanes).
    """
    width, lanes = columns_along(columns)
    across = -(-columns // width)
    parts = min(-(-rows // (lanes * each)), max(1, BLOCKS // across))
    return (across, parts), (width, lanes)
