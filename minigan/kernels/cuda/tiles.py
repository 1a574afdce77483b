"""The tiling of a product, for kernels with ``tiles.cuh``: the size of its tiles, and the division of its sums.

Large tiles use each number that they fetch more often. But a product has to keep all multiprocessors busy, and the part
of a tile that is outside the matrix is wasted work. So a model estimates the time for every kind of tile, and the
fastest is chosen. The model has the number of multiprocessors of one card, whatever card is used: so sums are divided
in the same way, with the same bits, on every card.
"""

from functools import lru_cache
from math import ceil
from typing import NamedTuple

from minigan.kernels.cuda.compiler import LARGEST
from minigan.kernels.cuda.precision import precision

__all__ = ["TILES", "Tile", "Tiling", "choose_tiling", "options"]

#: An H200's multiprocessors, the products that each computes in a clock tick, and the threads that keep it busy.
MULTIPROCESSORS, PRODUCTS_A_TICK, BUSY_THREADS = 132, 128, 256

#: Threads that run in step: a warp.
WARP = 32

#: Ticks to start a second kernel, ticks to add one more part, and numbers that are read or written in a tick.
LAUNCH_TICKS, PART_TICKS, NUMBERS_A_TICK = 3000, 10, 500

#: For divided sums: the most blocks of a multiprocessor, and the fewest steps of a part.
MOST_BLOCKS, LEAST_STEPS = 8, 4


class Tile(NamedTuple):
    """The sizes of the tiles of a kernel.

    Attributes
    ----------
    rows, columns : int
        The part of the product that a block computes.
    depth : int
        Terms of the sums that a block fetches in a step.
    thread_rows, thread_columns : int
        The part of the product that a thread computes: multiples of four.
    speed : float
        The fraction of a multiprocessor's peak rate that it reaches. An estimate, not a measurement.
    """

    rows: int
    columns: int
    depth: int
    thread_rows: int
    thread_columns: int
    speed: float

    @property
    def threads(self) -> int:
        """The threads of a block."""
        return self.rows // self.thread_rows * (self.columns // self.thread_columns)

    @property
    def tensor_cores(self) -> bool:
        """Whether it is wide enough for fragments of eight columns."""
        return self.columns >= 8 * self.thread_columns


#: For large products, those of middle size, small ones, and those that have few columns.
LARGE, MIDDLE, SMALL, NARROW = TILES = (
    Tile(128, 128, 8, 8, 8, 0.85),
    Tile(64, 64, 16, 8, 4, 0.7),
    Tile(32, 32, 16, 4, 4, 0.4),
    Tile(256, 4, 8, 4, 4, 0.25),
)


class Tiling(NamedTuple):
    """The division of a product among blocks.

    Attributes
    ----------
    tile : Tile
    blocks : int
        The number of tiles.
    parts, share : int
        Each sum is divided into `parts` parts, of `share` terms each but for the last.
    """

    tile: Tile
    blocks: int
    parts: int
    share: int


@lru_cache(maxsize=4096)
def choose_tiling(rows: int, columns: int, depth: int, itemsize: int, phases: int = 1) -> Tiling:
    """The fastest tiling of a product (rows, columns) with sums of `depth` terms, or of `phases` products of this size.

    A tile of doubles is never `LARGE`: a thread does not have enough registers.
    """
    tried = []
    for tile in TILES[itemsize // 8 :]:
        blocks, steps = ceil(rows / tile.rows) * ceil(columns / tile.columns), max(1, ceil(depth / tile.depth))
        most = min(steps // LEAST_STEPS, LARGEST // max(1, phases * rows * columns))
        # Numbers of parts with which every multiprocessor gets about the same number of blocks.
        even = {each * MULTIPROCESSORS // max(1, blocks * phases) for each in range(1, MOST_BLOCKS + 1)}
        for parts in {1} | {parts for parts in even if 1 < parts <= most}:
            share = ceil(steps / parts)
            found = Tiling(tile, blocks, ceil(steps / share), share * tile.depth)
            tried.append((ticks(found, phases, rows * columns * phases), found))
    return min(tried)[1]


def ticks(tiling: Tiling, phases: int, size: int) -> float:
    """An estimate of the time for a product, in clock ticks."""
    tile = tiling.tile
    each = ceil(tiling.blocks * tiling.parts * phases / MULTIPROCESSORS)
    busy = min(1, each * tile.threads / BUSY_THREADS)
    products = each * tile.rows * tile.columns * tiling.share
    time = products / (PRODUCTS_A_TICK * tile.speed * busy) if each else 0
    if tiling.parts == 1:
        return time
    return time + LAUNCH_TICKS + PART_TICKS * tiling.parts + 2 * tiling.parts * size / NUMBERS_A_TICK


def options(tile: Tile, itemsize: int) -> tuple[str, ...]:
    """The compiler's options for a tile."""
    return macros(tile, precision() == "tf32" and itemsize == 4 and tile.tensor_cores)


@lru_cache
def macros(tile: Tile, tf32: bool) -> tuple[str, ...]:
    """The macros of ``tiles.cuh``: the sizes of a tile, and whether the tensor cores compute it."""
    sizes = zip(("ROWS", "COLUMNS", "DEPTH", "THREAD_ROWS", "THREAD_COLUMNS"), tile)
    return (*(f"-D{name}={size}" for name, size in sizes), *(("-DTF32",) if tf32 else ()))
