"""Products of many rows with a matrix, in blocks so small that BLAS need not copy them.

BLAS copies both factors of a large product into the order that its kernel reads: that takes a tenth of the time, and up
to a third where the result has few columns. For small products OpenBLAS has kernels that copy nothing, on processors
with AVX-512. NumPy multiplies the matrices of a stack one by one. So a large product is split into a stack of small
ones: the result into blocks of rows and columns, and the rows of a sum into parts.

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

#: The most columns of a block; of a block of ``x^T y``, the most rows and columns.
COLUMNS, TILE = 64, 32

#: What is read with a block should stay in the core's first caches: longer sums are split, too.
DEEPEST = 400

#: Blocks of fewer rows, and sums over fewer rows or for fewer rows than the second number, take longer than the copies.
FEWEST, FEWEST_SUMMED = 24, 96

#: A result of ``x^T y`` is not split into tiles, if sums over this number of rows are small products without that.
LONG = 512

#: The numbers of rows of x in a block of ``w x^T`` that are best for wide instructions are multiples of this.
LANES = 4


@cache
def small_kernels() -> bool:
    """Whether small products are done without copies here."""
    return any(getattr(library, "architecture", "") in PROCESSORS for library in blas.controllers())


@lru_cache(maxsize=256)
def blocks(length: int, most: int) -> tuple[int, int]:
    """The number of equal blocks, and the length of each; fewer entries are left over than there are blocks."""
    fewest = max(1, -(-length // most))
    count = next((count for count in range(fewest, 2 * fewest) if length % count == 0), fewest)
    return count, length // count


def matmul(x: np.ndarray, w: np.ndarray, out: np.ndarray) -> None:
    """Write ``x w``, of x (M, K) and one or more w (..., K, F), to out (..., M, F)."""
    depth, columns = w.shape[-2:]
    if depth == 1:
        np.multiply(x, w, out=out)
        return
    if columns == 1 and w.ndim > 2:
        matmul_nt(w[..., 0].reshape(-1, depth), x, out.reshape(w.size // depth, len(x)))
        return
    width, deep = block_width(columns, COLUMNS), depth > DEEPEST
    if columns == 1 or (deep and len(x) < FEWEST_SUMMED) or not small_kernels():
        np.matmul(x, w, out=out)
    elif deep:
        sum_over_parts(x, w, out)
    elif width < columns:
        wide = columns // width * width
        matmul(x, column_blocks(w, width), column_blocks(out, width))
        if wide < columns:
            matmul(x, w[..., wide:], out[..., wide:])
    else:
        count, rows = blocks(len(x), MULTIPLICATIONS // (depth * columns))
        done = count * rows
        stack = out[..., :done, :].reshape(*out.shape[:-2], count, rows, columns)
        np.matmul(x[:done].reshape(count, rows, depth), w[..., None, :, :], out=stack)
        if done < len(x):
            np.matmul(x[done:], w, out=out[..., done:, :])


def block_width(columns: int, most: int) -> int:
    """At most this number of columns, a multiple of the 16 numbers of a wide register, and if possible a divisor."""
    return columns if columns <= most else next((w for w in range(most, most // 2, -16) if columns % w == 0), most)


def column_blocks(matrices: np.ndarray, width: int) -> np.ndarray:
    """Matrices (..., K, F) as blocks (..., F // width, K, width) of their columns: a view."""
    count = matrices.shape[-1] // width
    return matrices[..., : count * width].reshape(*matrices.shape[:-1], count, width).swapaxes(-3, -2)


def sum_over_parts(x: np.ndarray, w: np.ndarray, out: np.ndarray) -> None:
    """``x w``, where the sums over K are long: by parts of them."""
    _, part = blocks(w.shape[-2], DEEPEST)
    matmul(x[:, :part], w[..., :part, :], out)
    term = scratch("term", out.shape, out.dtype)
    for start in range(part, w.shape[-2], part):
        matmul(x[:, start : start + part], w[..., start : start + part, :], term)
        np.add(out, term, out=out)


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
    if len(x) < FEWEST_SUMMED or not small_kernels():
        np.matmul(x.T, y, out=out)
        return
    whole = MULTIPLICATIONS // out.size >= min(len(x), LONG)
    height, width = out.shape if whole else (block_width(side, TILE) for side in out.shape)
    tall, wide = len(out) // height, out.shape[1] // width
    count, rows = blocks(len(x), MULTIPLICATIONS // (height * width))
    done, k, f = count * rows, tall * height, wide * width
    parts = scratch("parts", (count, k, f), out.dtype) if count > 1 else out[None, :k, :f]
    left, right = x[:done, :k].reshape(count, rows, tall, height), y[:done, :f].reshape(count, rows, wide, width)
    np.matmul(
        left.transpose(0, 2, 3, 1)[:, :, None],
        right.swapaxes(1, 2)[:, None],
        out=parts.reshape(count, tall, height, wide, width).swapaxes(2, 3),
    )
    if count > 1:
        np.add.reduce(parts, axis=0, out=out[:k, :f])
    if done < len(x):
        out[:k, :f] += x[done:, :k].T @ y[done:, :f]
    if k < len(out):
        matmul_tn(x[:, k:], y, out[k:])
    if f < out.shape[1]:
        matmul_tn(x[:, :k], y[:, f:], out[:k, f:])
