"""The largest of several pieces: Maxout and ChannelMax."""

from minigan.explaining.explainer import Explainer, computed, constant, product
from minigan.explaining.explanation import Explanation, Factor, Index
from minigan.explaining.pooling import largest_of
from minigan.explaining.registry import explains
from minigan.layers import ChannelMax, Maxout

__all__: list[str] = []


@explains(Maxout)
class MaxoutExplainer(Explainer[Maxout]):
    """All pieces of a unit are compared; the gradients follow the one that won."""

    def y(self, index: Index) -> Explanation:
        pieces = [self.z((*index, k)) for k in range(self.layer.pieces)]
        return Explanation("y", index, "y[n, u] = max_k z[n, u, k]", largest_of(pieces))

    def z(self, index: Index) -> Factor:
        """A piece of a unit."""
        n, *piece = index
        read, features = self.given, range(self.layer.input_shape[0])
        products = (product(read.x((n, d)), read.parameter("kernel", (d, *piece))) for d in features)
        terms = (*products, product(read.parameter("bias", tuple(piece))))
        formula = "z[n, u, k] = sum_d x[n, d] kernel[d, u, k] + bias[u, k]"
        return computed(Explanation("z", index, formula, terms))

    def dx(self, index: Index) -> Explanation:
        n, d = index
        winners = [(u, k) for u in range(self.layer.units) for k in range(self.layer.pieces) if self.won(n, u, k)]
        terms = tuple(product(self.given.dy((n, u)), self.given.parameter("kernel", (d, u, k))) for u, k in winners)
        formula = "dx[n, d] = sum_u dy[n, u] kernel[d, u, k], k the largest piece of unit u"
        return Explanation("dx", index, formula, terms)

    def dkernel(self, index: Index) -> Explanation:
        """An entry of the gradient with respect to the kernel."""
        d, u, k = index
        terms = tuple(product(self.given.x((n, d)), self.given.dy((n, u))) for n in self.examples(u, k))
        formula = "dkernel[d, u, k] = sum_n x[n, d] dy[n, u] over the examples n for which piece k is the largest"
        return Explanation("dkernel", index, formula, terms, self.note(len(terms)))

    def dbias(self, index: Index) -> Explanation:
        """An entry of the gradient with respect to the bias."""
        u, k = index
        terms = tuple(product(self.given.dy((n, u))) for n in self.examples(u, k))
        formula = "dbias[u, k] = sum_n dy[n, u] over the examples n for which piece k is the largest"
        return Explanation("dbias", index, formula, terms, self.note(len(terms)))

    def won(self, n: int, u: int, k: int) -> bool:
        """Whether a piece was the largest of its unit, from the cache."""
        return bool(self.given.read("cache.won", (n, u, k)))

    def examples(self, u: int, k: int) -> list[int]:
        """The examples for which a piece is the largest."""
        return [n for n in range(self.given.batch) if self.won(n, u, k)]

    def note(self, count: int) -> str:
        """The note on the other examples."""
        others = self.given.batch - count
        return f"for {others} more example{'s' if others > 1 else ''} another piece is the largest" if others else ""


@explains(ChannelMax)
class ChannelMaxExplainer(Explainer[ChannelMax]):
    """Neighbouring channels are compared; the largest receives dy."""

    def y(self, index: Index) -> Explanation:
        *at, c = index
        pieces = self.layer.pieces
        channels = [self.given.x((*at, c * pieces + k)) for k in range(pieces)]
        return Explanation("y", index, f"y[..., c] = max_k x[..., c*{pieces} + k]", largest_of(channels))

    def dx(self, index: Index) -> Explanation:
        *at, channel = index
        c, k = divmod(channel, self.layer.pieces)
        won = constant("largest", self.given.read("cache.won", (*at, c, k)))
        formula = f"dx[..., c*{self.layer.pieces} + k] = dy[..., c] if x[..., c*{self.layer.pieces} + k] is the largest"
        return Explanation("dx", index, formula, (product(self.given.dy((*at, c)), won),))
