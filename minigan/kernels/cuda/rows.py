"""A matrix laid over the blocks of a grid, for the kernels that ``rows.cuh`` is made for.

The sizes depend on those of the matrix alone, not on the device: a sum is divided in the same way on every card.
"""

from minigan.backend import Array
from minigan.kernels.cuda.compiler import fits

__all__ = ["columns_along", "covers", "layout", "matrix"]

#: Threads of a block.
THREADS = 256

#: Columns of a row that a warp reads: consecutive numbers in memory.
WIDTH = 32

#: Blocks that a large card runs at once.
BLOCKS = 1024


def matrix(x: Array) -> tuple[int, int]:
    """The rows and columns of an array as a matrix: all axes but the last, and the last."""
    return x.size // x.shape[-1], x.shape[-1]


def columns_along(columns: int, most: int = WIDTH) -> tuple[int, int]:
    """A block (columns, lanes) with a thread for each column, up to `most`, and as many lanes as fit: powers of two."""
    width = min(most, 1 << (columns - 1).bit_length())
    return width, THREADS // width


def covers(rows: int, columns: int) -> bool:
    """Whether a matrix has entries, and the kernels can number them and the rows of one block more."""
    return min(rows, columns) > 0 and fits((rows + columns_along(columns)[1]) * columns)


def layout(rows: int, columns: int, each: int = 1) -> tuple[tuple[int, int], tuple[int, int]]:
    """The grid and the block for a matrix.

    Parameters
    ----------
    rows, columns : int
        At least 1.
    each : int
        The fewest rows of a thread, if there are enough rows: a sum leaves one number for each part of the rows.

    Returns
    -------
    grid, block : tuple of int
        (blocks along the columns, parts of the rows) and (columns, lanes).
    """
    width, lanes = columns_along(columns)
    across = -(-columns // width)
    parts = min(-(-rows // (lanes * each)), max(1, BLOCKS // across))
    return (across, parts), (width, lanes)
