"""Binary cross-entropy, and the games that GANs play with it.

Every function returns the loss, a mean over the batch, and its gradient. With a target t in [0, 1], a probability
p and its logit z (``p = sigma(z)``),

    L = -mean(t log p + (1 - t) log(1 - p)) = mean(t softplus(-z) + (1 - t) softplus(z)).

In the second form nothing overflows, and its derivative, from ``softplus' = sigma``,

    dL/dz = ((1 - t) sigma(z) - t sigma(-z)) / N,

which is ``(sigma(z) - t) / N`` written so that no digit is lost where sigma is close to 0 or 1: at a logit of 80
and a target of 1 it is -1.8e-35, where ``sigma(z) - 1`` would be 0.
"""

from typing import Protocol

from minigan.backend import Array, array_module
from minigan.errors import ConfigError, ShapeError
from minigan.kernels import sigmoid, softplus

__all__ = [
    "GAN_LOSSES",
    "GANLoss",
    "Minimax",
    "NonSaturating",
    "binary_crossentropy",
    "binary_crossentropy_from_logits",
    "get",
]


def binary_crossentropy(p: Array, target: Array | float) -> tuple[Array, Array]:
    """Binary cross-entropy of probabilities, ``L = -mean(t log p + (1 - t) log(1 - p))``.

    Parameters
    ----------
    p : array
        Probabilities, strictly between 0 and 1: where p has rounded to either, start from logits.
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
    t = as_target(target, z)
    loss = (t * softplus(-z) + (1 - t) * softplus(z)).mean()
    return loss, ((1 - t) * sigmoid(z) - t * sigmoid(-z)) / z.size


def as_target(target: Array | float, like: Array) -> Array | float:
    """A number, or an array of the very shape and dtype: broadcasting would hide a wrong gradient."""
    if isinstance(target, int | float):
        return like.dtype.type(target)
    if (target.shape, target.dtype) != (like.shape, like.dtype):
        raise ShapeError(f"expected a target {like.shape} {like.dtype}, got {target.shape} {target.dtype}")
    return target


class GANLoss(Protocol):
    """What a training step asks of a loss: each method takes D's logits, returns the loss and its gradient."""

    def real(self, z: Array) -> tuple[Array, Array]:
        """D's loss on real images."""

    def fake(self, z: Array) -> tuple[Array, Array]:
        """D's loss on generated images."""

    def generator(self, z: Array) -> tuple[Array, Array]:
        """G's loss, by D's logits for its images."""


class NonSaturating:
    """The GAN paper's game, with the generator's loss that the paper advises in practice.

    D minimises ``-E log D(x) - E log(1 - D(G(z)))``; G minimises ``-E log D(G(z))``, whose gradient is strongest
    where D rejects its images. At the optimum ``D = 1/2`` D's loss is ``log 4`` and G's ``log 2``.

    Parameters
    ----------
    label_smoothing : float
        One-sided: real images have the target ``1 - label_smoothing``, generated ones stay at 0, which keeps D
        from growing too sure (Salimans et al., arXiv:1606.03498, section 3.4).

    Notes
    -----
    Goodfellow et al., arXiv:1406.2661, equation 1 and the end of section 3.
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        if not 0 <= label_smoothing < 0.5:
            raise ConfigError(f"expected label_smoothing to be at least 0 and less than 0.5, got {label_smoothing!r}")
        self.label_smoothing = label_smoothing

    def real(self, z: Array) -> tuple[Array, Array]:
        """``-E log D(x)``, or towards a smoothed target."""
        return binary_crossentropy_from_logits(z, 1 - self.label_smoothing)

    def fake(self, z: Array) -> tuple[Array, Array]:
        """``-E log(1 - D(G(z)))``."""
        return binary_crossentropy_from_logits(z, 0.0)

    def generator(self, z: Array) -> tuple[Array, Array]:
        """``-E log D(G(z))``."""
        return binary_crossentropy_from_logits(z, 1.0)


class Minimax(NonSaturating):
    """The GAN paper's game as a minimax: G minimises ``E log(1 - D(G(z)))``, the negative of D's second term.

    Its gradient vanishes where D is sure that the images are generated: early in training, just when it is
    needed. At the optimum G's loss is ``-log 2``.

    Parameters
    ----------
    label_smoothing : float
        As in `NonSaturating`.

    Notes
    -----
    Goodfellow et al., arXiv:1406.2661, equation 1.
    """

    def generator(self, z: Array) -> tuple[Array, Array]:
        """``E log(1 - D(G(z)))``."""
        loss, dz = self.fake(z)
        return -loss, -dz


#: The games by name.
GAN_LOSSES: dict[str, type[NonSaturating]] = {"non-saturating": NonSaturating, "minimax": Minimax}


def get(name: str, label_smoothing: float = 0.0) -> GANLoss:
    """The game of that name."""
    if name not in GAN_LOSSES:
        raise ConfigError(f"unknown loss {name!r}: expected one of {', '.join(GAN_LOSSES)}")
    return GAN_LOSSES[name](label_smoothing)
