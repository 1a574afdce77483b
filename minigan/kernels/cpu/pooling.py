"""Maximum and average over windows, over slabs.

The pixels at one place (i, j) of all windows are a view of the images. So all windows are computed at the same time,
place after place. For the sum of a window, whole rows of the images are added first, which are long, then columns. In
the backward the share of each place in dy is added to the pixels at that place, as in
`minigan.kernels.reference.windows.scatter`.
"""

import numpy as np

from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.cpu.parallel.slabs import split_coarse
from minigan.kernels.reference import pooling as definitions
from minigan.kernels.reference.padding import Pads, Pair, crop
from minigan.kernels.reference.windows import output_size

__all__ = ["average_pool", "average_pool_grad", "max_pool", "max_pool_grad"]

#: The number of a place in a window is stored in one byte.
MOST_PLACES = 256


class WindowGrid:
    """The windows over images (H, W) with padding."""

    def __init__(self, image: Pair, size: Pair, strides: Pair, pads: Pads) -> None:
        self.size, self.strides, self.pads = size, strides, pads
        self.height, self.width = image[0] + sum(pads[0]), image[1] + sum(pads[1])
        self.down, self.across = map(output_size, image, size, strides, pads)

    def rows(self, i: int) -> slice:
        """The rows of the padded images that are row i of a window."""
        return slice(i, i + (self.down - 1) * self.strides[0] + 1, self.strides[0])

    def columns(self, j: int) -> slice:
        """The columns of the padded images that are column j of a window."""
        return slice(j, j + (self.across - 1) * self.strides[1] + 1, self.strides[1])

    def places(self, padded: np.ndarray) -> list[np.ndarray]:
        """For each place in a window, row by row, the pixels at that place of all windows: views (N, OH, OW, C)."""
        return [padded[:, self.rows(i), self.columns(j)] for i in range(self.size[0]) for j in range(self.size[1])]

    def pad(self, images: np.ndarray, value: float) -> np.ndarray:
        """The images with padding of that value, in scratch memory; without padding, the images themselves."""
        if not any(map(any, self.pads)):
            return images
        padded = self.scratch("padded", images, self.height, self.width)
        padded.fill(value)
        crop(padded, self.pads)[...] = images
        return padded

    def zeros(self, images: np.ndarray) -> np.ndarray:
        """Zeros of the size of the padded images, in scratch memory; without padding, the images, set to zero."""
        padded = self.scratch("padded", images, self.height, self.width) if any(map(any, self.pads)) else images
        padded.fill(0)
        return padded

    def scratch(self, name: str, like: np.ndarray, height: int, width: int) -> np.ndarray:
        """Scratch memory for as many images of another size."""
        return scratch(name, (len(like), height, width, like.shape[3]), like.dtype)


def max_pool(x: np.ndarray, size: Pair, strides: Pair, pads: Pads) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.pooling.max_pool`."""
    grid = WindowGrid(x.shape[1:3], size, strides, pads)
    if not x.size or min(grid.down, grid.across) < 1 or size[0] * size[1] > MOST_PLACES:
        return NotImplemented
    y = memory_pool.empty((len(x), grid.down, grid.across, x.shape[3]), x.dtype)
    places = memory_pool.empty(y.shape, np.intp)
    slabs = split_coarse(len(x), 2 * x[0].nbytes + 3 * y[0].nbytes)

    def work(number: int) -> None:
        images, largest = x[slabs[number]], y[slabs[number]]
        first, *others = grid.places(grid.pad(images, -np.inf))
        np.copyto(largest, first)
        place, larger = scratch("place", largest.shape, np.uint8), scratch("larger", largest.shape, np.bool_)
        place.fill(0)
        for i, values in enumerate(others, 1):
            # The maximum is at the last place that is larger than all places before it: of equal ones at the first.
            np.greater(values, largest, out=larger)
            i_or_0 = np.multiply(larger.view(np.uint8), np.uint8(i), out=larger.view(np.uint8))
            np.maximum(place, i_or_0, out=place)
            np.maximum(largest, values, out=largest)
        np.copyto(places[slabs[number]], place)
        if np.isnan(largest).any():  # a NaN is the maximum, although it is not larger than any number
            places[slabs[number]] = definitions.max_pool(images, size, strides, pads)[1]

    parallel_for(work, len(slabs))
    return y, places


def max_pool_grad(
    dy: np.ndarray, places: np.ndarray, input_size: Pair, size: Pair, strides: Pair, pads: Pads
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.pooling.max_pool_grad`."""
    if not dy.size or size[0] * size[1] > MOST_PLACES:
        return NotImplemented
    grid = WindowGrid(input_size, size, strides, pads)
    dx = memory_pool.empty((len(dy), *input_size, dy.shape[3]), dy.dtype)
    slabs = split_coarse(len(dy), 2 * dx[0].nbytes + 4 * dy[0].nbytes)

    def work(number: int) -> None:
        part = dy[slabs[number]]
        place, here = scratch("place", part.shape, np.uint8), scratch("larger", part.shape, np.bool_)
        np.copyto(place, places[slabs[number]], casting="unsafe")
        share = scratch("share", part.shape, part.dtype)
        images = dx[slabs[number]]
        total = grid.zeros(images)
        for i, pixels in enumerate(grid.places(total)):
            np.equal(place, np.uint8(i), out=here)
            np.multiply(part, here, out=share)
            pixels += share
        if total is not images:
            images[...] = crop(total, pads)

    parallel_for(work, len(slabs))
    return dx


def average_pool(x: np.ndarray, size: Pair, strides: Pair, pads: Pads) -> np.ndarray:
    """The twin of `minigan.kernels.reference.pooling.average_pool`."""
    grid = WindowGrid(x.shape[1:3], size, strides, pads)
    if not x.size or min(grid.down, grid.across) < 1:
        return NotImplemented
    counts = definitions.pixels(x, x.shape[1:3], size, strides, pads)
    y = memory_pool.empty((len(x), grid.down, grid.across, x.shape[3]), x.dtype)
    slabs = split_coarse(len(x), 2 * x[0].nbytes + y[0].nbytes)

    def work(number: int) -> None:
        total, padded = y[slabs[number]], grid.pad(x[slabs[number]], 0)
        rows = grid.scratch("rows", total, grid.down, grid.width)
        np.copyto(rows, padded[:, grid.rows(0)])
        for i in range(1, size[0]):
            rows += padded[:, grid.rows(i)]
        np.copyto(total, rows[:, :, grid.columns(0)])
        for j in range(1, size[1]):
            total += rows[:, :, grid.columns(j)]
        total /= counts

    parallel_for(work, len(slabs))
    return y


def average_pool_grad(dy: np.ndarray, input_size: Pair, size: Pair, strides: Pair, pads: Pads) -> np.ndarray:
    """The twin of `minigan.kernels.reference.pooling.average_pool_grad`."""
    if not dy.size:
        return NotImplemented
    grid = WindowGrid(input_size, size, strides, pads)
    counts = definitions.pixels(dy, input_size, size, strides, pads)
    dx = memory_pool.empty((len(dy), *input_size, dy.shape[3]), dy.dtype)
    slabs = split_coarse(len(dy), 2 * dx[0].nbytes + 2 * dy[0].nbytes)

    def work(number: int) -> None:
        part = dy[slabs[number]]
        share = np.divide(part, counts, out=scratch("share", part.shape, part.dtype))
        rows = grid.scratch("rows", part, grid.down, grid.width)
        rows.fill(0)
        for j in range(size[1]):
            rows[:, :, grid.columns(j)] += share
        images = dx[slabs[number]]
        total = grid.zeros(images)
        for i in range(size[0]):
            total[:, grid.rows(i)] += rows
        if total is not images:
            images[...] = crop(total, pads)

    parallel_for(work, len(slabs))
    return dx
