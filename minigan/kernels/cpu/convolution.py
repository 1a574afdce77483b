"""Convolution and its gradients over slabs, by whichever algorithm suits the sizes."""

from typing import cast

import numpy as np

from minigan.kernels.cpu.affine import affine
from minigan.kernels.cpu.algorithms.choose import NUMPY, Algorithms, choose
from minigan.kernels.cpu.algorithms.gemm import WholeBatch
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.ordered_sum import OrderedSum
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.slabs import split
from minigan.kernels.reference.affine import LINEAR, Convolution
from minigan.kernels.reference.padding import Pads, Pair
from minigan.kernels.reference.windows import DENSE

__all__ = ["conv2d", "conv2d_input_grad", "conv2d_kernel_grad"]


def conv2d(
    x: np.ndarray,
    kernel: np.ndarray,
    strides: Pair,
    pads: Pads,
    dilation: Pair = DENSE,
    groups: int = 1,
    algorithms: Algorithms = NUMPY,
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.convolution.conv2d`."""
    return affine(x, kernel, None, Convolution(strides, pads, dilation, groups), LINEAR, algorithms)


def conv2d_kernel_grad(
    x: np.ndarray,
    dy: np.ndarray,
    size: Pair,
    strides: Pair,
    pads: Pads,
    dilation: Pair = DENSE,
    groups: int = 1,
    algorithms: Algorithms = NUMPY,
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.convolution.conv2d_kernel_grad`."""
    x, dy = map(memory_pool.contiguous, (x, dy))
    # The algorithm needs the kernel's shape, not its values.
    kernel = memory_pool.empty((*size, x.shape[3] // groups, dy.shape[3]), x.dtype)
    _, chosen = choose(Convolution(strides, pads, dilation, groups), x.shape, kernel, algorithms)
    if isinstance(chosen, WholeBatch):
        return cast(np.ndarray, chosen.apply_grads(dy, dy, x, LINEAR, None, True)[0])
    slabs = split(len(x), chosen.bytes_each)
    sums = OrderedSum(slabs, (chosen.order,), x.dtype)
    (dw,) = sums.compute(lambda slab, dw: chosen.grads(x[slab], dy[slab], None, dw))
    return memory_pool.contiguous(chosen.kernel_grad(dw))


def conv2d_input_grad(
    dy: np.ndarray,
    kernel: np.ndarray,
    image: Pair,
    strides: Pair,
    pads: Pads,
    dilation: Pair = DENSE,
    groups: int = 1,
    algorithms: Algorithms = NUMPY,
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.convolution.conv2d_input_grad`."""
    dy = memory_pool.contiguous(dy)
    shape = (len(dy), *image, kernel.shape[2] * groups)
    _, chosen = choose(Convolution(strides, pads, dilation, groups), shape, kernel, algorithms)
    dx = memory_pool.empty(shape, dy.dtype)
    if isinstance(chosen, WholeBatch):
        # It needs the shape of x, not its values.
        chosen.apply_grads(dy, dy, dx, LINEAR, dx, False)
        return dx
    slabs = split(len(dy), chosen.bytes_each)
    parallel_for(lambda number: chosen.grads(None, dy[slabs[number]], dx[slabs[number]], None), len(slabs))
    return dx
