"""The hinge loss."""

from minigan.backend import Array, array_module
from minigan.losses.base import Optimum, negative_mean, not_empty

__all__ = ["Hinge"]


class Hinge:
    """The hinge loss: D learns to keep a margin, and learns nothing from images outside it.

    D minimises ``E max(0, 1 - z)`` on real and ``E max(0, 1 + z)`` on generated images, G ``-E z``. The gradients are
    ``dL/dz = -1/N`` where z < 1 and 0 elsewhere; ``1/N`` where z > -1 and 0 elsewhere; and ``-1/N``.

    Where the distributions are equal, D's loss ``max(0, 1 - z) + max(0, 1 + z)`` is 2 at every z in [-1, 1]: D's
    optimum is 2, and G's loss can be any number from -1 to 1.

    Notes
    -----
    Lim and Ye, "Geometric GAN", arXiv:1705.02894; Miyato et al., arXiv:1802.05957, equations 16 and 17.
    """

    unlabelled = "D is to keep a margin, and there are no targets to smooth"

    optimum = Optimum(2.0, None)
    decision_threshold = 0.0

    def __repr__(self) -> str:
        return "Hinge()"

    def real(self, z: Array) -> tuple[Array, Array]:
        """``E max(0, 1 - z)``."""
        not_empty(z)
        short = array_module(z).maximum(1 - z, 0)
        return short.mean(), -(z < 1).astype(z.dtype) / z.size

    def fake(self, z: Array) -> tuple[Array, Array]:
        """``E max(0, 1 + z)``: the same at -z."""
        loss, dz = self.real(-z)
        return loss, -dz

    def generator(self, z: Array) -> tuple[Array, Array]:
        """``-E z``."""
        return negative_mean(z)
