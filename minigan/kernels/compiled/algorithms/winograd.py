"""Convolutions with fewer multiplications, of any stride, with compiled transforms.

The forward writes the slots of all patches, and multiplies them by the kernel, a few filters at a time: their part of
the kernel is transformed when it is needed, and stays in the cache. The backward does the products' gradients first,
and then all else for a few channels at a time: their patches, their part of the kernel, dx and dw. So a kernel that is
larger than the images is read once, and nothing as large is summed.
"""

import itertools
from functools import lru_cache

import numpy as np

from minigan.kernels.compiled.algorithms.points import Sparse, transforms
from minigan.kernels.compiled.algorithms.transforms import (
    Windows,
    add_windows,
    transform_kernel,
    transform_windows,
    write_windows,
)
from minigan.kernels.compiled.algorithms.uneven import uneven
from minigan.kernels.cpu.algorithms import winograd
from minigan.kernels.cpu.algorithms.gemm import matrix
from minigan.kernels.cpu.algorithms.patches import ByPatches, single
from minigan.kernels.cpu.algorithms.slab_activations import activation_grad, shift_and_activate
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.broadcast import row_sum
from minigan.kernels.cpu.parallel.ordered_sum import OrderedSum
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.cpu.parallel.slabs import split
from minigan.kernels.reference.affine import LINEAR, Activation
from minigan.kernels.reference.padding import Pads, Pair

__all__ = ["Winograd"]

#: From this number of outputs on, fewer products pay for the transform of the kernel.
MANY = 128

#: From this number of channels and filters on, 25 products instead of 36 pay for 3 x 3 taps with stride 2.
WIDE_WITH_STRIDES = 256

#: Bytes of the transformed part of a kernel, and of the patches of a few channels.
PART = 1 << 23

#: Filters of such a part, and channels: enough for fast products, and few enough for several threads.
FILTERS, CHANNELS = 128, 64

#: Numbers of a row of the kernel that are transformed at once: all rows fit into the fastest cache.
NEAR = 128


class Winograd(ByPatches):
    """Convolutions of 3 x 3 taps, and with stride 2 also of 4 x 4 and 5 x 5."""

    most_bytes = 1 << 25

    def __init__(self, kernel: np.ndarray, image: Pair, out_size: Pair, strides: Pair, pads: Pads) -> None:
        super().__init__(kernel, image, out_size, strides, pads)
        self.transforms = transforms(self.size, strides, self.outputs, kernel.dtype)
        self.taps = kernel.reshape(-1, *kernel.shape[2:])
        (made_rows, made_columns), (down, across), corner = self.outputs, strides, (pads[0][0], pads[1][0])
        sizes = (down * (made_rows - 1) + self.size[0], across * (made_columns - 1) + self.size[1])
        self.of_patches = *sizes, down * made_rows, across * made_columns, *corner
        self.of_outputs = *self.outputs, *self.outputs, 0, 0
        axes = tuple(zip(image, out_size, self.size, strides, corner))
        self.seen_by_y = tuple(seen_by_outputs(*axis) for axis in axes)
        self.seen_by_x = tuple(seen_by_inputs(*axis) for axis in axes)

    @staticmethod
    def pays(kernel: np.ndarray, strides: Pair, outputs: int) -> bool:
        height, width, *channels = kernel.shape
        if height != width or outputs < MANY:
            return False
        match strides, height:
            case ((1, 1), 3) | ((2, 2), 4 | 5):
                return min(channels) >= winograd.WIDE
            case ((2, 2), 3):
                return min(channels) >= WIDE_WITH_STRIDES
        return False

    def apply_to(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        slots, bounds = self.transformed_shape[0], self.transforms.bounds
        filters = split(self.filters, 1, FILTERS)
        channels = split(self.channels, slots * min(self.filters, FILTERS) * x.itemsize, PART)
        patches = [self.numbers(len(x), slots, block.stop - block.start) for block in channels]
        products = self.numbers(len(x), len(bounds) - 1, self.filters)
        slabs = split(len(x), self.bytes_of_numbers)
        direct = np.zeros(len(x), np.bool_)

        def begin(number: int) -> None:
            slab = slabs[number]
            direct[slab] = uneven(x[slab], *self.seen_by_y)
            for block, part in zip(channels, patches):
                self.to_patches(x[slab], block.start, direct[slab], part[slab])

        def multiply(number: int) -> None:
            part = filters[number]
            for block, given in zip(channels, patches):
                count = block.stop - block.start
                weights = scratch("kernel", (slots, count, part.stop - part.start), x.dtype)
                start, size = (block.start, part.start), weights.shape[1:]
                transform_block(self.transforms.kernel.matrix, self.taps, start, size, weights, (0, 0))
                rows, results = given.reshape(-1, slots * count), products.reshape(-1, len(bounds) - 1, self.filters)
                for point, (first, end) in enumerate(itertools.pairwise(bounds)):
                    result = results[:, point, part]
                    given_part, weight = rows[:, first * count : end * count], matrix(weights[first:end])
                    if not block.start:
                        np.matmul(given_part, weight, out=result)
                    else:
                        result += np.matmul(given_part, weight, out=scratch("products", result.shape, x.dtype))

        def finish(number: int) -> None:
            slab = slabs[number]
            self.to_outputs(products[slab], bias, activation, y[slab])

        parallel_for(begin, len(slabs))
        parallel_for(multiply, len(filters))
        parallel_for(finish, len(slabs))
        images = single(direct)
        parallel_for(lambda i: self.forward(x[images[i]], bias, activation, y[images[i]]), len(images))

    def grads_of(
        self,
        dy: np.ndarray,
        y: np.ndarray,
        x: np.ndarray,
        activation: Activation,
        dx: np.ndarray | None,
        param_grads: bool,
    ) -> tuple[np.ndarray, ...]:
        products = self.numbers(len(dy), len(self.transforms.bounds) - 1, self.filters)
        dw = memory_pool.empty(self.order, dy.dtype) if param_grads else None
        slabs = split(len(dy), self.bytes_of_numbers)
        odd_x, odd_dz = np.zeros((2, len(dy)), np.bool_)

        def begin(slab: slice, dbias: np.ndarray) -> None:
            dz = activation_grad(dy[slab], y[slab], activation)
            odd_dz[slab] = uneven(dz, *self.seen_by_x)
            if param_grads:
                odd_x[slab] = uneven(x[slab], *self.seen_by_y)
            self.from_outputs(dz, odd_dz[slab], products[slab])
            row_sum(dz, dbias)

        (dbias,) = OrderedSum(slabs, ((self.filters,),), dy.dtype).compute(begin)
        each = self.transformed_shape[0] * dy.itemsize * (self.filters + products[..., 0, 0].size)
        channels = split(self.channels, max(each, PART // CHANNELS), PART)
        parallel_for(lambda i: self.grads_of_channels(channels[i], products, x, odd_x, dx, dw), len(channels))

        def compute_directly(image: slice, dw: np.ndarray | None = None) -> None:
            dz = activation_grad(dy[image], y[image], activation)
            self.grads(x[image], dz, dx[image] if dx is not None and odd_dz[image.start] else None, dw)

        if dw is None:
            images = single(odd_dz)
            parallel_for(lambda i: compute_directly(images[i]), len(images))
            return ()
        if images := single(odd_x | odd_dz):
            dw += OrderedSum(images, (self.order,), dy.dtype).compute(compute_directly)[0]
        return dw, dbias

    def grads_of_channels(
        self,
        part: slice,
        products: np.ndarray,
        x: np.ndarray,
        left_out: np.ndarray,
        dx: np.ndarray | None,
        dw: np.ndarray | None,
    ) -> None:
        """Write dw and dx of some channels, from the gradients of the products."""
        first, count, slots = part.start, part.stop - part.start, self.transformed_shape[0]
        patches = scratch("patches", (*products.shape[:3], slots, count), products.dtype)
        weights = scratch("kernel", (slots, count, self.filters), products.dtype)
        rows, results = patches.reshape(-1, slots * count), products.reshape(-1, *products.shape[3:])
        by_point = [
            (results[:, point], matrix(weights[start:stop]), rows[:, start * count : stop * count])
            for point, (start, stop) in enumerate(itertools.pairwise(self.transforms.bounds))
        ]
        size = count, self.filters
        if dw is not None:
            self.to_patches(x, first, left_out, patches)
            for result, weight, row in by_point:
                np.matmul(row.T, result, out=weight)
            taps = dw.reshape(self.taps.shape)
            transform_block(self.transforms.kernel.adjoint, weights, (0, 0), size, taps, (first, 0))
        if dx is not None:
            transform_block(self.transforms.kernel.matrix, self.taps, (first, 0), size, weights, (0, 0))
            for result, weight, row in by_point:
                np.matmul(result, weight.T, out=row)
            self.from_patches(patches, first, dx)

    # The transforms of slabs and their adjoints

    def numbers(self, images: int, count: int, channels: int) -> np.ndarray:
        """Memory for `count` numbers of each patch and channel."""
        return memory_pool.empty((images, *self.tiles, count, channels), self.kernel.dtype)

    def to_patches(self, x: np.ndarray, first: int, left_out: np.ndarray, patches: np.ndarray) -> None:
        """Write the slots of all patches of x, of some channels from `first` on; zeros for images left out."""
        near = memory_for(self.of_patches, patches)
        transform_windows(*self.transforms.patch.matrix, x, first, left_out, self.of_patches, near, patches)

    def from_patches(self, patches: np.ndarray, first: int, dx: np.ndarray) -> None:
        """The adjoint of `to_patches`: write these channels of dx."""
        near = memory_for(self.of_patches, patches)
        add_windows(*self.transforms.patch.adjoint, patches, self.of_patches, near, first, dx)

    def to_outputs(self, products: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        """Write ``y = f(z + b)``, z of the products of all patches."""
        near = memory_for(self.of_outputs, products)
        shift = np.zeros(self.filters, y.dtype) if bias is None else bias
        rectifies = activation.name == "leaky_relu"
        slope = y.dtype.type(activation.slope if rectifies else 1)
        write_windows(*self.transforms.outputs.matrix, products, self.of_outputs, near, shift, slope, y)
        shift_and_activate(y, None, LINEAR if rectifies else activation)

    def from_outputs(self, dz: np.ndarray, left_out: np.ndarray, products: np.ndarray) -> None:
        """The adjoint of the products' part of `to_outputs`; zeros for images left out."""
        near = memory_for(self.of_outputs, products)
        transform_windows(*self.transforms.outputs.adjoint, dz, 0, left_out, self.of_outputs, near, products)


def memory_for(windows: Windows, numbers: np.ndarray) -> np.ndarray:
    """Scratch memory for the pixels of one window."""
    return scratch("window", (windows[0] * windows[1], numbers.shape[-1]), numbers.dtype)


def transform_block(
    sparse: Sparse, kernel: np.ndarray, start: Pair, size: Pair, results: np.ndarray, begin: Pair
) -> None:
    """`transform_kernel` with scratch memory."""
    near, found = (scratch(name, (len(a), NEAR), a.dtype) for name, a in (("near", kernel), ("found", results)))
    transform_kernel(*sparse, kernel, start, size, near, found, results, begin)


@lru_cache(maxsize=64)
def seen_by_outputs(image: int, outputs: int, taps: int, stride: int, before: int) -> np.ndarray:
    """For each output along an axis the first pixel of the image that it sees, and the end."""
    first = np.arange(outputs) * stride - before
    return np.stack([first, first + taps], axis=1).clip(0, image)


@lru_cache(maxsize=64)
def seen_by_inputs(image: int, outputs: int, taps: int, stride: int, before: int) -> np.ndarray:
    """For each pixel of the image along an axis the first output that sees it, and the end."""
    place = np.arange(image) + before
    return np.stack([-((taps - 1 - place) // stride), place // stride + 1], axis=1).clip(0, outputs)
