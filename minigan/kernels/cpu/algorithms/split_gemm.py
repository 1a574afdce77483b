"""Products of a few vectors with a large matrix: the matrix is split, not the batch.

If a small batch were split into slabs, each slab would read all weights, and gradients as large as the weights would
have to be summed. So the matrix is split, and each part of it is read once: ``y = x w`` by columns of w, and
``dx = dz w^T`` and ``dw = x^T dz`` by rows of w. Nothing has to be summed.
"""

import numpy as np

from minigan.kernels.cpu.algorithms.gemm import Gemm, WholeBatch, matrix
from minigan.kernels.cpu.algorithms.small_gemm import matmul, matmul_nt
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.slabs import split
from minigan.kernels.reference.affine import Activation

__all__ = ["SplitGemm", "outweighs"]

#: Numbers in a cache line.
ALIGNED = 16


def outweighs(kernel: np.ndarray, vectors: int) -> bool:
    """Whether the matrix has more numbers than the input and output of its product with this number of vectors."""
    return kernel.size > vectors * sum(kernel.shape)


def parts(count: int, bytes_each: int) -> list[slice]:
    """`split`, in parts that begin at multiples of `ALIGNED`: of `count` columns or rows of the matrix."""
    return [slice(s.start * ALIGNED, s.stop * ALIGNED) for s in split(-(-count // ALIGNED), ALIGNED * bytes_each)]


class SplitGemm(Gemm, WholeBatch):
    """``x w`` along the last axis, with a w that outweighs x."""

    def apply(self, x: np.ndarray, bias: np.ndarray | None, activation: Activation, y: np.ndarray) -> None:
        x, y = matrix(x), matrix(y)
        units = parts(self.kernel.shape[1], self.kernel.itemsize * self.kernel.shape[0])

        def work(number: int) -> None:
            matmul(x, self.kernel[:, units[number]], y[:, units[number]])

        parallel_for(work, len(units))
        self.finish(y, bias, activation)

    def apply_grads(
        self,
        dy: np.ndarray,
        y: np.ndarray,
        x: np.ndarray,
        activation: Activation,
        dx: np.ndarray | None,
        param_grads: bool,
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        x = matrix(x)
        dx = None if dx is None else matrix(dx)
        dw, dbias = None, None
        if param_grads:
            dw, dbias = memory_pool.empty(self.kernel.shape, x.dtype), np.empty(dy.shape[-1], x.dtype)
        dz = self.product_grad(matrix(dy), matrix(y), activation, dbias)
        inputs = parts(self.kernel.shape[0], self.kernel.itemsize * self.kernel.shape[1])

        def work(number: int) -> None:
            part = inputs[number]
            if dx is not None:
                matmul_nt(dz, self.kernel[part], dx[:, part])
            if dw is not None:
                np.matmul(x[:, part].T, dz, out=dw[part])

        parallel_for(work, len(inputs))
        return dw, dbias
