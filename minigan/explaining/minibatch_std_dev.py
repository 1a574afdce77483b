"""The minibatch standard deviation: one more channel, made of a whole group of examples."""

import math
from itertools import product as combinations

from minigan.explaining.explainer import Explainer, computed, constant, product
from minigan.explaining.explanation import Explanation, Factor, Index, Term
from minigan.explaining.registry import explains
from minigan.layers import MinibatchStdDev

__all__: list[str] = []


@explains(MinibatchStdDev)
class MinibatchStdDevExplainer(Explainer[MinibatchStdDev]):
    """x, and in the new channel the mean standard deviation t of the example's group."""

    def groups(self) -> int:
        """The number of groups; example n is in group ``n % groups``."""
        return max(self.given.batch // self.layer.group_size, 1)

    def members(self, n: int) -> range:
        """The examples in the group of one of them."""
        return range(n % self.groups(), self.given.batch, self.groups())

    def places(self) -> list[Index]:
        """All places of an example's numbers, in the order of memory."""
        return list(combinations(*map(range, self.layer.input_shape)))

    def y(self, index: Index) -> Explanation:
        n, *_, channel = index
        if channel < self.layer.input_shape[-1]:
            return Explanation("y", index, "y[n, ..., c] = x[n, ..., c]", (product(self.given.x(index)),))
        places = self.places()
        count = constant("D", len(places))
        deviations = (self.deviation(n, place) for place in places)
        terms = tuple(Term(stddev.value / count.value, (stddev, count), "{0} / {1}") for stddev in deviations)
        formula = "y[n, ..., C] = 1/D sum_d stddev[m, d] over an example's D numbers, m the group of example n"
        return Explanation("y", index, formula, terms)

    def deviation(self, n: int, place: Index) -> Factor:
        """The standard deviation of a number over the group."""
        inputs = [self.given.x((member, *place)) for member in self.members(n)]
        count = constant("G", len(inputs))
        at = (n % self.groups(), *place)
        quotients = tuple(Term(x.value / count.value, (x, count), "{0} / {1}") for x in inputs)
        mean = computed(Explanation("mean", at, "mean = 1/G sum x over the G examples of the group", quotients))
        squares = tuple(
            Term((x.value - mean.value) * (x.value - mean.value) / count.value, (x, mean, count), "({0} - {1})^2 / {2}")
            for x in inputs
        )
        variance = computed(Explanation("variance", at, "variance = 1/G sum (x - mean)^2 over the group", squares))
        epsilon = constant("epsilon", self.layer.EPSILON)
        root = Term(math.sqrt(variance.value + epsilon.value), (variance, epsilon), "sqrt({0} + {1})")
        return computed(Explanation("stddev", at, "stddev = sqrt(variance + epsilon)", (root,)))

    def dx(self, index: Index) -> Explanation:
        n, *place = index
        places = self.places()
        d, group = places.index(tuple(place)), n % self.groups()
        centered, stddev = self.given.cached("centered", (n, d)), self.given.cached("stddev", (group, d))
        dt, size, count = self.dt(n), constant("G", len(self.members(n))), constant("D", len(places))
        value = centered.value * dt.value / (size.value * count.value * stddev.value)
        parts = Term(value, (centered, dt, size, count, stddev), "{0} * {1} / ({2} * {3} * {4})")
        formula = "dx = dy + centered dt / (G D stddev)"
        return Explanation("dx", index, formula, (product(self.given.dy(index)), parts))

    def dt(self, n: int) -> Factor:
        """The gradient with respect to the group's number: all places of all its examples got it."""
        _, *places, channels = self.given.output_shape
        all_places = combinations(self.members(n), *map(range, places))
        terms = tuple(product(self.given.dy((*at, channels - 1))) for at in all_places)
        formula = "dt[m] = sum dy[n, ..., C] over all places and examples of group m"
        return computed(Explanation("dt", (n % self.groups(),), formula, terms))
