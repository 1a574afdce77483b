"""The formulas of losses and penalties, written a second time to compare values.

A wrong loss with a matching gradient passes a gradient check. So the cases of losses and penalties compare one value
with the formula before the check.
"""

from collections.abc import Callable

import numpy as np

from minigan.backend import Array, array_module, asnumpy
from minigan.errors import GradientError
from minigan.gradcheck.builtin.training_steps import changed_names
from minigan.layers.base import Context
from minigan.model.sequential import Sequential
from minigan.penalties import Penalty
from minigan.random import Stream

__all__ = ["check_loss", "check_penalty"]


def log_probability(z: np.ndarray) -> np.ndarray:
    """``log sigma(z)``."""
    return -np.log(1 + np.exp(-z))


#: The terms of the GAN losses without smoothing, for one logit; a loss is their mean over the batch.
FORMULAS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "non-saturating-real": lambda z: -log_probability(z),
    "non-saturating-fake": lambda z: -log_probability(-z),
    "non-saturating-generator": lambda z: -log_probability(z),
    "minimax-real": lambda z: -log_probability(z),
    "minimax-fake": lambda z: -log_probability(-z),
    "minimax-generator": lambda z: log_probability(-z),
    "least-squares-real": lambda z: (z - 1) ** 2 / 2,
    "least-squares-fake": lambda z: z**2 / 2,
    "least-squares-generator": lambda z: (z - 1) ** 2 / 2,
    "hinge-real": lambda z: np.maximum(0, 1 - z),
    "hinge-fake": lambda z: np.maximum(0, 1 + z),
    "hinge-generator": lambda z: -z,
    "wasserstein-real": lambda z: -z,
    "wasserstein-fake": lambda z: z,
    "wasserstein-generator": lambda z: -z,
}

#: The penalties as functions of the norms of D's gradients.
OF_NORMS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "wgan-gp": lambda norm, weight: weight * (norm - 1) ** 2,
    "dragan": lambda norm, weight: weight * (norm - 1) ** 2,
    "r1": lambda norm, weight: weight / 2 * norm**2,
    "r2": lambda norm, weight: weight / 2 * norm**2,
}


def compare(name: str, got: Array, expected: float) -> None:
    """Raise if a value differs from the formula."""
    if not np.isclose(float(got), expected, rtol=1e-9):
        raise GradientError(f"{name}: expected the formula's value, {expected!r}, got {float(got)!r}")


def check_loss(name: str, loss: Callable[[Array], tuple[Array, Array]], z: Array) -> None:
    """Compare a loss with its formula, if there is one of that name.

    Raises
    ------
    GradientError
        They differ.
    """
    if name in FORMULAS:
        compare(name, loss(z)[0], float(FORMULAS[name](asnumpy(z)).mean()))


def check_penalty(
    name: str, penalty: Penalty, critic: Sequential, real: Array, fake: Array, labels: tuple[Array, Array | None]
) -> None:
    """Compare a penalty with its formula, which uses the critic's gradients at the points with their classes.

    Raises
    ------
    GradientError
        They differ, or the penalty changed the critic's state.
    """
    before = critic.state_dict()
    value = penalty(critic, real, fake, Stream(3, "gradcheck/penalty"), *labels)
    if names := changed_names(critic, before):
        raise GradientError(f"{name}: the penalty changed the critic's {names}")
    rng = Stream(3, "gradcheck/penalty")
    points = penalty.points(real, fake, rng)
    classes = labels[0] if name != "r2" or labels[1] is None else labels[1]
    z, caches = critic.forward(points, Context(training=True, rng=rng, update_stats=False, labels=classes))
    gradients = asnumpy(critic.backward(array_module(z).ones_like(z), caches, param_grads=False))
    norms = np.sqrt((gradients**2).sum(axis=tuple(range(1, gradients.ndim))))
    compare(name, value, float(OF_NORMS[name](norms, penalty.weight).mean()))
