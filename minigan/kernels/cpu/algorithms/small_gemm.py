"""Products of many rows with a matrix that fits into the cache, in blocks so small that BLAS need not copy them.

BLAS copies both factors of a large product into the order that its kernel reads. Where the result has few columns, the
copies take up to a third of the time. For small products OpenBLAS has kernels that copy nothing, on processors with
AVX-512. NumPy multiplies the matrices of a stack one by one. So the rows are split into a stack of small products.

The bits of a result depend on the processor, as with BLAS itself, but not on the number of threads.
"""

from functools import cache, lru_cache

import numpy as np

from minigan.kernels.cpu.parallel import blas
from minigan.kernels.cpu.parallel.scratch import scratch

__all__ = ["matmul", "matmul_nt", "matmul_tn"]

#: OpenBLAS's names of the processors for which it has such kernels.
PROCESSORS = {"SkylakeX", "Cooperlake", "SapphireRapids"}

#: It uses them up to this number of multiplications; where the second factor is transposed, up to this number of
#: entries of a result, and from this number of products for each (kernel/x86_64/sgemm_small_kernel_permit_skylakex.c).
MULTIPLICATIONS, ENTRIES, DEPTH = 100**3, 1200, 32

#: Entries of w, of at most this number of columns, that stay in a core's first-level cache while the rows are read.
NEAR, COLUMNS = 1 << 13, 128

#: Blocks of fewer rows take longer than the copies; where the products of the blocks are summed, blocks of fewer rows
#: than the second number.
FEWEST, FEWEST_SUMMED = 48, 512

#: The numbers of rows of x in a block of ``w x^T`` that are best for wide instructions are multiples of this.
LANES = 4


@cache
def small_kernels() -> bool:
    """Whether small products are done without copies here."""
    return any(getattr(library, "architecture", "") in PROCESSORS for library in blas.controllers())


@lru_cache(maxsize=256)
def blocks(rows: int, most: int) -> tuple[int, int]:
    """The number of blocks, and the rows of each; fewer rows are left over than there are blocks."""
    fewest = max(1, -(-rows // most))
    count = next((count for count in range(fewest, 2 * fewest) if rows % count == 0), fewest)
    return count, rows // count


def matmul(x: np.ndarray, w: np.ndarray, out: np.ndarray) -> None:
    """Write ``x w``, of x (M, K) and one or more w (..., K, F), to out (..., M, F)."""
    depth, columns = w.shape[-2:]
    if depth == 1:
        np.multiply(x, w, out=out)
        return
    if columns == 1 and w.ndim > 2:
        matmul_nt(w[..., 0].reshape(-1, depth), x, out.reshape(w.size // depth, len(x)))
        return
    most = MULTIPLICATIONS // (depth * columns)
    if most < FEWEST or depth * min(columns, COLUMNS) > NEAR or not small_kernels():
        np.matmul(x, w, out=out)
        return
    count, rows = blocks(len(x), most)
    done = count * rows
    stack = out[..., :done, :].reshape(*out.shape[:-2], count, rows, columns)
    np.matmul(x[:done].reshape(count, rows, depth), w[..., None, :, :], out=stack)
    if done < len(x):
        np.matmul(x[done:], w, out=out[..., done:, :])


def matmul_nt(w: np.ndarray, x: np.ndarray, out: np.ndarray) -> None:
    """Write ``w x^T``, of w (F, K) and x (M, K), to out (F, M)."""
    most = min(ENTRIES // max(len(w), 1), MULTIPLICATIONS // max(w.size, 1)) // LANES * LANES
    if not most or x.shape[1] < DEPTH or not small_kernels():
        np.matmul(w, x.T, out=out)
        return
    count, rows = blocks(len(x), most)
    done = count * rows
    stack = out[:, :done].reshape(len(w), count, rows).swapaxes(0, 1)
    np.matmul(w, x[:done].reshape(count, rows, x.shape[1]).swapaxes(1, 2), out=stack)
    if done < len(x):
        np.matmul(w, x[done:].T, out=out[:, done:])


def matmul_tn(x: np.ndarray, y: np.ndarray, out: np.ndarray) -> None:
    """Write ``x^T y``, of x (M, K) and y (M, F), to out (K, F)."""
    most = MULTIPLICATIONS // out.size
    if most < FEWEST_SUMMED or not small_kernels():
        np.matmul(x.T, y, out=out)
        return
    count, rows = blocks(len(x), most)
    done = count * rows
    parts = scratch("parts", (count, *out.shape), out.dtype)
    left, right = (array[:done].reshape(count, rows, array.shape[1]) for array in (x, y))
    np.matmul(left.swapaxes(1, 2), right, out=parts)
    np.add.reduce(parts, axis=0, out=out)
    if done < len(x):
        out += x[done:].T @ y[done:]
