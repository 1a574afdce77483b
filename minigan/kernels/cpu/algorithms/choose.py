"""The choice of the algorithm that computes an affine map."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from minigan.kernels.cpu.algorithms.depthwise import Depthwise
from minigan.kernels.cpu.algorithms.gemm import Gemm, SlabAlgorithm
from minigan.kernels.cpu.algorithms.grouped import Grouped
from minigan.kernels.cpu.algorithms.im2col import Im2col
from minigan.kernels.cpu.algorithms.narrow import Narrow
from minigan.kernels.cpu.algorithms.nine_product import NineProduct
from minigan.kernels.cpu.algorithms.patches import ByPatches
from minigan.kernels.cpu.algorithms.split_gemm import SplitGemm, outweighs
from minigan.kernels.cpu.algorithms.winograd import Winograd
from minigan.kernels.reference.affine import Convolution, Operation, UpsampledConvolution
from minigan.kernels.reference.padding import Pair
from minigan.kernels.reference.windows import DENSE, output_size

__all__ = ["NUMPY", "Algorithms", "choose"]


class Algorithms(NamedTuple):
    """The classes that are chosen from."""

    depthwise: type[Depthwise]
    gemm: type[Gemm]
    grouped: type[Grouped]
    im2col: type[Im2col]
    narrow: type[Narrow]
    nine_product: Callable[[np.ndarray, Pair], NineProduct]
    split_gemm: type[SplitGemm]
    winograd: type[ByPatches]


#: Those of this room.
NUMPY = Algorithms(Depthwise, Gemm, Grouped, Im2col, Narrow, NineProduct, SplitGemm, Winograd)


def choose(
    operation: Operation, shape: tuple[int, ...], kernel: np.ndarray, algorithms: Algorithms = NUMPY
) -> tuple[tuple[int, ...], SlabAlgorithm]:
    """The output's shape for an input's shape, and the algorithm that suits them."""
    if isinstance(operation, Convolution):
        return choose_convolution(operation, shape, kernel, algorithms)
    if isinstance(operation, UpsampledConvolution):
        n, h, w, _ = shape
        return (n, 2 * h, 2 * w, kernel.shape[3]), algorithms.nine_product(kernel, (h, w))
    *batch, _ = shape
    suitable = algorithms.split_gemm if outweighs(kernel, math.prod(batch)) else algorithms.gemm
    return (*batch, kernel.shape[1]), suitable(kernel, math.prod(batch[1:]))


def choose_convolution(
    operation: Convolution, shape: tuple[int, ...], kernel: np.ndarray, algorithms: Algorithms
) -> tuple[tuple[int, ...], SlabAlgorithm]:
    """`Narrow` where few channels come out of many, `Winograd` where fewer products pay, else `Im2col`."""
    (n, h, w, c), (kh, kw, channels, f) = shape, kernel.shape
    strides, pads, dilation, groups = operation
    oh, ow = map(output_size, (h, w), (kh, kw), strides, pads, dilation)
    chosen: SlabAlgorithm
    if groups > 1 and channels == 1:
        chosen = algorithms.depthwise(kernel, (h, w), (oh, ow), strides, pads, dilation, c)
    elif groups > 1:
        chosen = algorithms.grouped(kernel, (h, w), (oh, ow), strides, pads, dilation, groups)
    elif (strides, dilation) == (DENSE, DENSE) and kh * kw * f <= c and max(pads[0]) < kh and max(pads[1]) < kw:
        chosen = algorithms.narrow(kernel, (h, w), (oh, ow), pads)
    elif dilation == DENSE and algorithms.winograd.pays(kernel, strides, n * oh * ow):
        chosen = algorithms.winograd(kernel, (h, w), (oh, ow), strides, pads)
    else:
        chosen = algorithms.im2col(kernel, (h, w), (oh, ow), strides, pads, dilation)
    return (n, oh, ow, f), chosen
