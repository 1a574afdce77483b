"""Activations made of two pieces, of which the sign of x chooses one."""

import math
from itertools import product as combinations

from minigan.explaining.elementwise import ElementwiseExplainer
from minigan.explaining.explainer import computed, constant, product
from minigan.explaining.explanation import Explanation, Factor, Index, Term
from minigan.explaining.registry import explains
from minigan.layers import ELU, SELU, LeakyReLU, PReLU, ReLU

__all__: list[str] = []


@explains(ReLU)
class ReLUExplainer(ElementwiseExplainer[ReLU]):
    """With Keras's options: a limit, a slope below, a threshold."""

    @property
    def function(self) -> str:  # type: ignore[override]
        layer = self.layer
        below = f"negative_slope ({{x}} - {layer.threshold:g})" if layer.negative_slope else "0"
        text = f"{{x}} if {{x}} > {layer.threshold:g} else {below}"
        if not layer.negative_slope and not layer.threshold:
            text = "max({x}, 0)"
        return text if layer.max_value is None else f"min({text}, {layer.max_value:g})"

    @property
    def slope(self) -> str:  # type: ignore[override]
        layer = self.layer
        text = f"1 if {{x}} > {layer.threshold:g} else {layer.negative_slope:g}"
        return text if layer.max_value is None else f"{text}; 0 if {{x}} >= {layer.max_value:g}"

    def function_terms(self, x: Factor) -> tuple[Term, ...]:
        layer = self.layer
        if not x.value <= layer.threshold:
            term = product(x)
        elif layer.negative_slope:
            slope, threshold = constant("negative_slope", layer.negative_slope), constant("threshold", layer.threshold)
            term = Term(slope.value * (x.value - threshold.value), (slope, x, threshold), "{0} * ({1} - {2})")
        else:
            term = Term(0.0, (x,), f"0, for {{0}} <= {layer.threshold:g}")
        if layer.max_value is not None and term.value > layer.max_value:
            limit = constant("max_value", layer.max_value)
            passed, _, _ = (term.form or "{0}").partition(", for ")
            term = Term(limit.value, (*term.factors, limit), f"min({passed}, {{{len(term.factors)}}})")
        return (term,)

    def slope_terms(self, index: Index) -> tuple[Term, ...]:
        layer, x = self.layer, self.given.cached("x", index)
        if layer.max_value is not None and not x.value < layer.max_value:
            return (Term(0.0, (x,), f"0, for {{0}} >= {layer.max_value:g}"),)
        if x.value > layer.threshold:
            return (Term(1.0, (x,), f"1, for {{0}} > {layer.threshold:g}"),)
        slope = layer.negative_slope
        return (Term(slope, (x,), f"{slope:g}, for {{0}} <= {layer.threshold:g}"),)


@explains(LeakyReLU)
class LeakyReLUExplainer(ElementwiseExplainer[LeakyReLU]):
    """1 or a smaller slope."""

    function, slope = "{x} if {x} > 0 else negative_slope {x}", "1 if {x} > 0 else negative_slope"

    def function_terms(self, x: Factor) -> tuple[Term, ...]:
        return (product(x) if x.value > 0 else product(constant("negative_slope", self.layer.negative_slope), x),)

    def slope_terms(self, index: Index) -> tuple[Term, ...]:
        x, slope = self.given.cached("x", index), self.layer.negative_slope
        if x.value > 0:
            return (Term(1.0, (x,), "1, for {0} > 0"),)
        return (Term(slope, (x, constant("negative_slope", slope)), "{1}, for {0} <= 0"),)


@explains(PReLU)
class PReLUExplainer(ElementwiseExplainer[PReLU]):
    """The slope below 0 is a parameter."""

    function, slope = "{x} if {x} > 0 else alpha {x}", "1 if {x} > 0 else alpha"

    def alpha(self, index: Index) -> Factor:
        """The slope of a place, which other places may share."""
        shape = self.layer.alpha.data.shape
        return self.given.parameter("alpha", tuple(at if size > 1 else 0 for at, size in zip(index[1:], shape)))

    def function_terms(self, x: Factor) -> tuple[Term, ...]:
        assert x.index is not None
        return (product(x) if x.value > 0 else product(self.alpha(x.index), x),)

    def slope_terms(self, index: Index) -> tuple[Term, ...]:
        x = self.given.cached("x", index)
        if x.value > 0:
            return (Term(1.0, (x,), "1, for {0} > 0"),)
        alpha = self.alpha(index)
        return (Term(alpha.value, (alpha, x), "{0}, for {1} <= 0"),)

    def dalpha(self, index: Index) -> Explanation:
        """An entry of the gradient with respect to the slope: it multiplies ``min(x, 0)``."""
        batch, *sizes = self.given.output_shape
        own = zip(index, self.layer.alpha.data.shape, sizes)
        shared = [range(size) if alone == 1 else (at,) for at, alone, size in own]
        terms = []
        for place in combinations(range(batch), *shared):
            x = self.given.cached("x", place)
            below = Term(min(x.value, 0.0), (x,), "min({0}, 0)")
            negative = computed(Explanation("min(x, 0)", place, "what alpha multiplies", (below,)))
            terms.append(product(self.given.dy(place), negative))
        formula = "dalpha = sum dy min(x, 0) over all examples and the places that share it"
        return Explanation("dalpha", index, formula, tuple(terms))


@explains(ELU)
class ELUExplainer(ElementwiseExplainer[ELU]):
    """An exponential below 0."""

    function, slope = "{x} if {x} > 0 else alpha (exp({x}) - 1)", "1 if {x} > 0 else alpha exp({x})"

    def function_terms(self, x: Factor) -> tuple[Term, ...]:
        if x.value > 0:
            return (product(x),)
        alpha = constant("alpha", self.layer.alpha)
        return (Term(alpha.value * math.expm1(x.value), (alpha, x), "{0} * (exp({1}) - 1)"),)

    def slope_terms(self, index: Index) -> tuple[Term, ...]:
        x = self.given.cached("x", index)
        if x.value > 0:
            return (Term(1.0, (x,), "1, for {0} > 0"),)
        alpha = constant("alpha", self.layer.alpha)
        return (Term(alpha.value * math.exp(x.value), (alpha, x), "{0} * exp({1})"),)


@explains(SELU)
class SELUExplainer(ElementwiseExplainer[SELU]):
    """An ELU times a number."""

    function = "scale {x} if {x} > 0 else scale alpha (exp({x}) - 1)"
    slope = "scale if {x} > 0 else scale alpha exp({x})"

    def function_terms(self, x: Factor) -> tuple[Term, ...]:
        scale, alpha = constant("scale", self.layer.SCALE), constant("alpha", self.layer.ALPHA)
        if x.value > 0:
            return (product(scale, x),)
        value = scale.value * alpha.value * math.expm1(x.value)
        return (Term(value, (scale, alpha, x), "{0} * {1} * (exp({2}) - 1)"),)

    def slope_terms(self, index: Index) -> tuple[Term, ...]:
        x = self.given.cached("x", index)
        scale, alpha = constant("scale", self.layer.SCALE), constant("alpha", self.layer.ALPHA)
        if x.value > 0:
            return (Term(scale.value, (scale, x), "{0}, for {1} > 0"),)
        return (Term(scale.value * alpha.value * math.exp(x.value), (scale, alpha, x), "{0} * {1} * exp({2})"),)
