"""Binary cross-entropy of logits: launches ``cross_entropy.cu``."""

from minigan.backend import Array, array_module
from minigan.kernels.cuda.compiler import contiguous, fits, module

__all__ = ["binary_crossentropy_from_logits"]

#: Of the one block that adds up the loss.
THREADS = 256


def binary_crossentropy_from_logits(z: Array, target: Array | float) -> tuple[Array, Array]:
    """The twin of `minigan.kernels.reference.cross_entropy.binary_crossentropy_from_logits`."""
    if not z.size or not fits(z.size):
        return NotImplemented
    targets = contiguous(target) if getattr(target, "shape", ()) else None
    if targets is not None and targets.shape != z.shape:
        return NotImplemented
    xp = array_module(z)
    loss, dz = xp.empty((), z.dtype), xp.empty(z.shape, z.dtype)
    arguments = (contiguous(z), targets, 0.0 if targets is not None else float(target), loss, dz, z.size)
    module("cross_entropy", z.dtype).launch("binary_crossentropy_from_logits", (1,), (THREADS,), arguments)
    return loss, dz
