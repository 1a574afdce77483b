"""Which tiles a product is made of, and how its sums are shared: for the kernels made with ``tiles.cuh``.

Large tiles use each number that they fetch more often. But a product has to keep all multiprocessors busy, and what
hangs over the edges of a matrix is work for nothing. So every kind of tile is tried on a model of the time it takes,
and the quickest one chosen. The model counts with the multiprocessors of one card, whatever card is used: so a sum is
cut in the same way, and its bits are the same, on every card.
"""

from functools import lru_cache
from math import ceil
from typing import NamedTuple

from minigan.kernels.cuda.compiler import LARGEST
from minigan.kernels.cuda.precision import precision

__all__ = ["TILES", "Cut", "Tile", "cut", "options"]

#: Of an H200: multiprocessors, products that one makes in a clock tick, and threads that keep it busy.
MULTIPROCESSORS, PRODUCTS_A_TICK, BUSY_THREADS = 132, 128, 256

#: Threads that run in step.
WARP = 32

#: Ticks until a second kernel has begun, until it has added one part more, and numbers that are moved in a tick.
LAUNCH_TICKS, PART_TICKS, NUMBERS_A_TICK = 3000, 10, 500

#: Of a product whose sums are cut: blocks that a multiprocessor gets at most, and steps that each part has at least.
MOST_BLOCKS, LEAST_STEPS = 8, 4


class Tile(NamedTuple):
    """The sizes of the tiles of a kernel.

    Attributes
    ----------
    rows, columns : int
        What a block makes of the product.
    depth : int
        Along the sum, what it fetches in a step.
    thread_rows, thread_columns : int
        What a thread makes of the product: multiples of four.
    speed : float
        The part of a multiprocessor's products that it gets done in the time. An estimate, not a measurement.
    """

    rows: int
    columns: int
    depth: int
    thread_rows: int
    thread_columns: int
    speed: float

    @property
    def threads(self) -> int:
        """Of a block."""
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


class Cut(NamedTuple):
    """How a product is given out to blocks.

    Attributes
    ----------
    tile : Tile
    blocks : int
        The number of tiles.
    parts, share : int
        Each sum is cut into so many parts, of so many terms but for the last.
    """

    tile: Tile
    blocks: int
    parts: int
    share: int


@lru_cache(maxsize=4096)
def cut(rows: int, columns: int, depth: int, itemsize: int, phases: int = 1) -> Cut:
    """The quickest way to make a product (rows, columns) with sums of `depth` terms, or `phases` products of this size.

    Tiles of doubles are not made `LARGE`: a thread has not as many registers.
    """
    tried = []
    for tile in TILES[itemsize // 8 :]:
        blocks, steps = ceil(rows / tile.rows) * ceil(columns / tile.columns), max(1, ceil(depth / tile.depth))
        most = min(steps // LEAST_STEPS, LARGEST // max(1, phases * rows * columns))
        # Numbers of parts that give every multiprocessor as many blocks as any other, or nearly.
        even = {each * MULTIPROCESSORS // max(1, blocks * phases) for each in range(1, MOST_BLOCKS + 1)}
        for parts in {1} | {parts for parts in even if 1 < parts <= most}:
            share = ceil(steps / parts)
            found = Cut(tile, blocks, ceil(steps / share), share * tile.depth)
            tried.append((ticks(found, phases, rows * columns * phases), found))
    return min(tried)[1]


def ticks(cut: Cut, phases: int, size: int) -> float:
    """About the time that a product takes, in ticks of the clock."""
    tile = cut.tile
    each = ceil(cut.blocks * cut.parts * phases / MULTIPROCESSORS)
    busy = min(1, each * tile.threads / BUSY_THREADS)
    products = each * tile.rows * tile.columns * cut.share
    time = products / (PRODUCTS_A_TICK * tile.speed * busy) if each else 0
    if cut.parts == 1:
        return time
    return time + LAUNCH_TICKS + PART_TICKS * cut.parts + 2 * cut.parts * size / NUMBERS_A_TICK


def options(tile: Tile, itemsize: int) -> tuple[str, ...]:
    """What the compiler is told."""
    return macros(tile, precision() == "tf32" and itemsize == 4 and tile.tensor_cores)


@lru_cache
def macros(tile: Tile, tf32: bool) -> tuple[str, ...]:
    """The sizes of a tile, and whether the tensor cores make it, for ``tiles.cuh``."""
    sizes = zip(("ROWS", "COLUMNS", "DEPTH", "THREAD_ROWS", "THREAD_COLUMNS"), tile)
    return (*(f"-D{name}={size}" for name, size in sizes), *(("-DTF32",) if tf32 else ()))
