"""Labels of which some are wrong."""

import numpy as np

from minigan.backend import Array, array_module
from minigan.losses.base import GANLoss, Optimum, below_half
from minigan.random import Stream

__all__ = ["NoisyLabels"]


class NoisyLabels:
    """A game in which some of D's labels are wrong, so that D cannot become sure.

    Every image by itself is shown to D under the other label with probability `rate`: a real one enters D's loss for
    generated images, and the other way round. G's loss is that of the game.

    It changes the mean of D's losses as smoothing does. Where D cannot tell, real and generated images have the same
    logits, and an exchange of labels changes nothing: in the mean over labels, the optimum is that of the game.

    Parameters
    ----------
    loss : GANLoss
        The game.
    rate : float
        Of wrong labels, from 0 to less than 0.5.
    rng : Stream
        Where they are drawn from.

    Notes
    -----
    Chintala et al., "How to train a GAN", a talk at NIPS 2016, point 6 (github.com/soumith/ganhacks).

    Examples
    --------
    >>> import numpy as np
    >>> from minigan.losses import Hinge
    >>> game = NoisyLabels(Hinge(), 0.25, Stream(0, "flips"))
    >>> loss, dz = game.real(np.zeros((8, 1)))
    >>> float(loss), int((dz < 0).sum()), int((dz > 0).sum())
    (1.0, 6, 2)
    """

    def __init__(self, loss: GANLoss, rate: float, rng: Stream) -> None:
        self.loss, self.rate, self.rng = loss, below_half("the rate of noisy labels", rate), rng

    @property
    def optimum(self) -> Optimum:
        """The game's."""
        return self.loss.optimum

    @property
    def decision_threshold(self) -> float | None:
        """The game's."""
        return self.loss.decision_threshold

    def real(self, z: Array) -> tuple[Array, Array]:
        """D's loss on real images, some of them said to be generated."""
        flipped = self.flips(z)
        return parts_of_a_batch(z, (self.loss.real, ~flipped), (self.loss.fake, flipped))

    def fake(self, z: Array) -> tuple[Array, Array]:
        """D's loss on generated images, some of them said to be real."""
        flipped = self.flips(z)
        return parts_of_a_batch(z, (self.loss.fake, ~flipped), (self.loss.real, flipped))

    def generator(self, z: Array) -> tuple[Array, Array]:
        """G's loss: the game's."""
        return self.loss.generator(z)

    def flips(self, z: Array) -> Array:
        """Which labels are wrong."""
        return self.rng.uniform(z.shape) < self.rate


def parts_of_a_batch(z: Array, *parts: tuple) -> tuple[Array, Array]:
    """The mean over a batch of which one part is judged by one loss, the rest by another.

    ``L = N_1/N L_1 + N_2/N L_2``, for each loss is a mean over its own part.
    """
    if array_module(z) is not np:
        return parts_without_counting(z, *parts)
    total, dz = z.dtype.type(0), np.zeros_like(z)
    for loss, chosen in parts:
        count = int(chosen.sum())
        if count:  # a mean over nothing is no number
            share = z.dtype.type(count / z.size)
            value, gradient = loss(z[chosen])
            total = total + share * value
            dz[chosen] = share * gradient
    return total, dz


def parts_without_counting(z: Array, *parts: tuple) -> tuple[Array, Array]:
    """The same for a GPU, where the host does not know how large a part is: to ask would make it wait.

    Every loss is taken of the whole batch, with 0 in the place of all logits that are not of its part. Each of these
    adds f(0), the loss of a logit of 0, which is taken away again: ``L = sum_p mean(f_p(z_p)) - (1 - N_p/N) f_p(0)``.
    """
    xp = array_module(z)
    total, dz = z.dtype.type(0), xp.zeros_like(z)
    for loss, chosen in parts:
        value, gradient = loss(xp.where(chosen, z, z.dtype.type(0)))
        at_zero, _ = loss(xp.zeros_like(z))
        rest = (~chosen).astype(z.dtype).mean()
        total = total + value - rest * at_zero
        dz = xp.where(chosen, gradient, dz)
    return total, dz
