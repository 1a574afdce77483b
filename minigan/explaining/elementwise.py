"""Activations: functions of each number, and their slopes."""

import math
from functools import cached_property

from minigan.explaining.explainer import Explainer, L, computed, product
from minigan.explaining.explanation import Explanation, Factor, Index, Term
from minigan.explaining.registry import explains
from minigan.layers import Identity, Sigmoid, Softplus, Tanh

__all__ = ["ElementwiseExplainer", "sigmoid"]


class ElementwiseExplainer(Explainer[L]):
    """A layer ``y = f(x)``, number by number: a subclass has the terms of f and of its slope f'.

    The slope is made of what the layer's cache holds, as its backward makes it: of x, or of y.
    """

    #: f and f' as text, ``{x}`` for the input.
    function, slope = "", ""

    def function_terms(self, x: Factor) -> tuple[Term, ...]:
        """``f(x)``."""
        raise NotImplementedError

    def slope_terms(self, index: Index) -> tuple[Term, ...]:
        """``f'(x)``."""
        raise NotImplementedError

    def y(self, index: Index) -> Explanation:
        formula = f"y = {self.function.format(x=self.x_name)}"
        return Explanation("y", index, formula, self.function_terms(self.given.x(index)))

    def dx(self, index: Index) -> Explanation:
        x = self.x_name
        slope = Explanation(self.slope_name, index, self.slope_formula, self.slope_terms(index))
        terms = (product(self.given.dy(index), computed(slope)),)
        return Explanation(f"d{x}", index, f"d{x} = dy {self.slope_name}", terms)

    @cached_property
    def slope_name(self) -> str:
        """``f'(x)``."""
        return f"f'({self.x_name})"

    @cached_property
    def slope_formula(self) -> str:
        """``f'(x)`` as a formula, put together once: a sum may have thousands of slopes."""
        return f"{self.slope_name} = {self.slope.format(x=self.x_name)}"


@explains(Identity)
class IdentityExplainer(Explainer[Identity]):
    """``y = x``, ``dx = dy``."""

    def y(self, index: Index) -> Explanation:
        return Explanation("y", index, f"y = {self.x_name}", (product(self.given.x(index)),))

    def dx(self, index: Index) -> Explanation:
        return Explanation(f"d{self.x_name}", index, f"d{self.x_name} = dy", (product(self.given.dy(index)),))


@explains(Sigmoid)
class SigmoidExplainer(ElementwiseExplainer[Sigmoid]):
    """The slope is made of y."""

    function, slope = "1 / (1 + exp(-{x}))", "y (1 - y)"

    def function_terms(self, x: Factor) -> tuple[Term, ...]:
        return (Term(sigmoid(x.value), (x,), "1 / (1 + exp(-{0}))"),)

    def slope_terms(self, index: Index) -> tuple[Term, ...]:
        y = self.given.cached("y", index)
        return (Term(y.value * (1 - y.value), (y,), "{0} * (1 - {0})"),)


@explains(Tanh)
class TanhExplainer(ElementwiseExplainer[Tanh]):
    """The slope is made of y."""

    function, slope = "tanh({x})", "1 - y^2"

    def function_terms(self, x: Factor) -> tuple[Term, ...]:
        return (Term(math.tanh(x.value), (x,), "tanh({0})"),)

    def slope_terms(self, index: Index) -> tuple[Term, ...]:
        y = self.given.cached("y", index)
        return (Term(1 - y.value * y.value, (y,), "1 - {0}^2"),)


@explains(Softplus)
class SoftplusExplainer(ElementwiseExplainer[Softplus]):
    """The slope is the sigmoid of x."""

    function, slope = "log(1 + exp({x}))", "1 / (1 + exp(-{x}))"

    def function_terms(self, x: Factor) -> tuple[Term, ...]:
        value = max(x.value, 0.0) + math.log1p(math.exp(-abs(x.value)))
        return (Term(value, (x,), "log(1 + exp({0}))"),)

    def slope_terms(self, index: Index) -> tuple[Term, ...]:
        x = self.given.cached("x", index)
        return (Term(sigmoid(x.value), (x,), "1 / (1 + exp(-{0}))"),)


def sigmoid(x: float) -> float:
    """``1 / (1 + exp(-x))``, without a positive exponent, which could overflow."""
    small = math.exp(-abs(x))
    return (1.0 if x >= 0 else small) / (1 + small)
