"""A GAN loss in which some of D's labels are wrong."""

import numpy as np

from minigan.backend import Array, array_module
from minigan.losses.base import GANLoss, Optimum, below_half, not_empty
from minigan.random import Stream

__all__ = ["NoisyLabels"]


class NoisyLabels:
    """A GAN loss in which some of D's labels are wrong, so that D does not become overconfident.

    Each image independently gets the other label with probability `rate`: a real one enters D's loss for generated
    images, and the other way round. G's loss is that of the wrapped loss.

    The mean of D's losses changes as with smoothing. Where D is undecided, real and generated images have the same
    logits, and swapped labels change nothing: in the mean over labels, the optimum is that of the wrapped loss.

    Parameters
    ----------
    loss : GANLoss
        The wrapped loss.
    rate : float
        Fraction of wrong labels, from 0 to less than 0.5.
    rng : Stream
        The wrong labels are drawn from it.

    Notes
    -----
    Chintala et al., "How to train a GAN", a talk at NIPS 2016, point 6 (github.com/soumith/ganhacks).

    Examples
    --------
    >>> import numpy as np
    >>> from minigan.losses import Hinge
    >>> noisy = NoisyLabels(Hinge(), 0.25, Stream(0, "flips"))
    >>> loss, dz = noisy.real(np.zeros((8, 1)))
    >>> float(loss), int((dz < 0).sum()), int((dz > 0).sum())
    (1.0, 6, 2)
    """

    def __init__(self, loss: GANLoss, rate: float, rng: Stream) -> None:
        self.loss, self.rate, self.rng = loss, below_half("the rate of noisy labels", rate), rng

    def __repr__(self) -> str:
        return f"NoisyLabels({self.loss!r}, rate={self.rate!r})"

    @property
    def optimum(self) -> Optimum:
        """The optimum of the wrapped loss."""
        return self.loss.optimum

    @property
    def decision_threshold(self) -> float | None:
        """The decision threshold of the wrapped loss."""
        return self.loss.decision_threshold

    def real(self, z: Array) -> tuple[Array, Array]:
        """D's loss on real images, some of them labelled as generated."""
        flipped = self.flips(z)
        return mean_over_parts(z, (self.loss.real, ~flipped), (self.loss.fake, flipped))

    def fake(self, z: Array) -> tuple[Array, Array]:
        """D's loss on generated images, some of them labelled as real."""
        flipped = self.flips(z)
        return mean_over_parts(z, (self.loss.fake, ~flipped), (self.loss.real, flipped))

    def generator(self, z: Array) -> tuple[Array, Array]:
        """G's loss, from the wrapped loss."""
        return self.loss.generator(z)

    def flips(self, z: Array) -> Array:
        """Draw which labels are wrong."""
        not_empty(z)
        return self.rng.uniform(z.shape) < self.rate


def mean_over_parts(z: Array, *parts: tuple) -> tuple[Array, Array]:
    """The mean loss of a batch whose parts have different losses.

    ``L = N_1/N L_1 + N_2/N L_2``, since each loss is a mean over its own part.
    """
    if array_module(z) is not np:
        return mean_over_parts_on_gpu(z, *parts)
    total, dz = z.dtype.type(0), np.zeros_like(z)
    for loss, chosen in parts:
        count = int(chosen.sum())
        if count:  # the mean of no numbers is NaN
            share = z.dtype.type(count / z.size)
            value, gradient = loss(z[chosen])
            total = total + share * value
            dz[chosen] = share * gradient
    return total, dz


def mean_over_parts_on_gpu(z: Array, *parts: tuple) -> tuple[Array, Array]:
    """The same on a GPU, where reading the size of a part would make the host wait.

    Every loss is computed on the whole batch, with 0 in place of the logits outside its part. Each of these adds f(0),
    the loss of a logit of 0, which is subtracted again: ``L = sum_p mean(f_p(z_p)) - (1 - N_p/N) f_p(0)``.
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
