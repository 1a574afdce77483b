"""Layers that take the classes of the examples."""

from itertools import product as combinations

from minigan.explaining.explainer import Explainer, product
from minigan.explaining.explanation import Explanation, Index
from minigan.explaining.given import Given
from minigan.explaining.registry import explains
from minigan.layers import ConcatenateLabels, ProjectionHead

__all__: list[str] = []


def label_of(given: Given, n: int) -> int:
    """The class of an example, from the cache."""
    return int(given.read("cache.labels", (n,)))


def examples(given: Given, label: int) -> list[int]:
    """The examples of a class."""
    return [n for n in range(given.batch) if label_of(given, n) == label]


@explains(ConcatenateLabels)
class ConcatenateLabelsExplainer(Explainer[ConcatenateLabels]):
    """The front of y is x, the rear the row of the example's class."""

    def y(self, index: Index) -> Explanation:
        n, *_, channel = index
        unit = channel - self.layer.input_shape[-1]
        if unit < 0:
            return Explanation("y", index, "y[n, ..., c] = x[n, ..., c]", (product(self.given.x(index)),))
        entry = self.given.parameter("embeddings", (label_of(self.given, n), unit))
        return Explanation("y", index, "y[n, ..., C + u] = embeddings[label_n, u]", (product(entry),))

    def dx(self, index: Index) -> Explanation:
        return Explanation("dx", index, "dx[n, ..., c] = dy[n, ..., c]", (product(self.given.dy(index)),))

    def dembeddings(self, index: Index) -> Explanation:
        """An entry of the gradient with respect to the table."""
        label, unit = index
        _, *places, _ = self.given.output_shape
        channel = self.layer.input_shape[-1] + unit
        of_class = examples(self.given, label)
        terms = (product(self.given.dy((*at, channel))) for at in combinations(of_class, *map(range, places)))
        formula = "dembeddings[k, u] = sum dy[n, ..., C + u] over all n with label_n = k"
        return Explanation("dembeddings", index, formula, tuple(terms))


@explains(ProjectionHead)
class ProjectionHeadExplainer(Explainer[ProjectionHead]):
    """Each example meets the weights ``m_n = w + V[label_n]``."""

    def y(self, index: Index) -> Explanation:
        n, _ = index
        read, label, features = self.given, label_of(self.given, n), range(self.layer.input_shape[0])
        alike = (product(read.x((n, d)), read.parameter("kernel", (d, 0))) for d in features)
        by_class = (product(read.x((n, d)), read.parameter("embeddings", (label, d))) for d in features)
        terms = (*alike, *by_class, product(read.parameter("bias", (0,))))
        formula = "y[n] = sum_d x[n, d] kernel[d] + sum_d x[n, d] embeddings[label_n, d] + bias"
        return Explanation("y", index, formula, terms)

    def dx(self, index: Index) -> Explanation:
        n, _ = index
        terms = (product(self.given.dy((n, 0)), self.given.cached("weights", index)),)
        formula = "dx[n, d] = dy[n] weights[n, d], weights[n, d] = kernel[d] + embeddings[label_n, d]"
        return Explanation("dx", index, formula, terms)

    def dkernel(self, index: Index) -> Explanation:
        """An entry of the gradient with respect to the weights that all classes share."""
        return self.over_examples(
            "dkernel", index, "dkernel[d] = sum_n dy[n] x[n, d]", range(self.given.batch), index[0]
        )

    def dembeddings(self, index: Index) -> Explanation:
        """An entry of the gradient with respect to the weights of a class."""
        label, d = index
        formula = "dembeddings[k, d] = sum dy[n] x[n, d] over all n with label_n = k"
        return self.over_examples("dembeddings", index, formula, examples(self.given, label), d)

    def over_examples(self, name: str, index: Index, formula: str, of: range | list[int], d: int) -> Explanation:
        """The sum of ``dy[n] x[n, d]`` over some examples."""
        terms = tuple(product(self.given.dy((n, 0)), self.given.x((n, d))) for n in of)
        return Explanation(name, index, formula, terms)

    def dbias(self, index: Index) -> Explanation:
        """The gradient with respect to the bias."""
        terms = tuple(product(self.given.dy((n, 0))) for n in range(self.given.batch))
        return Explanation("dbias", index, "dbias = sum_n dy[n]", terms)
