"""Activations that multiply x by a gate between 0 and 1: SiLU and GELU."""

import math

from minigan.explaining.elementwise import ElementwiseExplainer, sigmoid
from minigan.explaining.explainer import L, computed, constant, product
from minigan.explaining.explanation import Explanation, Factor, Index, Term
from minigan.explaining.registry import explains
from minigan.layers import GELU, SiLU

__all__: list[str] = []

#: Of the polynomial u in the approximation of GELU.
SLOPE, CUBE = math.sqrt(2 / math.pi), 0.044715


class GateExplainer(ElementwiseExplainer[L]):
    """``y = x P(x)``, so ``f'(x) = P(x) + x P'(x)``: a subclass has the gate P and its slope P'."""

    def gate(self, x: Factor) -> Factor:
        """``P(x)``."""
        raise NotImplementedError

    def gate_slope(self, x: Factor) -> Factor:
        """``P'(x)``."""
        raise NotImplementedError

    def function_terms(self, x: Factor) -> tuple[Term, ...]:
        return (product(x, self.gate(x)),)

    def slope_terms(self, index: Index) -> tuple[Term, ...]:
        x = self.given.cached("x", index)
        return product(self.gate(x)), product(x, self.gate_slope(x))

    def of_x(self, name: str, x: Factor, formula: str, term: Term) -> Factor:
        """An intermediate result that is a function of x; ``{x}`` in its formula stands for the input's name."""
        name = f"{name}({self.x_name})"
        return computed(Explanation(name, x.index, f"{name} = {formula.format(x=self.x_name)}", (term,)))


@explains(SiLU)
class SiLUExplainer(GateExplainer[SiLU]):
    """The gate is the sigmoid s, with ``s' = s (1 - s)``."""

    function, slope = "{x} s({x})", "s({x}) + {x} s'({x})"

    def gate(self, x: Factor) -> Factor:
        term = Term(sigmoid(x.value), (x,), "1 / (1 + exp(-{0}))")
        return self.of_x("s", x, "1 / (1 + exp(-{x}))", term)

    def gate_slope(self, x: Factor) -> Factor:
        # 1 - s(x) = s(-x), which keeps its digits for a large x.
        term = Term(sigmoid(x.value) * sigmoid(-x.value), (self.gate(x),), "{0} * (1 - {0})")
        return self.of_x("s'", x, "s({x}) (1 - s({x}))", term)


@explains(GELU)
class GELUExplainer(GateExplainer[GELU]):
    """The gate is Phi, the probability that a number from N(0, 1) is below x; or what approximates it."""

    function, slope = "{x} Phi({x})", "Phi({x}) + {x} phi({x})"

    def gate(self, x: Factor) -> Factor:
        if self.layer.approximate:
            u = self.u(x)
            # (1 + tanh(u)) / 2 is the sigmoid of 2u, which keeps its digits where tanh(u) is near to -1.
            return self.of_x("Phi", x, "(1 + tanh(u)) / 2", Term(sigmoid(2 * u.value), (u,), "(1 + tanh({0})) / 2"))
        term = Term(math.erfc(-x.value / math.sqrt(2)) / 2, (x,), "(1 + erf({0} / sqrt(2))) / 2")
        return self.of_x("Phi", x, "(1 + erf({x} / sqrt(2))) / 2", term)

    def gate_slope(self, x: Factor) -> Factor:
        if self.layer.approximate:
            u = self.u(x)
            rise = SLOPE * (1 + 3 * CUBE * x.value * x.value)
            value = 2 * sigmoid(2 * u.value) * sigmoid(-2 * u.value) * rise
            form = "(1 - tanh({0})^2) / 2 * sqrt(2 / pi) * (1 + 3 * 0.044715 * {1}^2)"
            return self.of_x("phi", x, "(1 - tanh(u)^2) / 2 u'", Term(value, (u, x), form))
        term = Term(math.exp(-x.value * x.value / 2) / math.sqrt(2 * math.pi), (x,), "exp(-{0}^2 / 2) / sqrt(2 * pi)")
        return self.of_x("phi", x, "exp(-{x}^2 / 2) / sqrt(2 pi)", term)

    def u(self, x: Factor) -> Factor:
        """``sqrt(2 / pi) (x + 0.044715 x^3)``, of the approximation."""
        root = constant("sqrt(2 / pi)", SLOPE)
        terms = (
            product(root, x),
            Term(SLOPE * CUBE * x.value * x.value * x.value, (root, x), "{0} * 0.044715 * {1}^3"),
        )
        formula = f"u = sqrt(2 / pi) ({self.x_name} + 0.044715 {self.x_name}^3)"
        return computed(Explanation("u", x.index, formula, terms))
