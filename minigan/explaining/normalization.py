"""The normalisations: a group of numbers to mean 0 and variance 1, then a scale and a shift."""

import math
from collections.abc import Iterable
from itertools import product as combinations
from typing import TypeVar

from minigan.explaining.explainer import Explainer, computed, constant, product
from minigan.explaining.explanation import Explanation, Factor, Index, Term
from minigan.explaining.given import Given
from minigan.explaining.registry import explains
from minigan.layers import BatchNorm, GroupNormalization, LayerNorm
from minigan.layers.scale_shift import ScaleShift

__all__: list[str] = []

S = TypeVar("S", bound=ScaleShift)


class NormalizationExplainer(Explainer[S]):
    """A subclass says which numbers are normalised together, and where the cache has their standard deviation."""

    #: The numbers of one group, in words.
    group = ""

    #: Mean and variance are constants: the moving averages.
    fixed = False

    def members(self, index: Index) -> Iterable[Index]:
        """The places of the numbers that are normalised together with this one, in their order."""
        raise NotImplementedError

    def statistic(self, index: Index) -> Index:
        """The place of the group's mean, variance and standard deviation."""
        raise NotImplementedError

    def places(self) -> Iterable[Index]:
        """All places in the output without the channel."""
        return combinations(*map(range, self.given.output_shape[:-1]))

    # Forward

    def y(self, index: Index) -> Explanation:
        read, channel = self.given, index[-1:]
        x_hat = computed(self.x_hat(index))
        terms = [product(read.parameter("gamma", channel), x_hat) if self.layer.scale else product(x_hat)]
        if self.layer.center:
            terms.append(product(read.parameter("beta", channel)))
        formula = ("gamma " if self.layer.scale else "") + "x_hat" + (" + beta" if self.layer.center else "")
        return Explanation("y", index, f"y = {formula}", tuple(terms))

    def x_hat(self, index: Index) -> Explanation:
        """``(x - mean) / sqrt(variance + epsilon)``."""
        x, mean = self.given.x(index), self.mean(index)
        variance = self.variance(index, mean)
        epsilon = constant("epsilon", self.layer.epsilon)
        value = divided(x.value - mean.value, root(variance.value + epsilon.value))
        term = Term(value, (x, mean, variance, epsilon), "({0} - {1}) / sqrt({2} + {3})")
        formula = f"x_hat = (x - {mean.name}) / sqrt({variance.name} + epsilon)"
        return Explanation("x_hat", index, formula, (term,))

    def mean(self, index: Index) -> Factor:
        """The mean of the group."""
        return self.mean_of("mean", "x", index, [(self.given.x(member),) for member in self.members(index)])

    def variance(self, index: Index, mean: Factor) -> Factor:
        """The biased variance of the group."""
        members = list(self.members(index))
        count = constant("M", len(members))
        terms = []
        for member in members:
            x = self.given.x(member)
            distance = x.value - mean.value
            terms.append(Term(distance * distance / count.value, (x, mean, count), "({0} - {1})^2 / {2}"))
        formula = f"variance = 1/M sum (x - mean)^2 over the M numbers of {self.group}"
        return computed(Explanation("variance", self.statistic(index), formula, tuple(terms)))

    # Backward

    def dx(self, index: Index) -> Explanation:
        read = self.given
        g, std = computed(self.g(index)) if self.layer.scale else read.dy(index), self.inverse_std(index)
        terms, formula = [product(g, std)], "dx = g inverse_std"
        if not self.fixed:
            x_hat, mean, slope = read.cached("x_hat", index), self.mean_of_g(index), self.mean_of_g_x_hat(index)
            terms.append(Term(-mean.value * std.value, (mean, std), "-{0} * {1}"))
            terms.append(Term(-x_hat.value * slope.value * std.value, (x_hat, slope, std), "-{0} * {1} * {2}"))
            formula = "dx = (g - mean(g) - x_hat mean(g x_hat)) inverse_std"
        formula += ", g = gamma dy" if self.layer.scale else ", g = dy"
        return Explanation("dx", index, formula, tuple(terms))

    def g_factors(self, index: Index) -> tuple[Factor, ...]:
        """``gamma * dy``, the gradient with respect to x_hat; dy alone without gamma."""
        dy = self.given.dy(index)
        return (self.given.parameter("gamma", index[-1:]), dy) if self.layer.scale else (dy,)

    def g(self, index: Index) -> Explanation:
        """The gradient with respect to x_hat."""
        return Explanation("g", index, "g = gamma dy", (product(*self.g_factors(index)),))

    def mean_of_g(self, index: Index) -> Factor:
        """What reaches x through the mean."""
        return self.mean_of("mean(g)", "g", index, map(self.g_factors, self.members(index)))

    def mean_of_g_x_hat(self, index: Index) -> Factor:
        """What reaches x through the variance."""
        products = ((*self.g_factors(member), self.given.cached("x_hat", member)) for member in self.members(index))
        return self.mean_of("mean(g x_hat)", "g x_hat", index, products)

    def mean_of(self, name: str, text: str, index: Index, products: Iterable[tuple[Factor, ...]]) -> Factor:
        """The mean of products over the group."""
        found = list(products)
        count = constant("M", len(found))
        form = " * ".join(f"{{{place}}}" for place in range(len(found[0]))) + f" / {{{len(found[0])}}}"
        terms = tuple(
            Term(math.prod(factor.value for factor in factors) / count.value, (*factors, count), form)
            for factors in found
        )
        formula = f"{name} = 1/M sum {text} over the M numbers of {self.group}"
        return computed(Explanation(name, self.statistic(index), formula, terms))

    def inverse_std(self, index: Index) -> Factor:
        """``1 / sqrt(variance + epsilon)``, from the cache."""
        return self.given.cached("inverse_std", self.statistic(index))

    def dgamma(self, index: Index) -> Explanation:
        """An entry of the gradient with respect to the scale."""
        read = self.given
        places = ((*at, *index) for at in self.places())
        terms = tuple(product(read.dy(place), read.cached("x_hat", place)) for place in places)
        return Explanation("dgamma", index, "dgamma = sum dy x_hat over all numbers of the channel", terms)

    def dbeta(self, index: Index) -> Explanation:
        """An entry of the gradient with respect to the shift."""
        terms = tuple(product(self.given.dy((*at, *index))) for at in self.places())
        return Explanation("dbeta", index, "dbeta = sum dy over all numbers of the channel", terms)


@explains(BatchNorm)
class BatchNormExplainer(NormalizationExplainer[BatchNorm]):
    """Over the batch in training; by the moving averages, which are constants, at inference."""

    group = "the channel in the batch"

    def __init__(self, layer: BatchNorm, given: Given) -> None:
        super().__init__(layer, given)
        self.fixed = not given.cache.training

    def members(self, index: Index) -> Iterable[Index]:
        return ((*at, index[-1]) for at in self.places())

    def statistic(self, index: Index) -> Index:
        return index[-1:]

    def mean(self, index: Index) -> Factor:
        return self.given.parameter("moving_mean", index[-1:]) if self.fixed else super().mean(index)

    def variance(self, index: Index, mean: Factor) -> Factor:
        return self.given.parameter("moving_variance", index[-1:]) if self.fixed else super().variance(index, mean)


@explains(LayerNorm)
class LayerNormExplainer(NormalizationExplainer[LayerNorm]):
    """Over the channels of one place."""

    group = "the place"

    def members(self, index: Index) -> Iterable[Index]:
        return ((*index[:-1], channel) for channel in range(self.given.output_shape[-1]))

    def statistic(self, index: Index) -> Index:
        return (*index[:-1], 0)


@explains(GroupNormalization)
class GroupNormalizationExplainer(NormalizationExplainer[GroupNormalization]):
    """Over all places of an example and the channels of a group."""

    group = "the group"

    def members(self, index: Index) -> Iterable[Index]:
        _, *places, channels = self.given.output_shape
        size = channels // self.layer.count
        first = index[-1] // size * size
        ranges = *map(range, places), range(first, first + size)
        return ((index[0], *at) for at in combinations(*ranges))

    def statistic(self, index: Index) -> Index:
        return (index[0], 0, index[-1])


def root(value: float) -> float:
    """The square root; NaN of a number below 0, as for NumPy."""
    return math.sqrt(value) if value >= 0 else math.nan


def divided(value: float, by: float) -> float:
    """The quotient; of a division by 0 infinity or NaN, as for NumPy."""
    return value / by if by else value * math.inf
