"""Layers that draw random numbers in training."""

from minigan.explaining.explainer import Explainer, constant, product
from minigan.explaining.explanation import Explanation, Factor, Index
from minigan.explaining.registry import explains
from minigan.layers import Dropout, GaussianNoise

__all__: list[str] = []


@explains(Dropout)
class DropoutExplainer(Explainer[Dropout]):
    """The mask of the forward is in the cache, and serves the backward, too."""

    def y(self, index: Index) -> Explanation:
        return self.masked("y", self.x_name, self.given.x(index))

    def dx(self, index: Index) -> Explanation:
        return self.masked(f"d{self.x_name}", "dy", self.given.dy(index))

    def masked(self, name: str, text: str, factor: Factor) -> Explanation:
        """The number itself where nothing was dropped; else times the mask and ``1 / (1 - rate)``."""
        assert factor.index is not None
        if self.given.cache.bits is None:
            return Explanation(name, factor.index, f"{name} = {text}", (product(factor),), "nothing was dropped")
        parts = factor, constant("mask", self.kept(factor.index)), constant("1 / (1 - rate)", 1 / (1 - self.layer.rate))
        return Explanation(name, factor.index, f"{name} = {text} mask / (1 - rate)", (product(*parts),))

    def kept(self, index: Index) -> bool:
        """Whether an entry was kept: the cache has a bit for each, eight in a byte, the lowest first."""
        flat = 0
        for place, size in zip(index, self.given.output_shape):
            flat = flat * size + place
        byte, bit = divmod(flat, 8)
        return bool(int(self.given.read("cache.bits", (byte,))) >> bit & 1)


@explains(GaussianNoise)
class GaussianNoiseExplainer(Explainer[GaussianNoise]):
    """The noise is not in the cache, so that only the gradient can be explained: there is no y."""

    def dx(self, index: Index) -> Explanation:
        return Explanation("dx", index, "dx = dy, for the noise does not depend on x", (product(self.given.dy(index)),))
