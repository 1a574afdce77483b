"""Convolutions of 3 x 3 taps with fewer multiplications: Winograd's F(2 x 2, 3 x 3) and F(4 x 2, 3 x 3).

In one dimension, m neighbouring outputs of three taps take 3 m products. But a polynomial of degree m - 1 times one of
degree 2 is determined by its values at m + 2 points, which take m + 2 products. With V_k the powers 0 to k - 1 of the
points, a row for each, the coefficients of the product are ``V_{m+2}^-1 ((V_3 w) * (V_m y))``. A convolution is the
transpose of that: from a patch d of m + 2 pixels it computes

    y = V_m^T ((V_3 w) * (V_{m+2}^-T d)) = A ((G w) * (B d)).

With the points 0, 1, -1 and infinity, whose powers are 0 but for the last, two outputs take four products,

    y_0 = m_0 + m_1 + m_2,    m_0 = (d_0 - d_2) w_0,    m_1 = (d_1 + d_2) / 2 (w_0 + w_1 + w_2),
    y_1 = m_1 - m_2 + m_3,    m_3 = (d_3 - d_1) w_2,    m_2 = (d_2 - d_1) / 2 (w_0 - w_1 + w_2).

Rows and columns do so one after the other, which is the Kronecker product of their matrices: a patch of 4 x 4 pixels
becomes 16 numbers by ``B (x) B``, the nine taps become 16 by ``G (x) G``, and of the 16 products ``A (x) A`` makes
2 x 2 outputs. 16 products instead of 36; with channels they are products of matrices, (patches, C) times (C, F). The
gradients are the adjoints, by the transposed matrices.

Four outputs take six products, of larger and smaller numbers, which loses digits compared with the direct sum: one bit
with 128 channels where one axis does so, and more where both do. So one axis may, if that saves products.

An image with a pixel that is far larger than others (`uneven`) is left out, as zeros, and computed directly.

The work is divided by the numbers of a patch: one task is the product of one number of all patches of a batch. So a
kernel that is larger than a few images is read once.

Sources: Winograd, "Arithmetic complexity of computations" (1980); Lavin and Gray, arXiv:1509.09308, section 4. The
points for four outputs, two pairs of opposite numbers around 1, were found by trying. Why they matter: Barabasz et al.,
"Error analysis and improving the accuracy of Winograd convolution for deep neural networks", arXiv:1803.10986.
"""

import itertools
import math
from functools import cache

import numpy as np

from minigan.kernels.cpu.algorithms.im2col import window_view, zero_padded
from minigan.kernels.cpu.algorithms.patches import ByPatches, single
from minigan.kernels.cpu.algorithms.slab_activations import activation_grad, shift_and_activate
from minigan.kernels.cpu.algorithms.small_gemm import MULTIPLICATIONS
from minigan.kernels.cpu.algorithms.uneven import uneven
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.broadcast import row_sum, tile_row
from minigan.kernels.cpu.parallel.ordered_sum import OrderedSum
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.cpu.parallel.slabs import split, split_coarse
from minigan.kernels.reference.affine import Activation
from minigan.kernels.reference.padding import Pads, Pair, crop
from minigan.kernels.reference.windows import DENSE

__all__ = ["Winograd"]

#: The points for a number of outputs along an axis; infinity is one more.
POINTS = {2: (0, 1, -1), 4: (0, 5 / 8, -5 / 8, 3 / 2, -3 / 2)}

#: From this number of channels and filters, and of outputs, on, fewer products pay for the transforms around them.
WIDE, MANY = 128, 1024


def one_way(outputs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """B, G and A for this number of outputs."""
    points = POINTS[outputs]

    def powers(count: int) -> np.ndarray:
        return np.vstack([np.vander(points, count, increasing=True), np.eye(count)[-1:]])

    return np.linalg.inv(powers(outputs + 2)).T, powers(3), powers(outputs).T


@cache
def both_ways(outputs: Pair, dtype: np.dtype) -> tuple[np.ndarray, ...]:
    """B, G and A for rows and columns."""
    rows, columns = map(one_way, outputs)
    return tuple(np.kron(m, n).astype(dtype) for m, n in zip(rows, columns))


def transformed(matrix: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The product of a small matrix with many columns, in parts so small that BLAS need not copy them."""
    result = memory_pool.empty((len(matrix), columns.shape[1]), columns.dtype)
    parts = split(columns.shape[1], matrix.size, MULTIPLICATIONS)

    def work(number: int) -> None:
        np.matmul(matrix, columns[:, parts[number]], out=result[:, parts[number]])

    parallel_for(work, len(parts))
    return result


class Winograd(ByPatches):
    """Convolutions of stride 1 with 3 x 3 taps."""

    def __init__(self, kernel: np.ndarray, image: Pair, out_size: Pair, strides: Pair, pads: Pads) -> None:
        super().__init__(kernel, image, out_size, strides, pads)
        self.patch = self.outputs[0] + 2, self.outputs[1] + 2
        # The last patches may reach beyond the image, and their outputs beyond the output.
        (top, _), (left, _) = pads
        made_height, made_width = (count * size for count, size in zip(self.tiles, self.outputs))
        self.inside = (top, made_height + 2 - top - image[0]), (left, made_width + 2 - left - image[1])
        self.outside = (0, made_height - out_size[0]), (0, made_width - out_size[1])
        # What the pixels of x see of dz.
        (above, below), (before, behind) = ((max(2 - first, 0), max(2 - last, 0)) for first, last in pads)
        self.pads_of_dz = (above, below), (before, behind)
        self.of_patch, self.of_taps, self.of_outputs = both_ways(self.outputs, kernel.dtype)

    @staticmethod
    def pays(kernel: np.ndarray, strides: Pair, outputs: int) -> bool:
        wide = kernel.shape[:2] == (3, 3) and min(kernel.shape[2:]) >= WIDE
        return wide and strides == DENSE and outputs >= MANY

    def numbers(self, images: int, channels: int) -> np.ndarray:
        """Memory for the numbers of each patch and channel."""
        return memory_pool.empty((len(self.of_patch), images * math.prod(self.tiles), channels), self.kernel.dtype)

    def place(self, slab: slice) -> tuple[slice, slice]:
        """The place of a slab's patches in `numbers`."""
        each = math.prod(self.tiles)
        return slice(None), slice(slab.start * each, slab.stop * each)

    def transformed_kernel(self) -> np.ndarray:
        """The transform of the kernel's nine matrices: one matrix for each number of a patch."""
        return transformed(self.of_taps, self.kernel.reshape(9, -1)).reshape(self.transformed_shape)

    def apply_to(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        long_bias = None if bias is None else tile_row(bias, y.shape[1:])
        weights = self.transformed_kernel()
        patches, products = self.numbers(len(x), self.channels), self.numbers(len(x), self.filters)
        slabs = split_coarse(len(x), self.bytes_of_numbers)
        direct = np.zeros(len(x), np.bool_)

        def begin(number: int) -> None:
            slab = slabs[number]
            direct[slab] = uneven(x[slab], self.pads)
            self.to_patches(x[slab], direct[slab], patches[self.place(slab)])

        def multiply(k: int) -> None:
            np.matmul(patches[k], weights[k], out=products[k])

        def finish(number: int) -> None:
            part = y[slabs[number]]
            self.to_images(products[self.place(slabs[number])], part)
            shift_and_activate(part, long_bias, activation)

        def compute_directly(image: slice) -> None:
            self.product(x[image], y[image])
            shift_and_activate(y[image], long_bias, activation)

        parallel_for(begin, len(slabs))
        parallel_for(multiply, len(weights))
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
        weights = self.transformed_kernel()
        patches, products = self.numbers(len(dy), self.channels), self.numbers(len(dy), self.filters)
        dweights = memory_pool.empty(weights.shape, dy.dtype) if param_grads else None
        slabs = split_coarse(len(dy), self.bytes_of_numbers)
        direct_dx, direct_dw = np.zeros((2, len(dy)), np.bool_)

        def begin(slab: slice, dbias: np.ndarray) -> None:
            dz = activation_grad(dy[slab], y[slab], activation)
            direct_dx[slab] = uneven(dz, self.pads_of_dz)
            self.from_images(dz, direct_dx[slab], products[self.place(slab)])
            row_sum(dz, dbias)
            if param_grads:
                odd = uneven(x[slab], self.pads)
                self.to_patches(x[slab], odd, patches[self.place(slab)])
                np.logical_or(direct_dx[slab], odd, out=direct_dw[slab])

        def multiply(k: int) -> None:
            if dweights is not None:
                np.matmul(patches[k].T, products[k], out=dweights[k])
            if dx is not None:
                np.matmul(products[k], weights[k].T, out=patches[k])

        (dbias,) = OrderedSum(slabs, ((self.filters,),), dy.dtype).compute(begin)
        parallel_for(multiply, len(weights))
        if dx is not None:
            parallel_for(lambda i: self.from_patches(patches[self.place(slabs[i])], dx[slabs[i]]), len(slabs))

        def compute_directly(image: slice, dw: np.ndarray | None = None) -> None:
            dz = activation_grad(dy[image], y[image], activation)
            self.grads(x[image], dz, dx[image] if dx is not None and direct_dx[image.start] else None, dw)

        images = single(direct_dx | direct_dw)
        if dweights is None:
            parallel_for(lambda i: compute_directly(images[i]), len(images))
            return ()
        dw = transformed(self.of_taps.T, dweights.reshape(len(dweights), -1)).reshape(self.order)
        if images:
            dw += OrderedSum(images, (self.order,), dy.dtype).compute(compute_directly)[0]
        return dw, dbias

    # The transforms of slabs and their adjoints

    def to_patches(self, x: np.ndarray, left_out: np.ndarray, patches: np.ndarray) -> None:
        """Write the numbers of all patches of x; zeros for the images that are left out."""
        view = window_view(zero_padded(x, self.inside), self.patch, self.outputs, self.tiles)
        pixels = scratch("im2col", view.shape, x.dtype)
        np.copyto(pixels, view)
        pixels[left_out] = 0
        pixels = pixels.reshape(-1, len(self.of_patch), self.channels)
        np.matmul(self.of_patch, pixels, out=patches.transpose(1, 0, 2))

    def from_patches(self, patches: np.ndarray, dx: np.ndarray) -> None:
        """The adjoint of `to_patches`: write dx, where patches overlap by two pixels."""
        n, (rows, columns), (height, width), c = len(dx), self.tiles, self.outputs, self.channels
        pixels = scratch("im2col", (n, rows, columns, *self.patch, c), dx.dtype)
        np.matmul(self.of_patch.T, patches.transpose(1, 0, 2), out=pixels.reshape(-1, len(self.of_patch), c))
        total = scratch("padded", (n, rows + 1, height, columns + 1, width, c), dx.dtype)
        total.fill(0)
        # The rest of a patch, below its outputs' rows and right of their columns, overlaps the next patches.
        for (i, down), (j, across) in itertools.product(((0, height), (1, 2)), ((0, width), (1, 2))):
            part = pixels[:, :, :, i * height :, j * width :][:, :, :, :down, :across]
            total[:, i : i + rows, :down, j : j + columns, :across] += part.transpose(0, 1, 3, 2, 4, 5)
        whole = total.reshape(n, (rows + 1) * height, (columns + 1) * width, c)
        dx[...] = crop(whole[:, : rows * height + 2, : columns * width + 2], self.inside)

    def to_images(self, products: np.ndarray, y: np.ndarray) -> None:
        """Write the outputs of all patches to y."""
        outputs = scratch("im2col", (len(y), *self.tiles, *self.outputs, self.filters), y.dtype)
        each = math.prod(self.outputs)
        np.matmul(self.of_outputs, products.transpose(1, 0, 2), out=outputs.reshape(-1, each, self.filters))
        whole = y
        if any(map(any, self.outside)):
            size = (count * size for count, size in zip(self.tiles, self.outputs))
            whole = scratch("padded", (len(y), *size, self.filters), y.dtype)
        window_view(whole, self.outputs, self.outputs, self.tiles)[...] = outputs
        if whole is not y:
            y[...] = crop(whole, self.outside)

    def from_images(self, dz: np.ndarray, left_out: np.ndarray, products: np.ndarray) -> None:
        """The adjoint of `to_images`: write the gradients with respect to the products; zeros for those left out."""
        view = window_view(zero_padded(dz, self.outside), self.outputs, self.outputs, self.tiles)
        outputs = scratch("im2col", view.shape, dz.dtype)
        np.copyto(outputs, view)
        outputs[left_out] = 0
        each = math.prod(self.outputs)
        np.matmul(self.of_outputs.T, outputs.reshape(-1, each, self.filters), out=products.transpose(1, 0, 2))
