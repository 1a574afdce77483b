"""Binary cross-entropy, and the two losses of the GAN paper."""

import math

from minigan import kernels
from minigan.backend import Array, array_module
from minigan.losses.base import Optimum, TargetLoss, as_target

__all__ = ["Minimax", "NonSaturating", "binary_crossentropy", "binary_crossentropy_from_logits"]


def binary_crossentropy(p: Array, target: Array | float) -> tuple[Array, Array]:
    """Binary cross-entropy of probabilities, ``L = -mean(t log p + (1 - t) log(1 - p))``.

    Parameters
    ----------
    p : array
        Probabilities, strictly between 0 and 1: where p may round to 0 or 1, use the function of logits.
    target : array like `p`, or float
        t.

    Returns
    -------
    loss : scalar array
    dp : array like `p`
        ``dL/dp = ((1 - t) / (1 - p) - t / p) / N`` with N the number of entries.
    """
    xp = array_module(p)
    t = as_target(target, p)
    loss = -(t * xp.log(p) + (1 - t) * xp.log1p(-p)).mean()
    return loss, ((1 - t) / (1 - p) - t / p) / p.size


def binary_crossentropy_from_logits(z: Array, target: Array | float) -> tuple[Array, Array]:
    """Binary cross-entropy of logits, ``L = mean(t softplus(-z) + (1 - t) softplus(z))``.

    With ``p = sigma(z)`` it equals `binary_crossentropy`, and nothing overflows. As ``softplus' = sigma``, its
    derivative is ``(sigma(z) - t) / N``. It is computed in a form that loses no digits where sigma is close to 0 or 1:
    at a logit of 80 and a target of 1 it is -1.8e-35, where ``sigma(z) - 1`` would be 0.

    Parameters
    ----------
    z : array
        Logits.
    target : array like `z`, or float
        t.

    Returns
    -------
    loss : scalar array
    dz : array like `z`
        ``dL/dz = ((1 - t) sigma(z) - t sigma(-z)) / N`` with N the number of entries.
    """
    return kernels.binary_crossentropy_from_logits(z, as_target(target, z))


class NonSaturating(TargetLoss):
    """The loss of the GAN paper, with the generator's loss that the paper advises in practice.

    D minimises ``-E log D(x) - E log(1 - D(G(z)))``; G minimises ``-E log D(G(z))``, whose gradient is strongest
    where D rejects its images. In the logit z and the targets t of `TargetLoss`, ``dL/dz = (sigma(z) - t) / N``.

    At the optimum ``D = m``, the mean of both targets, D's loss is twice the entropy of m and G's ``-log m``: without
    smoothing ``log 4`` and ``log 2``.

    Parameters
    ----------
    label_smoothing, fake_label_smoothing : float
        D's target for real images is 1 less the former, for generated ones the latter; see `TargetLoss`.

    Notes
    -----
    Goodfellow et al., arXiv:1406.2661, equation 1 and the end of section 3.
    """

    @property
    def optimum(self) -> Optimum:
        """D's loss is ``-2 (m log m + (1 - m) log(1 - m))``, G's ``-log m``."""
        m = self.middle
        return Optimum(-2 * (m * math.log(m) + (1 - m) * math.log(1 - m)), -math.log(m))

    @property
    def decision_threshold(self) -> float:
        """The logit of m; 0 without smoothing."""
        return math.log(self.middle / (1 - self.middle))

    def real(self, z: Array) -> tuple[Array, Array]:
        """``-E log D(x)``, or towards a smoothed target."""
        return binary_crossentropy_from_logits(z, self.targets[0])

    def fake(self, z: Array) -> tuple[Array, Array]:
        """``-E log(1 - D(G(z)))``, or towards a smoothed target."""
        return binary_crossentropy_from_logits(z, self.targets[1])

    def generator(self, z: Array) -> tuple[Array, Array]:
        """``-E log D(G(z))``."""
        return binary_crossentropy_from_logits(z, 1.0)


class Minimax(NonSaturating):
    """The loss of the GAN paper as a minimax game: G minimises ``E log(1 - D(G(z)))``, the negative of D's second term.

    Its gradient ``dL/dz = -sigma(z) / N`` vanishes where D is sure that the images are generated: early in training,
    when it is needed most. At the optimum G's loss is ``log(1 - m)``, without smoothing ``-log 2``.

    Parameters
    ----------
    label_smoothing, fake_label_smoothing : float
        As in `NonSaturating`. They smooth D's second term, but not its negative here: with a target of 0.1 an image
        with D(G(z)) < 0.1 would get a gradient that makes it worse.

    Notes
    -----
    Goodfellow et al., arXiv:1406.2661, equation 1.
    """

    @property
    def optimum(self) -> Optimum:
        """D's loss is that of `NonSaturating`, G's ``log(1 - m)``."""
        return super().optimum._replace(generator=math.log(1 - self.middle))

    def generator(self, z: Array) -> tuple[Array, Array]:
        """``E log(1 - D(G(z)))``."""
        loss, dz = binary_crossentropy_from_logits(z, 0.0)
        return -loss, -dz
