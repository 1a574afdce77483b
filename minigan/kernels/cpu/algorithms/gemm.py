"""Algorithms for affine maps: how the fast twins compute ``A x`` and its two gradients for a slab of images.

An algorithm holds the kernel w. It writes ``y = A x`` to an array that it is given, and from dz it computes
``dx = A^T dz`` and dw; dw in whatever order suits its products, and the sum over slabs is put into the kernel's order
once, at the end. All methods work on one slab in one thread, and use the thread's scratch memory.
"""

from abc import ABC, abstractmethod
from functools import cached_property

import numpy as np

from minigan.kernels.cpu.algorithms.slab_activations import activation_grad, shift_and_activate
from minigan.kernels.cpu.algorithms.small_gemm import matmul, matmul_tn
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.broadcast import row_sum, tile_row
from minigan.kernels.reference.affine import Activation

__all__ = ["Gemm", "SlabAlgorithm", "WholeBatch", "by_tap", "matrix"]


class SlabAlgorithm(ABC):
    """A way to compute the affine map of a kernel, and the activation after it, slab by slab."""

    #: Its name in a network's plan.
    title: str

    #: Bytes of scratch memory for one image.
    bytes_each: int

    #: The shape of dw in the algorithm's own order.
    order: tuple[int, ...]

    @abstractmethod
    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        """Write ``A x`` to y."""

    @abstractmethod
    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dw: np.ndarray | None) -> None:
        """Write ``A^T dz`` to dx, and the gradient of ``<dz, A x>`` with respect to w to dw; None is left out."""

    @abstractmethod
    def kernel_grad(self, dw: np.ndarray) -> np.ndarray:
        """dw in the order of the kernel: a view."""

    def forward(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        """Write ``f(A x + b)`` to y."""
        self.product(x, y)
        self.finish(y, bias, activation)

    def finish(self, z: np.ndarray, bias: np.ndarray | None, activation: Activation) -> None:
        """``z <- f(z + b)``, of the product z."""
        shift_and_activate(z, None if bias is None else tile_row(bias, z.shape[1:]), activation)

    def backward(
        self,
        dy: np.ndarray,
        y: np.ndarray,
        x: np.ndarray,
        activation: Activation,
        dx: np.ndarray | None,
        dw: np.ndarray | None,
        dbias: np.ndarray | None,
    ) -> None:
        """Write the gradients of ``f(A x + b)`` to dx, dw and dbias; None is left out."""
        self.grads(x, self.product_grad(dy, y, activation, dbias), dx, dw)

    def product_grad(
        self, dy: np.ndarray, y: np.ndarray, activation: Activation, dbias: np.ndarray | None
    ) -> np.ndarray:
        """``dz = dy f'(z)``, in scratch memory or dy itself; writes its sum over rows to dbias, unless that is None."""
        dz = activation_grad(dy, y, activation)
        if dbias is not None:
            row_sum(dz, dbias)
        return dz


class WholeBatch(ABC):
    """An algorithm for whole batches, with bias and activation: it divides the work in other ways than into images."""

    @abstractmethod
    def apply(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        """Write ``f(A x + b)`` to y."""

    @abstractmethod
    def apply_grads(
        self,
        dy: np.ndarray,
        y: np.ndarray,
        x: np.ndarray,
        activation: Activation,
        dx: np.ndarray | None,
        param_grads: bool,
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Write the gradient with respect to x to dx, unless it is None; return those of w and b, or None for both."""


def matrix(array: np.ndarray) -> np.ndarray:
    """A view of all but the last axis as rows."""
    return array.reshape(-1, array.shape[-1])


def by_tap(kernel: np.ndarray) -> np.ndarray:
    """The kernel (KH, KW, C, F) as one matrix for each tap, from filters to channels: (KH, KW, F, C)."""
    return memory_pool.contiguous(kernel.swapaxes(2, 3))


class Gemm(SlabAlgorithm):
    """``x w`` along the last axis."""

    title = "product"

    def __init__(self, kernel: np.ndarray, places: int) -> None:
        self.kernel, self.order = kernel, kernel.shape
        # Without the kernel, which every slab reads: fewer slabs read it fewer times.
        self.bytes_each = kernel.itemsize * places * sum(kernel.shape)

    @cached_property
    def transposed(self) -> np.ndarray:
        """The kernel in the order that the backward needs."""
        return memory_pool.contiguous(self.kernel.T)

    def product(self, x: np.ndarray, y: np.ndarray) -> None:
        matmul(matrix(x), self.kernel, matrix(y))

    def grads(self, x: np.ndarray | None, dz: np.ndarray, dx: np.ndarray | None, dw: np.ndarray | None) -> None:
        if dx is not None:
            matmul(matrix(dz), self.transposed, matrix(dx))
        if x is not None and dw is not None:
            matmul_tn(matrix(x), matrix(dz), dw)

    def kernel_grad(self, dw: np.ndarray) -> np.ndarray:
        return dw
