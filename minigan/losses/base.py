"""The contract of all GAN losses, and the parts that several of them share."""

from typing import Any, NamedTuple, Protocol

from minigan import numbers
from minigan.backend import Array, array_module
from minigan.errors import ConfigError, ShapeError

__all__ = ["GANLoss", "Optimum", "TargetLoss", "as_target", "below_half", "negative_mean", "not_empty"]


class Optimum(NamedTuple):
    """Both losses at the equilibrium, where G draws from the distribution of the data and D is undecided.

    Attributes
    ----------
    discriminator, generator : float or None
        The sum of D's two terms, and G's loss. None where the loss is not unique: with the hinge and the Wasserstein
        loss, many values of D's logit are optimal.
    """

    discriminator: float | None
    generator: float | None


class GANLoss(Protocol):
    """The methods of a loss that a training step calls: each takes D's logits and returns the loss and its gradient."""

    @property
    def optimum(self) -> Optimum:
        """The losses at the equilibrium: the theoretical lines of a plot."""

    @property
    def decision_threshold(self) -> float | None:
        """The logit between "real" and "generated"; None where only differences of logits mean something."""

    def real(self, z: Array) -> tuple[Array, Array]:
        """D's loss on real images."""

    def fake(self, z: Array) -> tuple[Array, Array]:
        """D's loss on generated images."""

    def generator(self, z: Array) -> tuple[Array, Array]:
        """G's loss, from D's logits of generated images."""


class TargetLoss:
    """The base of the losses in which D learns labels, 1 for real and 0 for generated, which can be smoothed.

    Smoothing changes the targets of D only. If G's target were smoothed too, G would learn to make an image worse once
    D rates it above that target.

    Parameters
    ----------
    label_smoothing : float
        Real images have the target ``1 - label_smoothing``. Alone it is one-sided smoothing, which keeps D from
        becoming overconfident (Salimans et al., arXiv:1606.03498, section 3.4).
    fake_label_smoothing : float
        Generated images have the target `fake_label_smoothing`; with the above, two-sided smoothing. The best D
        is then constant where G draws far from all data, so that G gets no gradient there. Goodfellow
        (arXiv:1701.00160, section 4.2) therefore advises to smooth one side only.

    Raises
    ------
    ConfigError
        One of them is negative, or 0.5 or more.
    """

    def __init__(self, label_smoothing: float = 0.0, fake_label_smoothing: float = 0.0) -> None:
        self.label_smoothing = below_half("label_smoothing", label_smoothing)
        self.fake_label_smoothing = below_half("fake_label_smoothing", fake_label_smoothing)

    def __repr__(self) -> str:
        settings = f"label_smoothing={self.label_smoothing}, fake_label_smoothing={self.fake_label_smoothing}"
        return f"{type(self).__name__}({settings})"

    @property
    def targets(self) -> tuple[float, float]:
        """D's targets for real and for generated images."""
        return 1 - self.label_smoothing, self.fake_label_smoothing

    @property
    def middle(self) -> float:
        """The mean of both targets: the best output of D where real and generated images are equally likely."""
        return sum(self.targets) / 2


def below_half(name: str, value: float) -> float:
    """Refuse a fraction of 0.5 or more, which would swap the labels."""
    fraction = numbers.finite(value)
    if fraction is None or not 0 <= fraction < 0.5:
        raise ConfigError(f"expected {name} to be at least 0 and less than 0.5, got {value!r}")
    return fraction


def as_target(target: Any, like: Array) -> Array | float:
    """The target as a number, or as an array of the same shape and dtype: broadcasting would hide a wrong gradient."""
    not_empty(like)
    if not hasattr(target, "shape") or target.shape == ():
        value = numbers.finite(target)
        if value is None:
            raise ConfigError(f"expected a target to be a finite number, or an array like the logits, got {target!r}")
        return like.dtype.type(value)
    if (target.shape, target.dtype) != (like.shape, like.dtype):
        raise ShapeError(f"expected a target {like.shape} {like.dtype}, got {target.shape} {target.dtype}")
    return target


def not_empty(z: Array) -> None:
    """Refuse a batch without an example: the mean of no numbers is NaN."""
    if not z.size:
        raise ShapeError(f"expected logits of at least one example, got {z.shape}")


def negative_mean(z: Array) -> tuple[Array, Array]:
    """``-mean(z)`` and its gradient, ``-1/N`` everywhere."""
    not_empty(z)
    return -z.mean(), array_module(z).full_like(z, -1 / z.size)
