"""Binary cross-entropy and the GAN losses.

A GAN loss has three terms, each a mean over the batch of a function of D's logit z: D's on real images, D's on
generated images, and G's. Every method returns the loss and its gradient dL/dz.

================  ===========================  ===========================  ===============================
loss              D, real images               D, generated images          G
================  ===========================  ===========================  ===============================
non-saturating    ``-log sigma(z)``            ``-log(1 - sigma(z))``       ``-log sigma(z)``
minimax           ``-log sigma(z)``            ``-log(1 - sigma(z))``       ``log(1 - sigma(z))``
least-squares     ``(z - 1)^2 / 2``            ``z^2 / 2``                  ``(z - 1)^2 / 2``
hinge             ``max(0, 1 - z)``            ``max(0, 1 + z)``            ``-z``
wasserstein       ``-z``                       ``z``                        ``-z``
================  ===========================  ===========================  ===============================

Two tools weaken a D that learns too fast: `NoisyLabels` and `InstanceNoise`. `minigan.constraints` has a third, clipped
weights.
"""

from minigan.errors import ConfigError
from minigan.losses.base import GANLoss, Optimum, TargetLoss
from minigan.losses.cross_entropy import (
    Minimax,
    NonSaturating,
    binary_crossentropy,
    binary_crossentropy_from_logits,
)
from minigan.losses.hinge import Hinge
from minigan.losses.instance_noise import InstanceNoise
from minigan.losses.least_squares import LeastSquares
from minigan.losses.noisy_labels import NoisyLabels
from minigan.losses.wasserstein import Wasserstein

__all__ = [
    "GAN_LOSSES",
    "GANLoss",
    "Hinge",
    "InstanceNoise",
    "LeastSquares",
    "Minimax",
    "NoisyLabels",
    "NonSaturating",
    "Optimum",
    "TargetLoss",
    "Wasserstein",
    "binary_crossentropy",
    "binary_crossentropy_from_logits",
    "get",
]

#: The GAN losses by name.
GAN_LOSSES: dict[str, type[NonSaturating] | type[LeastSquares] | type[Hinge] | type[Wasserstein]] = {
    "non-saturating": NonSaturating,
    "minimax": Minimax,
    "least-squares": LeastSquares,
    "hinge": Hinge,
    "wasserstein": Wasserstein,
}


def get(name: str, label_smoothing: float = 0.0, fake_label_smoothing: float = 0.0) -> GANLoss:
    """Make the GAN loss of that name.

    Parameters
    ----------
    name : str
        One of `GAN_LOSSES`.
    label_smoothing, fake_label_smoothing : float
        See `TargetLoss`.

    Raises
    ------
    ConfigError
        The name is unknown, or the loss has no labels that could be smoothed.
    """
    if name not in GAN_LOSSES:
        raise ConfigError(f"unknown loss {name!r}: expected one of {', '.join(GAN_LOSSES)}")
    kind = GAN_LOSSES[name]
    if issubclass(kind, TargetLoss):
        return kind(label_smoothing, fake_label_smoothing)
    if label_smoothing or fake_label_smoothing:
        raise ConfigError(f"the loss {name!r} takes no label smoothing: {kind.unlabelled}")
    return kind()
