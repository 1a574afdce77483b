"""The choice of the algorithm that computes an affine map."""

import math

import numpy as np

from minigan.kernels.cpu.algorithms.gemm import Dense, Map
from minigan.kernels.cpu.algorithms.im2col import Columns
from minigan.kernels.cpu.algorithms.nine_product import Narrow, Upsampled
from minigan.kernels.cpu.algorithms.split_gemm import SplitGemm, outweighs
from minigan.kernels.cpu.algorithms.winograd import Winograd, pays
from minigan.kernels.reference.affine import Convolution, Operation, UpsampledConvolution
from minigan.kernels.reference.windows import output_size

__all__ = ["choose"]


def choose(operation: Operation, shape: tuple[int, ...], kernel: np.ndarray) -> tuple[tuple[int, ...], Map]:
    """The output's shape for an input's, and the map that suits them."""
    if isinstance(operation, Convolution):
        return choose_convolution(operation, shape, kernel)
    if isinstance(operation, UpsampledConvolution):
        n, h, w, _ = shape
        return (n, 2 * h, 2 * w, kernel.shape[3]), Upsampled(kernel, (h, w))
    *batch, _ = shape
    suitable = SplitGemm if outweighs(kernel, math.prod(batch)) else Dense
    return (*batch, kernel.shape[1]), suitable(kernel, math.prod(batch[1:]))


def choose_convolution(
    operation: Convolution, shape: tuple[int, ...], kernel: np.ndarray
) -> tuple[tuple[int, ...], Map]:
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
