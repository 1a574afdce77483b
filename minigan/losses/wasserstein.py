"""The Wasserstein loss."""

from minigan.backend import Array
from minigan.losses.base import Optimum, negative_mean

__all__ = ["Wasserstein"]


class Wasserstein:
    """The Wasserstein loss: D, called a critic, learns a score that is higher for real than for generated images.

    D minimises ``E z_fake - E z_real``, G ``-E z_fake``. The gradients are constant: ``-1/N`` for the images whose
    score should rise and ``1/N`` for the others, whatever the score is.

    Only a bound on D's slope keeps z from growing. If D is 1-Lipschitz, the negative of its best loss is the
    Wasserstein distance of the two distributions, which falls as the images get better. So the loss needs
    `minigan.constraints.clip_weights`, as in its paper, or a gradient penalty (`minigan.penalties.WGANGP`).

    Where the distributions are equal, D's loss is 0 for every D, and G's loss depends on the constant that D's
    score has.

    Notes
    -----
    Arjovsky, Chintala and Bottou, arXiv:1701.07875, equations 2 and 3, algorithm 1.
    """

    unlabelled = "D's output is a score without bounds, and there are no targets to smooth"

    optimum = Optimum(0.0, None)
    decision_threshold = None

    def __repr__(self) -> str:
        return "Wasserstein()"

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
