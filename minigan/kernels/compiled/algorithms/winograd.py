"""Convolutions with fewer multiplications, of any stride, with compiled transforms.

The forward writes the slots of all patches, and multiplies them with the kernel, a few filters at a time: their part of
the kernel is transformed when it is needed, and stays in the cache. The backward does the products' gradients first,
and then all else for a few channels at a time: their patches, their part of the kernel, dx and dw. So a kernel that is
larger than the images is read once, and nothing as large is summed.
"""

import itertools

import numpy as np

from minigan.kernels.compiled.algorithms.points import patch_size, transforms
from minigan.kernels.compiled.algorithms.transforms import (
    from_outputs,
    from_patches,
    to_outputs,
    to_patches,
    transform_kernel,
)
from minigan.kernels.compiled.algorithms.uneven import uneven
from minigan.kernels.cpu.algorithms import winograd
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
MANY = 256

#: Bytes of the transformed part of a kernel, and of the patches of a few channels.
PART = 1 << 22


class Winograd(ByPatches):
    """Convolutions of windows up to 5 x 5 with stride 1 or 2."""

    def __init__(self, kernel: np.ndarray, image: Pair, out_size: Pair, strides: Pair, pads: Pads) -> None:
        super().__init__(kernel, image, out_size, strides, pads)
        self.transforms = transforms(self.size, strides, self.outputs, kernel.dtype)
        self.patch = patch_size(self.size, strides, self.outputs)
        self.steps = strides[0] * self.outputs[0], strides[1] * self.outputs[1]
        self.corner = pads[0][0], pads[1][0]
        self.taps = kernel.reshape(-1, *kernel.shape[2:])
        axes = tuple(zip(image, out_size, self.size, strides, self.corner))
        self.seen_by_y = tuple(seen_by_outputs(*axis) for axis in axes)
        self.seen_by_x = tuple(seen_by_inputs(*axis) for axis in axes)

    @staticmethod
    def pays(kernel: np.ndarray, strides: Pair, outputs: int) -> bool:
        (height, width, *channels), (down, across) = kernel.shape, strides
        fits = down == across and down in (1, 2) and height == width and height in ((3,) if down == 1 else (3, 4, 5))
        return fits and min(channels) >= winograd.WIDE and outputs >= MANY

    def apply_to(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        slots, points = self.transformed_shape[0], len(self.transforms.bounds) - 1
        patches = memory_pool.empty((len(x), *self.tiles, slots, self.channels), x.dtype)
        products = memory_pool.empty((len(x), *self.tiles, points, self.filters), x.dtype)
        slabs = split(len(x), self.bytes_of_numbers)
        filters = split(self.filters, slots * self.channels * x.itemsize, PART)
        direct = np.zeros(len(x), np.bool_)
        shift = np.zeros(self.filters, x.dtype) if bias is None else bias
        slope, rest = slope_of(activation)

        def begin(number: int) -> None:
            slab = slabs[number]
            direct[slab] = uneven(x[slab], *self.seen_by_y)
            to_patches(
                self.transforms.patch.matrix,
                x[slab],
                0,
                direct[slab],
                self.patch,
                self.steps,
                self.corner,
                patches[slab],
            )

        def multiply(number: int) -> None:
            part = filters[number]
            count = part.stop - part.start
            weights = scratch("kernel", (slots, self.channels, count), x.dtype)
            size = self.channels, count
            transform_kernel(self.transforms.taps.matrix, self.taps, (0, part.start), weights, (0, 0), size)
            rows, results = patches.reshape(-1, slots * self.channels), products.reshape(-1, points, self.filters)
            for point, (start, stop) in enumerate(itertools.pairwise(self.transforms.bounds)):
                own = slice(start * self.channels, stop * self.channels)
                np.matmul(rows[:, own], weights[start:stop].reshape(-1, count), out=results[:, point, part])

        def finish(number: int) -> None:
            slab = slabs[number]
            to_outputs(
                self.transforms.outputs.matrix, products[slab], self.outputs, shift, x.dtype.type(slope), y[slab]
            )
            shift_and_activate(y[slab], None, rest)

        def compute_directly(image: slice) -> None:
            self.forward(x[image], bias, activation, y[image])

        parallel_for(begin, len(slabs))
        parallel_for(multiply, len(filters))
        parallel_for(finish, len(slabs))
        images = single(direct)
        parallel_for(lambda i: compute_directly(images[i]), len(images))

    def grads_of(
        self,
        dy: np.ndarray,
        y: np.ndarray,
        x: np.ndarray,
        activation: Activation,
        dx: np.ndarray | None,
        param_grads: bool,
    ) -> tuple[np.ndarray, ...]:
        slots, points = self.transformed_shape[0], len(self.transforms.bounds) - 1
        products = memory_pool.empty((len(dy), *self.tiles, points, self.filters), dy.dtype)
        dw = memory_pool.empty(self.order, dy.dtype) if param_grads else None
        slabs = split(len(dy), self.bytes_of_numbers)
        each = slots * dy.itemsize * (self.filters + products[..., 0, 0].size)
        parts = split(self.channels, each, PART)
        odd_x, odd_dz = np.zeros((2, len(dy)), np.bool_)

        def begin(slab: slice, dbias: np.ndarray) -> None:
            dz = activation_grad(dy[slab], y[slab], activation)
            odd_dz[slab] = uneven(dz, *self.seen_by_x)
            if param_grads:
                odd_x[slab] = uneven(x[slab], *self.seen_by_y)
            from_outputs(self.transforms.outputs.adjoint, dz, odd_dz[slab], self.outputs, products[slab])
            row_sum(dz, dbias)

        def multiply(number: int) -> None:
            part = parts[number]
            first, count = part.start, part.stop - part.start
            patches = scratch("patches", (len(dy), *self.tiles, slots, count), dy.dtype)
            weights = scratch("kernel", (slots, count, self.filters), dy.dtype)
            rows, results = patches.reshape(-1, slots * count), products.reshape(-1, points, self.filters)
            each = [
                (
                    results[:, point],
                    weights[start:stop].reshape(-1, self.filters),
                    rows[:, start * count : stop * count],
                )
                for point, (start, stop) in enumerate(itertools.pairwise(self.transforms.bounds))
            ]
            size = count, self.filters
            if dw is not None:
                to_patches(self.transforms.patch.matrix, x, first, odd_x, self.patch, self.steps, self.corner, patches)
                for result, weight, row in each:
                    np.matmul(row.T, result, out=weight)
                taps = dw.reshape(self.taps.shape)
                transform_kernel(self.transforms.taps.adjoint, weights, (0, 0), taps, (first, 0), size)
            if dx is not None:
                transform_kernel(self.transforms.taps.matrix, self.taps, (first, 0), weights, (0, 0), size)
                for result, weight, row in each:
                    np.matmul(result, weight.T, out=row)
                from_patches(self.transforms.patch.adjoint, patches, self.patch, self.steps, self.corner, first, dx)

        (dbias,) = OrderedSum(slabs, ((self.filters,),), dy.dtype).compute(begin)
        parallel_for(multiply, len(parts))

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


def slope_of(activation: Activation) -> tuple[float, Activation]:
    """The slope below zero that a loop applies, and the activation that is left to do."""
    if activation.name == "leaky_relu":
        return activation.slope, LINEAR
    return 1.0, activation


def seen_by_outputs(image: int, outputs: int, taps: int, stride: int, before: int) -> np.ndarray:
    """For each output along an axis the first pixel of the image that it sees, and the end."""
    first = np.arange(outputs) * stride - before
    return np.stack([first, first + taps], axis=1).clip(0, image)


def seen_by_inputs(image: int, outputs: int, taps: int, stride: int, before: int) -> np.ndarray:
    """For each pixel of the image along an axis the first output that sees it, and the end."""
    place = np.arange(image) + before
    return np.stack([-((taps - 1 - place) // stride), place // stride + 1], axis=1).clip(0, outputs)
