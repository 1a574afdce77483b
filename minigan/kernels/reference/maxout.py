"""The largest of neighbouring numbers, for maxout units."""

from minigan.backend import Array, array_module

__all__ = ["max_with_mask", "max_with_mask_grad"]


def max_with_mask(x: Array) -> tuple[Array, Array]:
    """The largest numbers along the last axis, and a mask of their places: of several equal ones the first.

    Shapes: x (..., K), y (...), won (..., K) of booleans, one of which is true for each y.
    """
    won = x.argmax(axis=-1)[..., None] == array_module(x).arange(x.shape[-1])
    return x.max(axis=-1), won


def max_with_mask_grad(dy: Array, won: Array) -> Array:
    """Each dy (...) to the place that won, 0 to the others: (..., K)."""
    return dy[..., None] * won
