"""Convolutions of 3 x 3 taps with fewer multiplications: Winograd's F(2 x 2, 3 x 3).

Two neighbouring outputs of three taps take six products; in one dimension, of ``d_0 ... d_3``, they are

    y_0 = m_0 + m_1 + m_2,    m_0 = (d_0 - d_2) w_0,    m_1 = (d_1 + d_2) (w_0 + w_1 + w_2) / 2,
    y_1 = m_1 - m_2 - m_3,    m_3 = (d_1 - d_3) w_2,    m_2 = (d_2 - d_1) (w_0 - w_1 + w_2) / 2:

four products, or ``y = A ((G w) * (B d))``. Rows and columns do so one after the other, which is the Kronecker product
of each matrix with itself: a patch of 4 x 4 pixels becomes 16 numbers by ``B (x) B``, the nine taps become 16 by
``G (x) G``, and of the 16 products ``A (x) A`` makes 2 x 2 outputs. 16 products instead of 36; with channels they are
products of matrices, (patches, C) times (C, F). The gradients are the adjoints, by the transposed matrices.

Each of the 16 is one piece of work for all patches of a batch: a kernel that is larger than a few images is read once.

The entries of B and A are 0, 1 and -1, so that hardly a digit is lost; larger patches need fewer products, but larger
numbers too, and lose one or two. Sources: Winograd, "Arithmetic complexity of computations" (1980); Lavin and Gray,
arXiv:1509.09308, section 4.
"""

import itertools
from functools import cache

import numpy as np

from minigan.kernels.cpu import memory
from minigan.kernels.cpu.activations import activation_grad, shift_and_activate
from minigan.kernels.cpu.columns import Columns, framed, windows
from minigan.kernels.cpu.maps import WholeBatch
from minigan.kernels.cpu.products import MULTIPLICATIONS
from minigan.kernels.cpu.rows import lengthened, row_sum
from minigan.kernels.cpu.slabs import Lanes, cut, cut_coarsely, run, scratch
from minigan.kernels.reference.fused import Activation
from minigan.kernels.reference.windows import Pads, Pair, crop

__all__ = ["Winograd", "pays"]

B = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
A = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])

#: From so many channels, filters and outputs on, fewer products pay for what is done around them.
WIDE, MANY = 128, 1024

#: Bytes that the 16 numbers of all patches and the products may take at once.
BLOCK = 1 << 24


@cache
def both_ways(dtype: np.dtype) -> tuple[np.ndarray, ...]:
    """B, G and A for rows and columns."""
    return tuple(np.kron(m, m).astype(dtype) for m in (B, G, A))


def pays(kernel: np.ndarray, outputs: int) -> bool:
    """Whether a convolution of stride 1 to so many pixels, of all images, gains."""
    return kernel.shape[:2] == (3, 3) and min(kernel.shape[2:]) >= WIDE and outputs >= MANY


def transformed(matrix: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The product of a small matrix with many columns, in parts that BLAS need not copy."""
    result = memory.empty((len(matrix), columns.shape[1]), columns.dtype)
    parts = cut(columns.shape[1], matrix.size, MULTIPLICATIONS)

    def work(number: int) -> None:
        np.matmul(matrix, columns[:, parts[number]], out=result[:, parts[number]])

    run(work, len(parts))
    return result


class Winograd(Columns, WholeBatch):
    """The convolution of images (H, W) with a kernel (3, 3, C, F) to images (OH, OW), for whole batches.

    Of a slab alone it is the convolution by columns.
    """

    title = "Winograd"

    def __init__(self, kernel: np.ndarray, image: Pair, fit: Pair, pads: Pads) -> None:
        super().__init__(kernel, image, fit, (1, 1), pads)
        self.filters = kernel.shape[3]
        self.transformed_shape = 16, self.channels, self.filters
        self.tiles = -(-fit[0] // 2), -(-fit[1] // 2)
        # The last patches may stick out of the image, and what they make out of the output.
        (top, _), (left, _) = pads
        height, width = (2 * count + 2 for count in self.tiles)
        self.inside = (top, height - top - image[0]), (left, width - left - image[1])
        self.outside = (0, 2 * self.tiles[0] - fit[0]), (0, 2 * self.tiles[1] - fit[1])
        self.bytes_of_sixteen = 16 * self.tiles[0] * self.tiles[1] * (self.channels + self.filters) * kernel.itemsize
        self.of_patch, self.of_taps, self.of_outputs = both_ways(kernel.dtype)

    def blocks(self, count: int) -> tuple[slice, ...]:
        """So many images in parts whose patches and products together stay small enough."""
        return cut(count, self.bytes_of_sixteen, BLOCK)

    def sixteen(self, images: int, channels: int) -> np.ndarray:
        """Memory for 16 numbers of each patch and channel."""
        return memory.empty((16, images * self.tiles[0] * self.tiles[1], channels), self.kernel.dtype)

    def place(self, slab: slice) -> tuple[slice, slice]:
        """Where a slab's patches lie in it."""
        each = self.tiles[0] * self.tiles[1]
        return slice(None), slice(slab.start * each, slab.stop * each)

    def transformed_kernel(self) -> np.ndarray:
        """The 16 matrices that the nine of the kernel become."""
        return transformed(self.of_taps, self.kernel.reshape(9, -1)).reshape(self.transformed_shape)

    def apply(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        long_bias = None if bias is None else lengthened(bias, y.shape[1:])
        for block in self.blocks(len(x)):
            self.apply_to(x[block], long_bias, activation, y[block])

    def apply_grads(
        self, dy: np.ndarray, y: np.ndarray, x: np.ndarray, activation: Activation, dx: np.ndarray, param_grads: bool
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        sums = memory.zeros(self.order, x.dtype), np.zeros(self.filters, x.dtype)
        for block in self.blocks(len(x)):
            parts = self.grads_of(dy[block], y[block], x[block], activation, dx[block], param_grads)
            for total, part in zip(sums, parts):
                total += part
        return sums if param_grads else (None, None)

    def apply_to(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        """`apply` to a block; the bias is that of many pixels."""
        weights = self.transformed_kernel()
        patches, products = self.sixteen(len(x), self.channels), self.sixteen(len(x), self.filters)
        slabs = cut_coarsely(len(x), self.bytes_of_sixteen)

        def multiply(k: int) -> None:
            np.matmul(patches[k], weights[k], out=products[k])

        def finish(number: int) -> None:
            part = y[slabs[number]]
            self.to_images(products[self.place(slabs[number])], part)
            shift_and_activate(part, bias, activation)

        run(lambda i: self.to_patches(x[slabs[i]], patches[self.place(slabs[i])]), len(slabs))
        run(multiply, 16)
        run(finish, len(slabs))

    def grads_of(
        self, dy: np.ndarray, y: np.ndarray, x: np.ndarray, activation: Activation, dx: np.ndarray, param_grads: bool
    ) -> tuple[np.ndarray, ...]:
        """`apply_grads` of a block; nothing without `param_grads`."""
        weights = self.transformed_kernel()
        patches, products = self.sixteen(len(x), self.channels), self.sixteen(len(x), self.filters)
        dweights = memory.empty(weights.shape, x.dtype) if param_grads else None
        slabs = cut_coarsely(len(x), self.bytes_of_sixteen)

        def begin(slab: slice, dbias: np.ndarray) -> None:
            dz = activation_grad(dy[slab], y[slab], activation)
            self.from_images(dz, products[self.place(slab)])
            row_sum(dz, dbias)
            if param_grads:
                self.to_patches(x[slab], patches[self.place(slab)])

        def multiply(k: int) -> None:
            if dweights is not None:
                np.matmul(patches[k].T, products[k], out=dweights[k])
            np.matmul(products[k], weights[k].T, out=patches[k])

        (dbias,) = Lanes(slabs, ((self.filters,),), x.dtype).run(begin)
        run(multiply, 16)
        run(lambda i: self.from_patches(patches[self.place(slabs[i])], dx[slabs[i]]), len(slabs))
        if dweights is None:
            return ()
        return transformed(self.of_taps.T, dweights.reshape(16, -1)).reshape(self.order), dbias

    # Slabs, on the way there and back

    def to_patches(self, x: np.ndarray, patches: np.ndarray) -> None:
        """Write the 16 numbers of all patches of x."""
        view = windows(framed(x, self.inside), (4, 4), (2, 2), self.tiles)
        pixels = scratch("columns", view.shape, x.dtype)
        np.copyto(pixels, view)
        np.matmul(self.of_patch, pixels.reshape(-1, 16, self.channels), out=patches.transpose(1, 0, 2))

    def from_patches(self, patches: np.ndarray, dx: np.ndarray) -> None:
        """The adjoint of `to_patches`: write dx, where the halves of patches overlap."""
        n, (rows, columns), c = len(dx), self.tiles, self.channels
        pixels = scratch("columns", (n, rows, columns, 2, 2, 2, 2, c), dx.dtype)
        np.matmul(self.of_patch.T, patches.transpose(1, 0, 2), out=pixels.reshape(-1, 16, c))
        total = scratch("frame", (n, rows + 1, 2, columns + 1, 2, c), dx.dtype)
        total.fill(0)
        for i, j in itertools.product((0, 1), repeat=2):
            total[:, i : i + rows, :, j : j + columns] += pixels[:, :, :, i, :, j].transpose(0, 1, 3, 2, 4, 5)
        dx[...] = crop(total.reshape(n, 2 * rows + 2, 2 * columns + 2, c), self.inside)

    def to_images(self, products: np.ndarray, y: np.ndarray) -> None:
        """Write the outputs of all patches to y."""
        outputs = scratch("columns", (len(y), *self.tiles, 2, 2, self.filters), y.dtype)
        np.matmul(self.of_outputs, products.transpose(1, 0, 2), out=outputs.reshape(-1, 4, self.filters))
        whole = y
        if any(map(any, self.outside)):
            whole = scratch("frame", (len(y), 2 * self.tiles[0], 2 * self.tiles[1], self.filters), y.dtype)
        windows(whole, (2, 2), (2, 2), self.tiles)[...] = outputs
        if whole is not y:
            y[...] = crop(whole, self.outside)

    def from_images(self, dz: np.ndarray, products: np.ndarray) -> None:
        """The adjoint of `to_images`: write the gradients with respect to the products."""
        view = windows(framed(dz, self.outside), (2, 2), (2, 2), self.tiles)
        outputs = scratch("columns", view.shape, dz.dtype)
        np.copyto(outputs, view)
        np.matmul(self.of_outputs.T, outputs.reshape(-1, 4, self.filters), out=products.transpose(1, 0, 2))
