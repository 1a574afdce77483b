"""Convolution on the GPU: the launchers of ``convolution.cu``.

`forward`, `input_grad` and `kernel_grad` launch its three products, for the twins here and for those of
`minigan.kernels.cuda.affine`.
"""

from typing import NamedTuple

from minigan.backend import Array, array_module
from minigan.kernels.cuda.compiler import contiguous, fits, module
from minigan.kernels.cuda.fused_activation import code
from minigan.kernels.cuda.tiles import Tiling, choose_tiling, options
from minigan.kernels.reference.affine import LINEAR, Activation
from minigan.kernels.reference.padding import Pads, Pair
from minigan.kernels.reference.windows import DENSE, output_size

__all__ = ["conv2d", "conv2d_input_grad", "conv2d_kernel_grad"]

#: Threads of a block of ``add_parts``.
ADDING_THREADS = 256


class Sizes(NamedTuple):
    """The sizes of a convolution, in the order in which every kernel takes them."""

    images: int
    height: int
    width: int
    channels: int
    out_height: int
    out_width: int
    filters: int
    kernel_height: int
    kernel_width: int
    stride_h: int
    stride_w: int
    top: int
    left: int

    @classmethod
    def of(cls, x: tuple[int, ...], kernel: tuple[int, ...], strides: Pair, pads: Pads) -> "Sizes":
        """The sizes from the shapes of x (N, H, W, C) and of the kernel (KH, KW, C, F)."""
        (n, h, w, c), (kh, kw, _, f) = x, kernel
        oh, ow = map(output_size, (h, w), (kh, kw), strides, pads)
        return cls(n, h, w, c, oh, ow, f, kh, kw, *strides, pads[0][0], pads[1][0])

    @property
    def places(self) -> int:
        """Windows in all images."""
        return self.images * self.out_height * self.out_width

    @property
    def taps(self) -> int:
        """Numbers in a window."""
        return self.kernel_height * self.kernel_width * self.channels

    def fit(self) -> bool:
        """Whether there are windows, and all sizes are small enough for the kernels."""
        pixels = self.images * self.height * self.width
        sizes = pixels * self.channels, self.places * self.filters, (self.taps + 1) * self.filters
        return min(self.out_height, self.out_width) > 0 and fits(*sizes)


def plain(dilation: Pair, groups: int) -> bool:
    """Whether the pixels of a window are neighbours and each filter sees all channels: the kernels do no other."""
    return tuple(dilation) == DENSE and groups == 1


def conv2d(x: Array, kernel: Array, strides: Pair, pads: Pads, dilation: Pair = DENSE, groups: int = 1) -> Array:
    """The twin of `minigan.kernels.reference.convolution.conv2d`."""
    sizes = Sizes.of(x.shape, kernel.shape, strides, pads)
    if not plain(dilation, groups) or not sizes.fit():
        return NotImplemented
    y = forward(x, kernel, None, sizes, LINEAR)
    return y.reshape(sizes.images, sizes.out_height, sizes.out_width, sizes.filters)


def conv2d_input_grad(
    dy: Array, kernel: Array, image: Pair, strides: Pair, pads: Pads, dilation: Pair = DENSE, groups: int = 1
) -> Array:
    """The twin of `minigan.kernels.reference.convolution.conv2d_input_grad`."""
    shape = len(dy), *image, kernel.shape[2]
    sizes = Sizes.of(shape, kernel.shape, strides, pads)
    if not plain(dilation, groups) or not sizes.fit():
        return NotImplemented
    return input_grad(dy, None, kernel, sizes, LINEAR).reshape(shape)


def conv2d_kernel_grad(
    x: Array, dy: Array, size: Pair, strides: Pair, pads: Pads, dilation: Pair = DENSE, groups: int = 1
) -> Array:
    """The twin of `minigan.kernels.reference.convolution.conv2d_kernel_grad`."""
    shape = *size, x.shape[3], dy.shape[3]
    sizes = Sizes.of(x.shape, shape, strides, pads)
    if not plain(dilation, groups) or not sizes.fit():
        return NotImplemented
    return kernel_grad(x, dy, None, sizes, LINEAR)[:-1].reshape(shape)


def forward(
    x: Array, kernel: Array, bias: Array | None, sizes: Sizes, activation: Activation, group: int | None = None
) -> Array:
    """``f(im2col(x) kernel + bias)``, (places, filters).

    The kernel is stored as several matrices, one after the other, of `group` columns each; without a group it is one.
    """
    y = array_module(x).empty((sizes.places, sizes.filters), x.dtype)
    tiling = choose_tiling(*y.shape, sizes.taps, x.itemsize)
    parts = sum_buffer(tiling, y)
    launch("convolve", tiling, parts, (x, kernel, bias, parts), (*sizes, group or sizes.filters), activation)
    return add_parts(tiling, parts, y, bias, activation)


def input_grad(
    dy: Array, y: Array | None, kernel: Array, sizes: Sizes, activation: Activation, direction: int = -1
) -> Array:
    """``im2col'(dz) kernel^T``, (pixels, channels), with ``dz = dy f'(y)``; y may be None where f is linear.

    With the direction -1 tap i reads place p - i of dz, with 1 place p + i.
    """
    stride_h, stride_w = sizes.stride_h, sizes.stride_w
    dx = array_module(dy).empty((sizes.images * sizes.height * sizes.width, sizes.channels), dy.dtype)
    # The largest of the phases.
    rows = sizes.images * -(-sizes.height // stride_h) * -(-sizes.width // stride_w)
    taps = -(-sizes.kernel_height // stride_h) * -(-sizes.kernel_width // stride_w)
    phases = stride_h * stride_w
    tiling = choose_tiling(rows, sizes.channels, taps * sizes.filters, dy.itemsize, phases)
    parts = sum_buffer(tiling, dx)
    launch("convolve_back", tiling, parts, (dy, y, kernel, parts), (*sizes, direction), activation, phases)
    return add_parts(tiling, parts, dx, None, LINEAR)


def kernel_grad(
    x: Array, dy: Array, y: Array | None, sizes: Sizes, activation: Activation, group: int | None = None
) -> Array:
    """``im2col(x)^T dz``, and in one more row the sum of dz over all places: (taps + 1, filters).

    All rows but the last may be stored in groups, as the kernel of `forward`.
    """
    shape = sizes.taps + 1, sizes.filters
    if not sizes.places:
        return array_module(x).zeros(shape, x.dtype)
    gradient = array_module(x).empty(shape, x.dtype)
    tiling = choose_tiling(sizes.taps, sizes.filters, sizes.places, x.itemsize)
    parts = sum_buffer(tiling, gradient)
    numbers = *sizes, group or sizes.filters
    launch("convolve_kernel_grad", tiling, parts, (x, dy, y, parts), numbers, activation)
    return add_parts(tiling, parts, gradient, None, LINEAR)


def sum_buffer(tiling: Tiling, out: Array) -> Array:
    """Memory for the parts of a product's sums: `out` itself, if there is one part."""
    return out if tiling.parts == 1 else array_module(out).empty((tiling.parts, out.size), out.dtype)


def launch(
    kernel: str,
    tiling: Tiling,
    parts: Array,
    arrays: tuple[Array | None, ...],
    numbers: tuple[int, ...],
    activation: Activation,
    phases: int = 1,
) -> None:
    """Launch a product; None among the arrays is a null pointer."""
    compiled = module("convolution", parts.dtype, options(tiling.tile, parts.itemsize))
    given = (None if array is None else contiguous(array) for array in arrays)
    grid = tiling.blocks, tiling.parts, phases
    compiled.launch(kernel, grid, (tiling.tile.threads,), (*given, *numbers, *code(activation), tiling.share))


def add_parts(tiling: Tiling, parts: Array, out: Array, bias: Array | None, activation: Activation) -> Array:
    """``f(sum of the parts + bias)``, in `out`."""
    if tiling.parts > 1:
        given = parts, bias if bias is None else contiguous(bias), out
        compiled = module("convolution", out.dtype, options(tiling.tile, out.itemsize))
        lanes = next(lanes for lanes in (8, 4, 2) if lanes <= tiling.parts)
        block = ADDING_THREADS // lanes, lanes
        numbers = tiling.parts, out.size, out.shape[1]
        compiled.launch("add_parts", (-(-out.size // block[0]),), block, (*given, *numbers, *code(activation)))
    return out
