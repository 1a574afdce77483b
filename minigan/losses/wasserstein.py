"""The Wasserstein game, and the clipping of its critic's weights."""

from minigan.backend import Array, array_module
from minigan.errors import ConfigError
from minigan.losses.game import Optimum, negative_mean
from minigan.sequential import Sequential

__all__ = ["Wasserstein", "clip_weights"]


class Wasserstein:
    """The Wasserstein game: D, a critic, is to say more of real than of generated images, as steeply as it may.

    D minimises ``E z_fake - E z_real``, G ``-E z_fake``. The gradients are constant, ``-1/N`` for the images that are
    to be raised and ``1/N`` for the others, whatever D says.

    Nothing keeps z from growing but a bound on D's slope. If D is 1-Lipschitz, the negative of its best loss is the
    Wasserstein distance of both distributions, which falls as the images get better. So the game needs
    `clip_weights`, the way of its paper, or a gradient penalty (`minigan.penalties.WGANGP`).

    Where the distributions are equal, D's loss is 0 for every D, and G's is whatever level D has chosen.

    Notes
    -----
    Arjovsky, Chintala and Bottou, arXiv:1701.07875, equations 2 and 3, algorithm 1.
    """

    unlabelled = "D's output is a score without bounds, and there are no targets to smooth"

    optimum = Optimum(0.0, None)
    undecided = None

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


def clip_weights(network: Sequential, bound: float) -> None:
    """Bring every trainable number of a network back to [-bound, bound], in place: after each update of a critic.

    It bounds the network's slope, by a number that nobody knows and that depends on its depth. All that is learned is
    clipped, biases too, as in the paper's code; its bound is 0.01.

    Raises
    ------
    ConfigError
        The bound is not positive.

    Notes
    -----
    Arjovsky, Chintala and Bottou, arXiv:1701.07875, algorithm 1, line 7.
    """
    if not bound > 0:
        raise ConfigError(f"expected the bound of clip_weights to be positive, got {bound!r}")
    weights = network.flat_data
    array_module(weights).clip(weights, -bound, bound, out=weights)
    network.mark_updated()
