"""What a layer learns: an array with its gradient."""

import copy

from minigan import backend
from minigan.backend import Array, array_module

__all__ = ["Parameter"]


class Parameter:
    """An array a layer learns or keeps, with its gradient.

    Parameters
    ----------
    data : array
        The value.
    trainable : bool
        Optimizers update it; otherwise `grad` is None (BatchNorm's moving averages).

    Attributes
    ----------
    grad : array or None
        The sum of the gradients of all backwards since it was last set to zero.
    version : int
        Number of times that the value was replaced. A cache holds it, and a backward refuses an older one.
    """

    __slots__ = ("data", "grad", "trainable", "version")

    def __init__(self, data: Array, trainable: bool = True) -> None:
        self.data = data
        self.grad: Array | None = array_module(data).zeros_like(data) if trainable else None
        self.trainable = trainable
        self.version = 0

    def __repr__(self) -> str:
        kind = "" if self.trainable else ", trainable=False"
        return f"Parameter(shape={self.data.shape}, dtype={self.data.dtype}{kind})"

    def rebind(self, data: Array, grad: Array | None) -> None:
        """Copy value and gradient into these arrays, parts of a network's flat buffers, and use them from now on."""
        data[...] = self.data
        self.data = data
        if grad is not None:
            grad[...] = self.grad
            self.grad = grad

    def to(self, name: str) -> None:
        """Copy value and gradient to another backend, "numpy" or "cupy": caches from before are stale from now on."""
        self.data = backend.to(self.data, name)
        if self.grad is not None:
            self.grad = backend.to(self.grad, name)
        self.version += 1

    def with_grad(self, grad: Array) -> "Parameter":
        """The same value and version, with `grad` for the gradient: for concurrent passes."""
        parameter = copy.copy(self)
        parameter.grad = grad
        return parameter
