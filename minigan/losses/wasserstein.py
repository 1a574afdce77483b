"""The Wasserstein game."""

from minigan.backend import Array
from minigan.losses.base import Optimum, negative_mean

__all__ = ["Wasserstein"]


class Wasserstein:
    """The Wasserstein game: D, a critic, is to say more of real than of generated images, as steeply as it may.

    D minimises ``E z_fake - E z_real``, G ``-E z_fake``. The gradients are constant, ``-1/N`` for the images that are
    to be raised and ``1/N`` for the others, whatever D says.

    Nothing keeps z from growing but a bound on D's slope. If D is 1-Lipschitz, the negative of its best loss is the
    Wasserstein distance of both distributions, which falls as the images get better. So the game needs
    `minigan.constraints.clip_weights`, the way of its paper, or a gradient penalty (`minigan.penalties.WGANGP`).

    Where the distributions are equal, D's loss is 0 for every D, and G's is whatever level D has chosen.

    Notes
    -----
    Arjovsky, Chintala and Bottou, arXiv:1701.07875, equations 2 and 3, algorithm 1.
    """

    unlabelled = "D's output is a score without bounds, and there are no targets to smooth"

    optimum = Optimum(0.0, None)
    decision_threshold = None

    def real(self, z: Array) -> tuple[Array, Array]:
        """``-E z``."""
        return negative_mean(z)

    def fake(self, z: Array) -> tuple[Array, Array]:
        """``E z``."""
        loss, dz = negative_mean(z)
        return -loss, -dz

    def generator(self, z: Array) -> tuple[Array, Array]:
        """``-E z``."""
        return negative_mean(z)
