"""What convolutions by patches share, whose numbers are multiplied at points instead of taps (Winograd)."""

import math
from abc import abstractmethod
from functools import partial

import numpy as np

from minigan.kernels.cpu.algorithms.gemm import WholeBatch
from minigan.kernels.cpu.algorithms.im2col import Im2col
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.slabs import split
from minigan.kernels.reference.affine import Activation
from minigan.kernels.reference.padding import Pads, Pair
from minigan.kernels.reference.windows import DENSE

__all__ = ["ByPatches", "single"]

#: Rows and columns that a patch may make.
OUTPUTS = (2, 2), (4, 2), (2, 4)


def products_each(taps: int, stride: int, outputs: int) -> int:
    """Products along an axis for a patch that makes this number of outputs: those of each phase of the stride."""
    return sum(outputs + len(range(phase, taps, stride)) - 1 for phase in range(min(stride, taps)))


def points_each(taps: int, stride: int, outputs: int) -> int:
    """Points along an axis: those of the longest phase."""
    return outputs + -(-taps // stride) - 1


def tiles_of(out_size: Pair, outputs: Pair) -> Pair:
    """The number of patches along the height and along the width."""
    return -(-out_size[0] // outputs[0]), -(-out_size[1] // outputs[1])


def products_of(taps: Pair, strides: Pair, out_size: Pair, outputs: Pair) -> int:
    """Products for an image of (OH, OW) outputs, for each pair of channels."""
    return math.prod(tiles_of(out_size, outputs)) * math.prod(map(products_each, taps, strides, outputs))


def single(chosen: np.ndarray) -> tuple[slice, ...]:
    """A slab for each chosen image."""
    return tuple(slice(i, i + 1) for i in np.flatnonzero(chosen).tolist())


class ByPatches(Im2col, WholeBatch):
    """The convolution of images (H, W) with a kernel (KH, KW, C, F) to images (OH, OW), for whole batches.

    For a slab alone it is `Im2col`.
    """

    title = "Winograd"

    #: Bytes that the numbers of all patches and the products may take at once.
    most_bytes = 1 << 24

    def __init__(self, kernel: np.ndarray, image: Pair, out_size: Pair, strides: Pair, pads: Pads) -> None:
        super().__init__(kernel, image, out_size, strides, pads)
        self.filters = kernel.shape[3]
        # With strides, four outputs would lose more than a bit.
        choices = OUTPUTS if strides == DENSE else OUTPUTS[:1]
        self.outputs = min(choices, key=partial(products_of, self.size, strides, out_size))
        self.tiles = tiles_of(out_size, self.outputs)
        each = math.prod(map(products_each, self.size, strides, self.outputs))
        points = math.prod(map(points_each, self.size, strides, self.outputs))
        self.transformed_shape = each, self.channels, self.filters
        self.bytes_of_numbers = math.prod(self.tiles) * (each * self.channels + points * self.filters) * kernel.itemsize

    @staticmethod
    @abstractmethod
    def pays(kernel: np.ndarray, strides: Pair, outputs: int) -> bool:
        """Whether a convolution gains; `outputs` are the pixels of all its output images."""

    @abstractmethod
    def apply_to(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        """`apply` to a block of images."""

    @abstractmethod
    def grads_of(
        self,
        dy: np.ndarray,
        y: np.ndarray,
        x: np.ndarray,
        activation: Activation,
        dx: np.ndarray | None,
        param_grads: bool,
    ) -> tuple[np.ndarray, ...]:
        """`apply_grads` of a block of images; nothing without `param_grads`."""

    def blocks(self, count: int) -> tuple[slice, ...]:
        """`count` images in blocks whose patches and products together take few enough bytes."""
        return split(count, self.bytes_of_numbers, self.most_bytes)

    def apply(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        for block in self.blocks(len(x)):
            self.apply_to(x[block], bias, activation, y[block])

    def apply_grads(
        self,
        dy: np.ndarray,
        y: np.ndarray,
        x: np.ndarray,
        activation: Activation,
        dx: np.ndarray | None,
        param_grads: bool,
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        sums: tuple[np.ndarray, ...] = ()
        for block in self.blocks(len(dy)):
            of_dx = None if dx is None else dx[block]
            parts = self.grads_of(dy[block], y[block], x[block], activation, of_dx, param_grads)
            for total, part in zip(sums, parts):
                total += part
            sums = sums or parts
        if not param_grads:
            return None, None
        dw, dbias = sums or (memory_pool.zeros(self.order, dy.dtype), np.zeros(self.filters, dy.dtype))
        return dw, dbias
