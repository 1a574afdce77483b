"""Products of many rows with a matrix that fits into the cache, in pieces small enough to be read where they lie.

BLAS copies both factors of a large product into an order that its kernel likes, and where few columns come out that
costs as much as a third of the arithmetic. For small products OpenBLAS has kernels that copy nothing, on processors
with AVX-512; NumPy multiplies stacks of matrices one by one. So the rows are cut into a stack of small products.

Which bits come out depends on the processor, as it does with BLAS itself, and never on the number of threads.
"""

from functools import cache, lru_cache

import numpy as np

from minigan.kernels.cpu.parallel.slabs import blas, scratch

__all__ = ["correlate", "multiply", "multiply_rows"]

#: What OpenBLAS calls the processors for which it has such kernels ...
PROCESSORS = {"SkylakeX", "Cooperlake", "SapphireRapids"}

#: ... up to how many multiplications it uses them, and where the second factor is transposed, up to how many entries of
#: a result, and from how many products for each (OpenBLAS, kernel/x86_64/sgemm_small_kernel_permit_skylakex.c).
MULTIPLICATIONS, ENTRIES, DEPTH = 100**3, 1200, 32

#: Entries of w that should stay in a core's first cache while the rows pass by, of at most so many of its columns.
NEAR, COLUMNS = 1 << 13, 128

#: Pieces of fewer rows than this take longer than the copies, and where their products are summed, of fewer than that.
FEWEST, FEWEST_SUMMED = 48, 512


@cache
def small_kernels() -> bool:
    """Whether small products are done without copies here."""
    return any(getattr(library, "architecture", "") in PROCESSORS for library in blas())


@lru_cache(maxsize=256)
def pieces(rows: int, most: int) -> tuple[int, int]:
    """Into how many pieces, of how many rows, to cut; what is left over is less than a row for each."""
    fewest = max(1, -(-rows // most))
    count = next((count for count in range(fewest, 2 * fewest) if rows % count == 0), fewest)
    return count, rows // count


def multiply(x: np.ndarray, w: np.ndarray, out: np.ndarray) -> None:
    """Write ``x w``, of rows x (M, K) and one or more w (..., K, F), to out (..., M, F)."""
    depth, columns = w.shape[-2:]
    if depth == 1:
        np.multiply(x, w, out=out)
        return
    if columns == 1 and w.ndim > 2:
        multiply_rows(w[..., 0].reshape(-1, depth), x, out.reshape(w.size // depth, len(x)))
        return
    most = MULTIPLICATIONS // (depth * columns)
    if most < FEWEST or depth * min(columns, COLUMNS) > NEAR or not small_kernels():
        np.matmul(x, w, out=out)
        return
    count, rows = pieces(len(x), most)
    done = count * rows
    stack = out[..., :done, :].reshape(*out.shape[:-2], count, rows, columns)
    np.matmul(x[:done].reshape(count, rows, depth), w[..., None, :, :], out=stack)
    if done < len(x):
        np.matmul(x[done:], w, out=out[..., done:, :])


def multiply_rows(w: np.ndarray, x: np.ndarray, out: np.ndarray) -> None:
    """Write ``w x^T``, of w (F, K) and rows x (M, K), to out (F, M)."""
    most = ENTRIES // len(w)
    if most < FEWEST or x.shape[1] < DEPTH or not small_kernels():
        np.matmul(w, x.T, out=out)
        return
    count, rows = pieces(len(x), most)
    done = count * rows
    stack = out[:, :done].reshape(len(w), count, rows).swapaxes(0, 1)
    np.matmul(w, x[:done].reshape(count, rows, x.shape[1]).swapaxes(1, 2), out=stack)
    if done < len(x):
        np.matmul(w, x[done:].T, out=out[:, done:])


def correlate(x: np.ndarray, y: np.ndarray, out: np.ndarray) -> None:
    """Write ``x^T y``, of rows x (M, K) and y (M, F), to out (K, F)."""
    most = MULTIPLICATIONS // out.size
    if most < FEWEST_SUMMED or not small_kernels():
        np.matmul(x.T, y, out=out)
        return
    count, rows = pieces(len(x), most)
    done = count * rows
    parts = scratch("parts", (count, *out.shape), out.dtype)
    left, right = (array[:done].reshape(count, rows, array.shape[1]) for array in (x, y))
    np.matmul(left.swapaxes(1, 2), right, out=parts)
    np.add.reduce(parts, axis=0, out=out)
    if done < len(x):
        out += x[done:].T @ y[done:]
