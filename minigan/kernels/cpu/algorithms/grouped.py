"""Convolutions in groups: the channels of each group are copied out, and convolved by themselves."""

import numpy as np

from minigan.kernels.cpu.algorithms.gemm import SlabAlgorithm
from minigan.kernels.cpu.algorithms.im2col import Im2col
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.scratch import scratch
from minigan.kernels.reference.padding import Pads, Pair

__all__ = ["Grouped"]


class Grouped(SlabAlgorithm):
    """The convolution of images (H, W) with a kernel (KH, KW, C / groups, F) in groups, to images (OH, OW)."""

    title = "im2col in groups"

    #: The class that convolves the channels of one group.
    one_group: type[Im2col] = Im2col

    def __init__(
        self, kernel: np.ndarray, image: Pair, out_size: Pair, strides: Pair, pads: Pads, dilation: Pair, groups: int
    ) -> None:
        kernels = map(memory_pool.contiguous, np.split(kernel, groups, axis=3))
        self.parts = [self.one_group(part, image, out_size, strides, pads, dilation) for part in kernels]
        self.order = groups, *self.parts[0].order
        _, _, channels, filters = self.parts[0].order
        pixels = image[0] * image[1] * channels + out_size[0] * out_size[1] * filters
        self.bytes_each = self.parts[0].bytes_each + 2 * pixels * kernel.itemsize

    def of_group(self, name: str, array: np.ndarray, group: int) -> tuple[np.ndarray, np.ndarray]:
        """A group's channels: a view of them, and scratch memory for their copy."""
        each = array.shape[3] // len(self.parts)
        view = array[..., group * each : (group + 1) * each]
        return view, scratch(f"{name} of a group", view.shape, view.dtype)

    def copied(self, name: str, array: np.ndarray, group: int) -> np.ndarray:
        """A copy of a group's channels, in scratch memory."""
        view, copy = self.of_group(name, array, group)
        np.copyto(copy, view)
        return copy

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        for group, part in enumerate(self.parts):
            view, result = self.of_group("y", y, group)
            part.product(self.copied("x", x, group), result)
            np.copyto(view, result)

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dw: np.ndarray | None) -> None:
        for group, part in enumerate(self.parts):
            own = self.copied("y", dz, group)
            if x is not None and dw is not None:
                part.grads(self.copied("x", x, group), own, None, dw[group])
            if dx is not None:
                view, result = self.of_group("x", dx, group)
                part.grads(None, own, result, None)
                np.copyto(view, result)

    def kernel_grad(self, dw: np.ndarray) -> np.ndarray:
        return np.concatenate(list(dw), axis=-1)
