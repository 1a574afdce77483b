"""Binary cross-entropy of logits."""

from minigan.backend import Array
from minigan.kernels.reference.activations import sigmoid, softplus

__all__ = ["binary_crossentropy_from_logits"]


def binary_crossentropy_from_logits(z: Array, target: Array | float) -> tuple[Array, Array]:
    """``mean(t softplus(-z) + (1 - t) softplus(z))``, a scalar array, and ``((1 - t) sigma(z) - t sigma(-z)) / N``.

    The target t is a number of z's dtype, or an array like z.
    """
    loss = (target * softplus(-z) + (1 - target) * softplus(z)).mean()
    return loss, ((1 - target) * sigmoid(z) - target * sigmoid(-z)) / z.size
