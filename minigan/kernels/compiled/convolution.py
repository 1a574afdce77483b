"""Convolution and its gradients by slabs, with the algorithms whose passes around the products are compiled."""

import numpy as np

from minigan.kernels.compiled.algorithms import COMPILED
from minigan.kernels.cpu import convolution as slabs
from minigan.kernels.reference.padding import Pads, Pair
from minigan.kernels.reference.windows import DENSE

__all__ = ["conv2d", "conv2d_input_grad", "conv2d_kernel_grad"]


def conv2d(
    x: np.ndarray, kernel: np.ndarray, strides: Pair, pads: Pads, dilation: Pair = DENSE, groups: int = 1
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.convolution.conv2d`."""
    return slabs.conv2d(x, kernel, strides, pads, dilation, groups, COMPILED)


def conv2d_kernel_grad(
    x: np.ndarray, dy: np.ndarray, size: Pair, strides: Pair, pads: Pads, dilation: Pair = DENSE, groups: int = 1
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.convolution.conv2d_kernel_grad`."""
    return slabs.conv2d_kernel_grad(x, dy, size, strides, pads, dilation, groups, COMPILED)


def conv2d_input_grad(
    dy: np.ndarray,
    kernel: np.ndarray,
    image: Pair,
    strides: Pair,
    pads: Pads,
    dilation: Pair = DENSE,
    groups: int = 1,
) -> np.ndarray:
    """The twin of `minigan.kernels.reference.convolution.conv2d_input_grad`."""
    return slabs.conv2d_input_grad(dy, kernel, image, strides, pads, dilation, groups, COMPILED)
