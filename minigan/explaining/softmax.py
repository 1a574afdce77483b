"""Softmax, in which every output depends on every input of its group."""

import math

from minigan.explaining.explainer import Explainer, computed, constant, product
from minigan.explaining.explanation import Explanation, Factor, Index, Term
from minigan.explaining.registry import explains
from minigan.layers import Softmax

__all__: list[str] = []


@explains(Softmax)
class SoftmaxExplainer(Explainer[Softmax]):
    """``y_i = e_i / sum_j e_j``, with e the powers of e."""

    def members(self, index: Index) -> list[Index]:
        """The places of the group that sums to one."""
        shape, axis = self.given.output_shape, self.layer.axis % len(self.given.output_shape)
        return [(*index[:axis], place, *index[axis + 1 :]) for place in range(shape[axis])]

    def y(self, index: Index) -> Explanation:
        x = self.x_name
        members = self.members(index)
        inputs = [self.given.x(member) for member in members]
        largest = constant("max", max(factor.value for factor in inputs))
        powers = [self.power(factor, largest) for factor in inputs]
        total = computed(Explanation("sum(e)", None, "sum(e) = sum_j e_j over the group", tuple(map(product, powers))))
        own = powers[members.index(index)]
        term = Term(own.value / total.value, (own, total), "{0} / {1}")
        return Explanation("y", index, f"y_i = exp({x}_i) / sum_j exp({x}_j)", (term,))

    def power(self, x: Factor, largest: Factor) -> Factor:
        """``exp(x - max)``."""
        note = f"max is the largest {self.x_name} of the group: without it y is the same, but exp may overflow"
        term = Term(math.exp(x.value - largest.value), (x, largest), "exp({0} - {1})")
        return computed(Explanation("e", x.index, f"e = exp({self.x_name} - max)", (term,), note))

    def dx(self, index: Index) -> Explanation:
        read, x = self.given, self.x_name
        y, dy = read.cached("y", index), read.dy(index)
        terms = tuple(product(read.cached("y", member), read.dy(member)) for member in self.members(index))
        mean = computed(Explanation("sum(y dy)", None, "sum(y dy) = sum_i y_i dy_i over the group", terms))
        parts = product(y, dy), Term(-y.value * mean.value, (y, mean), "-{0} * {1}")
        return Explanation(f"d{x}", index, f"d{x}_j = y_j (dy_j - sum_i y_i dy_i)", parts)
