"""What all explainers share: their contract, and how they make terms."""

from typing import Generic, TypeVar

from minigan.explaining.explanation import Explanation, Factor, Index, Term
from minigan.explaining.given import Given
from minigan.layers import Layer

__all__ = ["Explainer", "computed", "constant", "product"]

L = TypeVar("L", bound=Layer)


class Explainer(Generic[L]):
    """Explains the results of one pass of a layer.

    A subclass has a method for each quantity: ``y``, ``dx``, and for each parameter that is learned ``dkernel``,
    ``dbias`` and so on; a quantity without one is refused. Each takes the entry's index and returns its explanation. It
    spells out the arithmetic of the layer's formula in Python's float64 numbers and calls no kernel, so that a
    comparison with the layer's own result checks both.

    Parameters
    ----------
    layer : Layer
    given : Given
        The arrays of the pass.
    """

    def __init__(self, layer: L, given: Given) -> None:
        self.layer, self.given = layer, given

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.layer.title}>"

    @property
    def x_name(self) -> str:
        """What the input is called in formulas: x, or z inside of another layer."""
        return self.given.input_name

    def y(self, index: Index) -> Explanation:
        """An entry of the output."""
        raise NotImplementedError

    def dx(self, index: Index) -> Explanation:
        """An entry of the gradient with respect to the input."""
        raise NotImplementedError


def constant(name: str, value: float) -> Factor:
    """A number that is in no array."""
    return Factor(name, None, float(value))


def computed(explanation: Explanation) -> Factor:
    """An intermediate result as a factor."""
    return Factor(explanation.quantity, explanation.index, explanation.total, explanation)


def product(*factors: Factor) -> Term:
    """The factors multiplied."""
    value = 1.0
    for factor in factors:
        value *= factor.value
    return Term(value, factors)
