"""Maximum and average over windows, over slabs.

What all windows have at one place, (i, j) in each, is a view of the images. So the windows are gone through side by
side, place after place. The sum of a window is that of its rows' sums: rows of whole images first, which are long, then
columns. On the way back each place takes its share of dy to the pixels that it came from, as in
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

#: Places in a window are counted in bytes.
MOST_PLACES = 256


class Windows:
    """The windows over images (H, W), which lie in frames: images with something around them."""

    def __init__(self, image: Pair, size: Pair, strides: Pair, pads: Pads) -> None:
        self.size, self.strides, self.pads = size, strides, pads
        self.height, self.width = image[0] + sum(pads[0]), image[1] + sum(pads[1])
        self.down, self.across = map(output_size, image, size, strides, pads)

    def rows(self, i: int) -> slice:
        """The rows of a frame that are row i of a window."""
        return slice(i, i + (self.down - 1) * self.strides[0] + 1, self.strides[0])

    def columns(self, j: int) -> slice:
        """The columns of a frame that are column j of a window."""
        return slice(j, j + (self.across - 1) * self.strides[1] + 1, self.strides[1])

    def places(self, frames: np.ndarray) -> list[np.ndarray]:
        """For each place in a window, row by row, what all windows have there: views (N, OH, OW, C)."""
        return [frames[:, self.rows(i), self.columns(j)] for i in range(self.size[0]) for j in range(self.size[1])]

    def frames(self, images: np.ndarray, value: float) -> np.ndarray:
        """Images in frames of that value, in scratch memory; without a frame, the images."""
        if not any(map(any, self.pads)):
            return images
        frames = self.scratch("frame", images, self.height, self.width)
        frames.fill(value)
        crop(frames, self.pads)[...] = images
        return frames

    def blank(self, images: np.ndarray) -> np.ndarray:
        """Frames of zeros for these images, in scratch memory; without a frame, the images, now of zeros."""
        frames = self.scratch("frame", images, self.height, self.width) if any(map(any, self.pads)) else images
        frames.fill(0)
        return frames

    def scratch(self, name: str, like: np.ndarray, height: int, width: int) -> np.ndarray:
        """Memory for as many images of another size."""
        return scratch(name, (len(like), height, width, like.shape[3]), like.dtype)


def max_pool(x: np.ndarray, size: Pair, strides: Pair, pads: Pads) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.pooling.max_pool`."""
    windows = Windows(x.shape[1:3], size, strides, pads)
    if not x.size or min(windows.down, windows.across) < 1 or size[0] * size[1] > MOST_PLACES:
        return NotImplemented
    y = memory_pool.empty((len(x), windows.down, windows.across, x.shape[3]), x.dtype)
    places = memory_pool.empty(y.shape, np.intp)
    slabs = split_coarse(len(x), 2 * x[0].nbytes + 3 * y[0].nbytes)

    def work(number: int) -> None:
        images, largest = x[slabs[number]], y[slabs[number]]
        first, *others = windows.places(windows.frames(images, -np.inf))
        np.copyto(largest, first)
        place, larger = scratch("place", largest.shape, np.uint8), scratch("larger", largest.shape, np.bool_)
        place.fill(0)
        for i, values in enumerate(others, 1):
            # The place is the last that is larger than all before it: of equal ones the first.
            np.greater(values, largest, out=larger)
            i_or_0 = np.multiply(larger.view(np.uint8), np.uint8(i), out=larger.view(np.uint8))
            np.maximum(place, i_or_0, out=place)
            np.maximum(largest, values, out=largest)
        np.copyto(places[slabs[number]], place)
        if np.isnan(largest).any():  # no NaN is larger than a number, and still it is the maximum
            places[slabs[number]] = definitions.max_pool(images, size, strides, pads)[1]

    parallel_for(work, len(slabs))
    return y, places


def max_pool_grad(
    dy: np.ndarray, places: np.ndarray, input_size: Pair, size: Pair, strides: Pair, pads: Pads
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.pooling.max_pool_grad`."""
    if not dy.size or size[0] * size[1] > MOST_PLACES:
        return NotImplemented
    windows = Windows(input_size, size, strides, pads)
    dx = memory_pool.empty((len(dy), *input_size, dy.shape[3]), dy.dtype)
    slabs = split_coarse(len(dy), 2 * dx[0].nbytes + 4 * dy[0].nbytes)

    def work(number: int) -> None:
        part = dy[slabs[number]]
        place, here = scratch("place", part.shape, np.uint8), scratch("larger", part.shape, np.bool_)
        np.copyto(place, places[slabs[number]], casting="unsafe")
        share = scratch("share", part.shape, part.dtype)
        images = dx[slabs[number]]
        total = windows.blank(images)
        for i, pixels in enumerate(windows.places(total)):
            np.equal(place, np.uint8(i), out=here)
            np.multiply(part, here, out=share)
            pixels += share
        if total is not images:
            images[...] = crop(total, pads)

    parallel_for(work, len(slabs))
    return dx


def average_pool(x: np.ndarray, size: Pair, strides: Pair, pads: Pads) -> np.ndarray:
    """The twin of `minigan.kernels.reference.pooling.average_pool`."""
    windows = Windows(x.shape[1:3], size, strides, pads)
    if not x.size or min(windows.down, windows.across) < 1:
        return NotImplemented
    counts = definitions.pixels(x, x.shape[1:3], size, strides, pads)
    y = memory_pool.empty((len(x), windows.down, windows.across, x.shape[3]), x.dtype)
    slabs = split_coarse(len(x), 2 * x[0].nbytes + y[0].nbytes)

    def work(number: int) -> None:
        total, frames = y[slabs[number]], windows.frames(x[slabs[number]], 0)
        rows = windows.scratch("rows", total, windows.down, windows.width)
        np.copyto(rows, frames[:, windows.rows(0)])
        for i in range(1, size[0]):
            rows += frames[:, windows.rows(i)]
        np.copyto(total, rows[:, :, windows.columns(0)])
        for j in range(1, size[1]):
            total += rows[:, :, windows.columns(j)]
        total /= counts

    parallel_for(work, len(slabs))
    return y


def average_pool_grad(dy: np.ndarray, input_size: Pair, size: Pair, strides: Pair, pads: Pads) -> np.ndarray:
    """The twin of `minigan.kernels.reference.pooling.average_pool_grad`."""
    if not dy.size:
        return NotImplemented
    windows = Windows(input_size, size, strides, pads)
    counts = definitions.pixels(dy, input_size, size, strides, pads)
    dx = memory_pool.empty((len(dy), *input_size, dy.shape[3]), dy.dtype)
    slabs = split_coarse(len(dy), 2 * dx[0].nbytes + 2 * dy[0].nbytes)

    def work(number: int) -> None:
        part = dy[slabs[number]]
        share = np.divide(part, counts, out=scratch("share", part.shape, part.dtype))
        rows = windows.scratch("rows", part, windows.down, windows.width)
        rows.fill(0)
        for j in range(size[1]):
            rows[:, :, windows.columns(j)] += share
        images = dx[slabs[number]]
        total = windows.blank(images)
        for i in range(size[0]):
            total[:, windows.rows(i)] += rows
        if total is not images:
            images[...] = crop(total, pads)

    parallel_for(work, len(slabs))
    return dx
