"""A convolution after an upsampling, by 25 products for 16 outputs instead of 36 by `NineProduct`, or 144 directly.

In one dimension two neighbouring pixels make four outputs,

    y_0 = x[-1] w_0 + x[0] (w_1 + w_2),      y_2 = x[0] w_0 + x[1] (w_1 + w_2),
    y_1 = x[0] (w_0 + w_1) + x[1] w_2,       y_3 = x[1] (w_0 + w_1) + x[2] w_2.

With ``a = (x[-1] - x[1]) w_0`` and ``c = (x[2] - x[0]) w_2`` there remain, in ``y_0 - a`` and y_2, the sums
``x[0] u + x[1] v`` and ``x[0] v + x[1] u`` of ``u = w_1 + w_2, v = w_0``. Together they are
``(x[0] + x[1]) (u + v)``, and they differ by ``(x[0] - x[1]) (u - v)``. So it is with y_1 and ``y_3 - c``, which are
the same together. Five products are enough:

    p = (x[0] + x[1]) (w_0 + w_1 + w_2) / 2,       y_0 = p + q + a,
    q = (x[0] - x[1]) (w_1 + w_2 - w_0) / 2,       y_1 = p + r,
    r = (x[0] - x[1]) (w_0 + w_1 - w_2) / 2,       y_2 = p - q,
                                                   y_3 = p - r + c.

In two dimensions rows and columns do so one after the other. The gradients are the adjoints, in the opposite order.

The sums are as precise as direct ones, but y_0 and y_3 keep a trace of the rounding of x[1] and x[0], which they do not
depend on. So an image with a pixel that is far larger than others (`uneven`) is left out, and computed by nine
products.
"""

from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from minigan.kernels.compiled.algorithms.nine_product import NineProduct, rectifier
from minigan.kernels.compiled.algorithms.pair_loops import (
    collect_products,
    fold_kernel,
    gather_pairs,
    spread_products,
    to_pairs,
    transform_kernel,
)
from minigan.kernels.compiled.algorithms.uneven import uneven
from minigan.kernels.cpu.algorithms.gemm import by_tap
from minigan.kernels.cpu.algorithms.slab_activations import activate
from minigan.kernels.cpu.algorithms.winograd import single
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.reference.affine import Activation
from minigan.kernels.reference.padding import Pair

__all__ = ["PairProduct", "upsampled"]

#: Entries of a tap's matrix: with more, the 25 matrices and their gradients outweigh the products of a few images.
MOST = 1 << 14


def upsampled(kernel: np.ndarray, image: Pair) -> NineProduct:
    """`PairProduct` for images of even height and width and a kernel that is not too large, else `NineProduct`."""
    suits = image[0] % 2 == image[1] % 2 == 0 and kernel[0, 0].size <= MOST
    return (PairProduct if suits else NineProduct)(kernel, image)


@lru_cache(maxsize=64)
def windows(count: int, stride: int, size: int, pixels: int) -> np.ndarray:
    """The begin and the end of `count` windows, of which the first begins at -1, cut to the image."""
    begin = np.arange(count) * stride - 1
    return np.stack([begin, begin + size], axis=1).clip(0, pixels)


def strip_of(rows: int, kinds: int, wide: int, channels: int, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    """Scratch memory for a strip, and the same with pixels and channels as one axis."""
    strip = scratch("strip", (rows, kinds, wide, channels), dtype)
    return strip, strip.reshape(rows, kinds, wide * channels)


#: Products of kinds that follow one another, and the pixels they are of: q and r, the last two, are of the same.
PARTS = (
    ((slice(4), slice(4)), (slice(4), slice(4))),
    ((4, slice(4)), (3, slice(4))),
    ((slice(4), 4), (slice(4), 3)),
    ((4, 4), (3, 3)),
)


class PairProduct(NineProduct):
    """Doubling of images of even sizes by repetition, then a convolution with 3 x 3 taps that keeps the size."""

    title = "25 products"

    def __init__(self, kernel: np.ndarray, image: Pair) -> None:
        super().__init__(kernel, image)
        self.channels = kernel.shape[2]
        self.nine_order, self.order = self.order, kernel.shape
        self.pairs = image[0] // 2, image[1] // 2
        self.products = 25 * self.pairs[0] * self.pairs[1]
        # Half of the pixels' and the products' memory: BLAS reads them one after the other.
        self.bytes_each = self.products * (self.channels + self.filters) * kernel.itemsize // 2

    def transformed(self, kernel: np.ndarray) -> np.ndarray:
        """The kernels of the 25 products."""
        _, _, rows, columns = kernel.shape
        made = memory_pool.empty((5, 5, rows, columns), kernel.dtype)
        transform_kernel(kernel, kernel.dtype.type(0.5), scratch("strip", (5, 3, columns), kernel.dtype), made)
        return made

    @cached_property
    def weights(self) -> np.ndarray:
        """The kernels of the forward."""
        return self.transformed(memory_pool.contiguous(self.kernel))

    @cached_property
    def transposed_weights(self) -> np.ndarray:
        """The kernels in the order that the backward needs."""
        return self.transformed(by_tap(self.kernel))

    def uneven_pixels(self, x: np.ndarray) -> np.ndarray:
        """For each of the images whether an output sees only pixels that are far smaller than others."""
        h, w = self.image
        return uneven(x, windows(h + 1, 1, 2, h), windows(w + 1, 1, 2, w))

    def uneven_gradients(self, dz: np.ndarray) -> np.ndarray:
        """As `uneven_pixels`, of the gradients that a pixel of x sees."""
        h, w = self.image
        return uneven(dz, windows(h, 2, 4, 2 * h), windows(w, 2, 4, 2 * w))

    def pixels(self, x: np.ndarray, left_out: np.ndarray) -> np.ndarray:
        """The sums and differences of pixels: (4, 4, pairs, C)."""
        h, (tall, wide), c = self.image[0], self.pairs, self.channels
        pairs = scratch("pairs", (4, 4, len(x) * tall, wide * c), x.dtype)
        to_pairs(x, left_out, np.zeros(c, x.dtype), *strip_of(h + 2, 4, wide, c, x.dtype), pairs)
        return pairs.reshape(4, 4, -1, c)

    def forward(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        (tall, wide), f = self.pairs, self.filters
        left_out = self.uneven_pixels(x)
        pixels = self.pixels(x, left_out)
        products = scratch("products", (5, 5, len(x) * tall, wide * f), x.dtype)
        for kinds, of in PARTS:
            np.matmul(pixels[of], self.weights[kinds], out=products.reshape(5, 5, -1, f)[kinds])
        shift, slope = rectifier(bias, activation, y)
        spread_products(products, shift, slope, *strip_of(4, 5, wide, f, x.dtype), y)
        if activation.name != "leaky_relu":
            activate(y, activation)
        for image in single(left_out):
            super().forward(x[image], bias, activation, y[image])

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dw: np.ndarray | None) -> None:
        (tall, wide), f = self.pairs, self.filters
        left_out = direct = self.uneven_gradients(dz)
        products = scratch("products", (5, 5, len(dz) * tall, wide * f), dz.dtype)
        collect_products(dz, left_out, *strip_of(4, 5, wide, f, dz.dtype), products)
        products = products.reshape(5, 5, -1, f)
        if x is not None and dw is not None:
            large = self.uneven_pixels(x)
            self.write_dw(self.pixels(x, large), products, dw)
            direct = left_out | large
        if dx is not None:
            self.write_dx(products, dx)
        for image in single(direct):
            part = None if dw is None else scratch("nine", self.nine_order, dz.dtype)
            dx_of_image = dx[image] if dx is not None and left_out[image.start] else None
            super().grads(None if x is None else x[image], dz[image], dx_of_image, part)
            if part is not None:
                dw += super().kernel_grad(part)

    def write_dw(self, pixels: np.ndarray, products: np.ndarray, dw: np.ndarray) -> None:
        """The gradient with respect to w, by the gradients with respect to the products."""
        dweights = scratch("weights", (5, 5, self.channels, self.filters), dw.dtype)
        for kinds, of in PARTS:
            np.matmul(pixels[of].swapaxes(-1, -2), products[kinds], out=dweights[kinds])
        fold_kernel(dweights, dw.dtype.type(0.5), scratch("strip", (3, 5, self.filters), dw.dtype), dw)

    def write_dx(self, products: np.ndarray, dx: np.ndarray) -> None:
        """The gradient with respect to x, by the gradients with respect to the products."""
        (tall, wide), c = self.pairs, self.channels
        pairs = scratch("pairs", (5, 5, len(dx) * tall, wide * c), dx.dtype)
        np.matmul(products, self.transposed_weights, out=pairs.reshape(5, 5, -1, c))
        gather_pairs(pairs, np.zeros(wide * c, dx.dtype), *strip_of(2, 5, wide, c, dx.dtype), dx)

    def kernel_grad(self, dw: np.ndarray) -> np.ndarray:
        return dw
