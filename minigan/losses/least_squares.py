"""Least squares."""

from minigan.backend import Array
from minigan.losses.base import Optimum, TargetLoss, as_target

__all__ = ["LeastSquares"]


class LeastSquares(TargetLoss):
    """Least squares: D's output itself, without a sigmoid, should be 1 for real and 0 for generated images.

    D minimises ``E (z - b)^2 / 2`` on real and ``E (z - a)^2 / 2`` on generated images, G ``E (z - c)^2 / 2``, with
    the paper's a, b, c = 0, 1, 1. The gradient ``dL/dz = (z - t) / N`` grows with the distance to the target t, on both
    sides of it: also for images whose output is far above 1.

    At the optimum ``z = m``, the mean of D's targets: D's loss is ``((b - a) / 2)^2`` and G's ``(m - 1)^2 / 2``,
    without smoothing 1/4 and 1/8.

    Parameters
    ----------
    label_smoothing, fake_label_smoothing : float
        b is 1 less the former, a the latter; see `TargetLoss`.

    Notes
    -----
    Mao et al., arXiv:1611.04076, equations 2 and 9.
    """

    @property
    def optimum(self) -> Optimum:
        """D's loss is ``((b - a) / 2)^2``, G's ``(m - 1)^2 / 2``."""
        b, a = self.targets
        return Optimum(((b - a) / 2) ** 2, (self.middle - 1) ** 2 / 2)

    @property
    def decision_threshold(self) -> float:
        """m, which is 1/2 without smoothing: the output is no logit."""
        return self.middle

    def real(self, z: Array) -> tuple[Array, Array]:
        """``E (z - b)^2 / 2``."""
        return half_squared_error(z, self.targets[0])

    def fake(self, z: Array) -> tuple[Array, Array]:
        """``E (z - a)^2 / 2``."""
        return half_squared_error(z, self.targets[1])

    def generator(self, z: Array) -> tuple[Array, Array]:
        """``E (z - 1)^2 / 2``."""
        return half_squared_error(z, 1.0)


def half_squared_error(z: Array, target: float) -> tuple[Array, Array]:
    """``mean((z - t)^2) / 2`` and its gradient, ``(z - t) / N``."""
    distance = z - as_target(target, z)
    return (distance * distance).mean() / 2, distance / z.size
