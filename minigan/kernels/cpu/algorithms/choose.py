"""The choice of the algorithm that computes an affine map."""

import math

import numpy as np

from minigan.kernels.cpu.algorithms.depthwise import Depthwise
from minigan.kernels.cpu.algorithms.gemm import AffineAlgorithm, Gemm
from minigan.kernels.cpu.algorithms.grouped import Grouped
from minigan.kernels.cpu.algorithms.im2col import Im2col
from minigan.kernels.cpu.algorithms.narrow import Narrow
from minigan.kernels.cpu.algorithms.nine_product import NineProduct
from minigan.kernels.cpu.algorithms.split_gemm import SplitGemm, outweighs
from minigan.kernels.cpu.algorithms.winograd import Winograd, pays
from minigan.kernels.reference.affine import Convolution, Operation, UpsampledConvolution
from minigan.kernels.reference.windows import DENSE, output_size

__all__ = ["choose"]


def choose(operation: Operation, shape: tuple[int, ...], kernel: np.ndarray) -> tuple[tuple[int, ...], AffineAlgorithm]:
    """The output's shape for an input's shape, and the algorithm that suits them."""
    if isinstance(operation, Convolution):
        return choose_convolution(operation, shape, kernel)
    if isinstance(operation, UpsampledConvolution):
        n, h, w, _ = shape
        return (n, 2 * h, 2 * w, kernel.shape[3]), NineProduct(kernel, (h, w))
    *batch, _ = shape
    suitable = SplitGemm if outweighs(kernel, math.prod(batch)) else Gemm
    return (*batch, kernel.shape[1]), suitable(kernel, math.prod(batch[1:]))


def choose_convolution(
    operation: Convolution, shape: tuple[int, ...], kernel: np.ndarray
) -> tuple[tuple[int, ...], AffineAlgorithm]:
    """`Narrow` where few channels come out of many, `Winograd` where fewer products pay, else `Im2col`."""
    (n, h, w, c), (kh, kw, channels, f) = shape, kernel.shape
    strides, pads, dilation, groups = operation
    oh, ow = map(output_size, (h, w), (kh, kw), strides, pads, dilation)
    chosen: AffineAlgorithm
    if groups > 1 and channels == 1:
        chosen = Depthwise(kernel, (h, w), (oh, ow), strides, pads, dilation, c)
    elif groups > 1:
        chosen = Grouped(kernel, (h, w), (oh, ow), strides, pads, dilation, groups)
    elif (strides, dilation) != (DENSE, DENSE):
        chosen = Im2col(kernel, (h, w), (oh, ow), strides, pads, dilation)
    elif kh * kw * f <= c and max(pads[0]) < kh and max(pads[1]) < kw:
        chosen = Narrow(kernel, (h, w), (oh, ow), pads)
    elif pays(kernel, n * oh * ow):
        chosen = Winograd(kernel, (h, w), (oh, ow), pads)
    else:
        chosen = Im2col(kernel, (h, w), (oh, ow), strides, pads)
    return (n, oh, ow, f), chosen
