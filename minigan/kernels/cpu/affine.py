"""Affine maps and their activations: the driver that runs a map over slabs, and the choice of the map."""

import math

import numpy as np

from minigan.kernels.cpu.algorithms.gemm import Dense, Map, WholeBatch
from minigan.kernels.cpu.algorithms.im2col import Columns
from minigan.kernels.cpu.algorithms.nine_product import Narrow, Upsampled
from minigan.kernels.cpu.algorithms.slab_activations import activation_grad, shift_and_activate
from minigan.kernels.cpu.algorithms.split_gemm import SplitGemm, outweighs
from minigan.kernels.cpu.algorithms.winograd import Winograd, pays
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.broadcast import row_sum, tile_row
from minigan.kernels.cpu.parallel.slabs import OrderedSum, cut, run
from minigan.kernels.reference.affine import LINEAR, Activation, Convolution, Operation, UpsampledConvolution
from minigan.kernels.reference.windows import Pads, Pair, output_size

__all__ = ["affine", "affine_grads", "conv2d", "conv2d_input_grad", "conv2d_kernel_grad"]


def affine(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, operation: Operation, activation: Activation
) -> np.ndarray:
    """``y = f(A x + b)``: product, bias and activation of a slab while it is in the cache."""
    x = memory_pool.contiguous(x)
    shape, chosen = plan(operation, x.shape, kernel)
    y = memory_pool.empty(shape, x.dtype)
    if isinstance(chosen, WholeBatch):
        chosen.apply(x, bias, activation, y)
        return y
    slabs = cut(len(x), chosen.bytes_each)
    long_bias = None if bias is None else tile_row(bias, shape[1:])

    def work(number: int) -> None:
        part = y[slabs[number]]
        chosen.product(x[slabs[number]], part)
        shift_and_activate(part, long_bias, activation)

    run(work, len(slabs))
    return y


def affine_grads(
    dy: np.ndarray,
    y: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    operation: Operation,
    activation: Activation,
    param_grads: bool = True,
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """The gradients with respect to x, w and b, from one visit to each slab."""
    dy, y, x = map(memory_pool.contiguous, (dy, y, x))
    _, chosen = plan(operation, x.shape, kernel)
    dx = memory_pool.empty(x.shape, x.dtype)
    if isinstance(chosen, WholeBatch):
        return dx, *chosen.apply_grads(dy, y, x, activation, dx, param_grads)
    slabs = cut(len(x), chosen.bytes_each)

    def work(slab: slice, dw: np.ndarray | None = None, dbias: np.ndarray | None = None) -> None:
        dz = activation_grad(dy[slab], y[slab], activation)
        chosen.grads(x[slab], dz, dx[slab], dw)
        if dbias is not None:
            row_sum(dz, dbias)

    if not param_grads:
        run(lambda number: work(slabs[number]), len(slabs))
        return dx, None, None
    dw, dbias = OrderedSum(slabs, (chosen.order, kernel.shape[-1:]), x.dtype).run(work)
    return dx, chosen.kernel_grad(dw), dbias


def conv2d(x: np.ndarray, kernel: np.ndarray, strides: Pair, pads: Pads) -> np.ndarray:
    """The twin of `minigan.kernels.reference.convolution.conv2d`."""
    return affine(x, kernel, None, Convolution(strides, pads), LINEAR)


def conv2d_kernel_grad(x: np.ndarray, dy: np.ndarray, size: Pair, strides: Pair, pads: Pads) -> np.ndarray:
    """The twin of `minigan.kernels.reference.convolution.conv2d_kernel_grad`."""
    x, dy = map(memory_pool.contiguous, (x, dy))
    # The values of the kernel play no part.
    kernel = memory_pool.empty((*size, x.shape[3], dy.shape[3]), x.dtype)
    _, chosen = plan(Convolution(strides, pads), x.shape, kernel)
    slabs = cut(len(x), chosen.bytes_each)
    (dw,) = OrderedSum(slabs, (chosen.order,), x.dtype).run(lambda slab, dw: chosen.grads(x[slab], dy[slab], None, dw))
    return memory_pool.contiguous(chosen.kernel_grad(dw))


def conv2d_input_grad(dy: np.ndarray, kernel: np.ndarray, image: Pair, strides: Pair, pads: Pads) -> np.ndarray:
    """The twin of `minigan.kernels.reference.convolution.conv2d_input_grad`."""
    dy = memory_pool.contiguous(dy)
    shape = (len(dy), *image, kernel.shape[2])
    _, chosen = plan(Convolution(strides, pads), shape, kernel)
    dx = memory_pool.empty(shape, dy.dtype)
    slabs = cut(len(dy), chosen.bytes_each)
    run(lambda number: chosen.grads(None, dy[slabs[number]], dx[slabs[number]], None), len(slabs))
    return dx


def plan(operation: Operation, shape: tuple[int, ...], kernel: np.ndarray) -> tuple[tuple[int, ...], Map]:
    """The output's shape for an input's, and the map that suits them."""
    if isinstance(operation, Convolution):
        return convolution(operation, shape, kernel)
    if isinstance(operation, UpsampledConvolution):
        n, h, w, _ = shape
        return (n, 2 * h, 2 * w, kernel.shape[3]), Upsampled(kernel, (h, w))
    *batch, _ = shape
    suitable = SplitGemm if outweighs(kernel, math.prod(batch)) else Dense
    return (*batch, kernel.shape[1]), suitable(kernel, math.prod(batch[1:]))


def convolution(operation: Convolution, shape: tuple[int, ...], kernel: np.ndarray) -> tuple[tuple[int, ...], Map]:
    """Taps first where few channels come out of many, fewer products where they pay, else windows as rows."""
    (n, h, w, c), (kh, kw, _, f) = shape, kernel.shape
    strides, pads = operation
    oh, ow = map(output_size, (h, w), (kh, kw), strides, pads)
    chosen: Map
    if strides == (1, 1) and kh * kw * f <= c and max(pads[0]) < kh and max(pads[1]) < kw:
        chosen = Narrow(kernel, (h, w), (oh, ow), pads)
    elif strides == (1, 1) and pays(kernel, n * oh * ow):
        chosen = Winograd(kernel, (h, w), (oh, ow), pads)
    else:
        chosen = Columns(kernel, (h, w), (oh, ow), strides, pads)
    return (n, oh, ow, f), chosen
