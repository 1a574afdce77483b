"""Affine maps and their activations over slabs: the chosen algorithm, bias and activation in one visit to each slab."""

import numpy as np

from minigan.kernels.cpu.algorithms.choose import NUMPY, Algorithms, choose
from minigan.kernels.cpu.algorithms.gemm import WholeBatch
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cpu.parallel.ordered_sum import OrderedSum
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.slabs import split
from minigan.kernels.reference.affine import Activation, Operation

__all__ = ["affine", "affine_grads"]


def affine(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: np.ndarray | None,
    operation: Operation,
    activation: Activation,
    algorithms: Algorithms = NUMPY,
) -> np.ndarray:
    """``y = f(A x + b)``: product, bias and activation of a slab while it is in the cache."""
    x = memory_pool.contiguous(x)
    shape, chosen = choose(operation, x.shape, kernel, algorithms)
    y = memory_pool.empty(shape, x.dtype)
    if isinstance(chosen, WholeBatch):
        chosen.apply(x, bias, activation, y)
        return y
    slabs = split(len(x), chosen.bytes_each)
    parallel_for(lambda number: chosen.forward(x[slabs[number]], bias, activation, y[slabs[number]]), len(slabs))
    return y


def affine_grads(
    dy: np.ndarray,
    y: np.ndarray,
    x: np.ndarray,
    kernel: np.ndarray,
    operation: Operation,
    activation: Activation,
    param_grads: bool = True,
    input_grad: bool = True,
    algorithms: Algorithms = NUMPY,
) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]:
    """The gradients with respect to x, w and b, from one visit to each slab."""
    dy, y, x = map(memory_pool.contiguous, (dy, y, x))
    _, chosen = choose(operation, x.shape, kernel, algorithms)
    dx = memory_pool.empty(x.shape, x.dtype) if input_grad else None
    if isinstance(chosen, WholeBatch):
        return dx, *chosen.apply_grads(dy, y, x, activation, dx, param_grads)
    slabs = split(len(x), chosen.bytes_each)

    def work(slab: slice, dw: np.ndarray | None = None, dbias: np.ndarray | None = None) -> None:
        chosen.backward(dy[slab], y[slab], x[slab], activation, None if dx is None else dx[slab], dw, dbias)

    if not param_grads:
        parallel_for(lambda number: work(slabs[number]), len(slabs))
        return dx, None, None
    dw, dbias = OrderedSum(slabs, (chosen.order, kernel.shape[-1:]), x.dtype).compute(work)
    return dx, chosen.kernel_grad(dw), dbias
