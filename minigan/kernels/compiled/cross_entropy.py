"""Binary cross-entropy of logits and its gradient, by one compiled loop: logits are few, and NumPy's calls are many."""

import math

import numpy as np

from minigan.kernels.compiled.compiler import compiled
from minigan.kernels.cpu.parallel import memory_pool

__all__ = ["binary_crossentropy_from_logits"]


@compiled
def losses_and_grads(z: np.ndarray, targets: np.ndarray, one: float, size: float, dz: np.ndarray) -> float:
    """The sum of ``t softplus(-z) + (1 - t) softplus(z)``; ``((1 - t) sigma(z) - t sigma(-z)) / size`` to dz.

    `targets` has a number for each logit, or one for all; `one` is 1 in the arrays' type.
    """
    zero, total = one - one, 0.0
    for i in range(z.size):
        target = targets[i] if targets.size > 1 else targets[0]
        # exp(-|z|) cannot overflow; softplus(z) = max(z, 0) + log(1 + exp(-|z|)).
        small = math.exp(-abs(z[i]))
        above, below = max(z[i], zero), max(-z[i], zero)
        logarithm = math.log1p(small)
        total += target * (below + logarithm) + (one - target) * (above + logarithm)
        near, far = one / (one + small), small / (one + small)
        of_z, of_minus_z = (near if z[i] >= 0 else far), (near if z[i] <= 0 else far)
        dz[i] = ((one - target) * of_z - target * of_minus_z) / size
    return total


def binary_crossentropy_from_logits(z: np.ndarray, target: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """The twin of `minigan.kernels.reference.cross_entropy.binary_crossentropy_from_logits`."""
    if not z.size:
        return NotImplemented
    of_type, dz = z.dtype.type, memory_pool.empty(z.shape, z.dtype)
    targets = memory_pool.contiguous(np.asarray(target, z.dtype)).reshape(-1)
    logits = memory_pool.contiguous(z).reshape(-1)
    total = losses_and_grads(logits, targets, of_type(1), of_type(z.size), dz.reshape(-1))
    return np.array(total / z.size, z.dtype), dz
