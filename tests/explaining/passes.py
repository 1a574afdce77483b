"""One pass of a layer with all its results, and how well `mg.explain` agrees with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import minigan as mg
from minigan.explaining import Explanation, quantities
from minigan.explaining.registry import EXPLAINERS
from minigan.layers import Context, Layer
from tests.layers.cases import CASES, built, inference, random_arrays, training

__all__ = ["COVERED", "Pass", "bound", "case_passes", "disagreements", "run"]

#: The library's own cases of the layers that can be explained.
COVERED = [case for case in CASES if type(case.make()) in EXPLAINERS]

EPSILON = float(np.finfo(np.float64).eps)


@dataclass
class Pass:
    """A layer, what went in, and its own results by quantity."""

    layer: Layer
    x: np.ndarray
    dy: np.ndarray
    cache: Any
    results: dict[str, np.ndarray]

    def explain(self, quantity: str, index: tuple[int, ...]) -> Explanation:
        """The explanation of an entry."""
        return mg.explain(self.layer, self.cache, quantity, index, x=self.x, dy=self.dy)

    def entries(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """All entries of all results that can be explained."""
        for quantity in self.quantities:
            yield from ((quantity, index) for index in np.ndindex(self.results[quantity].shape))

    @property
    def quantities(self) -> list[str]:
        """What can be explained: all results, but for the y of GaussianNoise."""
        return quantities(self.layer)


def run(layer: Layer, x: np.ndarray, dy: np.ndarray, ctx: Context) -> Pass:
    """One forward and one backward."""
    y, cache = layer.forward(x, ctx)
    return Pass(layer, x, dy, cache, {"y": y, **gradients(layer, dy, cache)})


def gradients(layer: Layer, dy: np.ndarray, cache: Any) -> dict[str, np.ndarray]:
    """dx, and the gradients of the parameters from this backward alone."""
    trained = {name: parameter for name, parameter in layer.parameters.items() if parameter.trainable}
    for parameter in trained.values():
        parameter.grad[...] = 0
    dx = layer.backward(dy, cache)
    return {"dx": dx, **{f"d{name}": parameter.grad.copy() for name, parameter in trained.items()}}


def case_passes(case: Any, dtype: Any = np.float64) -> Iterator[Pass]:
    """A case in training and at inference."""
    for mode in (training, inference):
        layer = built(case, dtype)
        x, dy = random_arrays(layer, case, dtype)
        yield run(layer, x, dy, mode(x)._replace(update_stats=False))


def size(explanation: Explanation) -> float:
    """The sum of the absolute terms, in which an intermediate result counts with its own sum.

    A product is as large as its factors. A function, such as ``tanh(z)``, passes on what its intermediate results have
    lost, and is rounded itself.
    """
    total = 0.0
    for term in explanation.terms:
        if term.form is None:
            factors = (abs(f.value) if f.explanation is None else size(f.explanation) for f in term.factors)
            total += float(np.prod(list(factors)))
        else:
            inner = sum(size(f.explanation) for f in term.factors if f.explanation is not None)
            total += max(abs(term.value), 1.0) * (1 + inner)
    return total


def bound(explanation: Explanation) -> float:
    """How far a float64 result may be from the total: 16 units of rounding of `size`."""
    return 16 * EPSILON * size(explanation) + 1e-300


def disagreements(one: Pass) -> list[tuple[str, tuple[int, ...]]]:
    """The entries of which the explanation has another total than the layer."""
    return [
        (quantity, index)
        for quantity, index in one.entries()
        if not abs((found := one.explain(quantity, index)).total - one.results[quantity][index]) <= bound(found)
    ]
