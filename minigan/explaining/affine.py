"""Layers ``y = f(A x + b)``: what Dense and the convolutions share, and Dense."""

from collections.abc import Callable, Iterator
from itertools import product as combinations
from typing import Any, NamedTuple, TypeVar

from minigan.backend import Array
from minigan.explaining.explainer import Explainer, computed, product
from minigan.explaining.explanation import Explanation, Factor, Index
from minigan.explaining.given import Given
from minigan.explaining.registry import explainer_of, explains
from minigan.layers import Dense, Identity, Layer
from minigan.layers.affine import Affine

__all__ = ["AffineExplainer", "Formulas", "Pairs"]

A = TypeVar("A", bound=Affine)

#: For one entry of z, x or the kernel, the places of the two numbers that are multiplied in each term.
Pairs = Iterator[tuple[Index, Index]]


class Formulas(NamedTuple):
    """The sums as text; ``{dz}`` stands for dz, or for dy where there is no activation; ``{bias}`` for ``+ bias``."""

    z: str
    dx: str
    dkernel: str
    dbias: str


class Inside(Given):
    """The activation of an affine layer: its input is z, an intermediate result."""

    input_name = "z"

    def __init__(self, layer: Layer, cache: Any, dy: Array | None, z: Callable[[Index], Factor]) -> None:
        super().__init__(layer, cache, dy=dy)
        self.z = z

    def x(self, index: Index) -> Factor:
        return self.z(index)


class AffineExplainer(Explainer[A]):
    """Every entry of the kernel joins entries of x to entries of z. A subclass says which.

    All passes add products over the same triples (an entry of x, one of the kernel, one of z): z adds up those with
    the same entry of z, dx those with the same entry of x, and dkernel those with the same entry of the kernel.
    """

    def __init__(self, layer: A, given: Given) -> None:
        super().__init__(layer, given)
        self.activation: Explainer | None = None
        inner = layer.activation
        if not isinstance(inner, Identity):
            inside = Inside(inner, given.cache.activation, given.dy_array, self.z)
            self.activation = explainer_of(inner)(inner, inside)

    #: The letter of the last axis of z in formulas.
    unit = "f"

    # A subclass defines

    @property
    def formulas(self) -> Formulas:
        """The sums as text."""
        raise NotImplementedError

    def pairs_of_z(self, index: Index) -> Pairs:
        """The places in x and in the kernel, in the order of the kernel."""
        raise NotImplementedError

    def pairs_of_x(self, index: Index) -> Pairs:
        """The places in z and in the kernel, in the order of the kernel."""
        raise NotImplementedError

    def pairs_of_kernel(self, index: Index) -> Pairs:
        """The places in x and in z."""
        raise NotImplementedError

    def note(self, quantity: str, index: Index) -> str:
        """What there is to know beside a sum."""
        return ""

    # The passes

    def y(self, index: Index) -> Explanation:
        return self.sum("y", index) if self.activation is None else self.activation.y(index)

    def z(self, index: Index) -> Factor:
        """An entry of z, before the activation."""
        return computed(self.sum("z", index))

    def sum(self, name: str, index: Index) -> Explanation:
        """``A x + b``, which is y itself where there is no activation."""
        read = self.given
        terms = [product(read.x(x), read.parameter("kernel", kernel)) for x, kernel in self.pairs_of_z(index)]
        if self.layer.use_bias:
            terms.append(product(read.parameter("bias", index[-1:])))
        formula = self.formulas.z.format(bias=f" + bias[{self.unit}]" if self.layer.use_bias else "")
        return Explanation(name, index, f"{name}{formula}", tuple(terms), self.note("z", index))

    def dz(self, index: Index) -> Factor:
        """An entry of the gradient with respect to z: ``dy * f'(z)``; dy itself where there is no activation."""
        return self.given.dy(index) if self.activation is None else computed(self.activation.dx(index))

    def dx(self, index: Index) -> Explanation:
        read = self.given
        terms = (product(self.dz(z), read.parameter("kernel", kernel)) for z, kernel in self.pairs_of_x(index))
        return Explanation("dx", index, self.formula(self.formulas.dx), tuple(terms), self.note("dx", index))

    def dkernel(self, index: Index) -> Explanation:
        """An entry of the gradient with respect to the kernel."""
        terms = tuple(product(self.given.x(x), self.dz(z)) for x, z in self.pairs_of_kernel(index))
        formula = self.formula(self.formulas.dkernel)
        return Explanation("dkernel", index, formula, terms, self.note("dkernel", index))

    def dbias(self, index: Index) -> Explanation:
        """An entry of the gradient with respect to the bias."""
        *places, _ = self.given.output_shape
        terms = (product(self.dz((*at, *index))) for at in combinations(*map(range, places)))
        return Explanation("dbias", index, self.formula(self.formulas.dbias), tuple(terms))

    def formula(self, text: str) -> str:
        """With the gradient that the sum contains."""
        return text.format(dz="dy" if self.activation is None else "dz")


@explains(Dense)
class DenseExplainer(AffineExplainer[Dense]):
    """Each entry of the kernel joins one number of every vector of x to one of z."""

    unit = "u"

    @property
    def formulas(self) -> Formulas:
        at = "n" if len(self.given.output_shape) == 2 else "n, ..."
        over = at.replace(", ...", "...")
        return Formulas(
            z=f"[{at}, u] = sum_d x[{at}, d] kernel[d, u]{{bias}}",
            dx=f"dx[{at}, d] = sum_u {{dz}}[{at}, u] kernel[d, u]",
            dkernel=f"dkernel[d, u] = sum_{over} x[{at}, d] {{dz}}[{at}, u]",
            dbias=f"dbias[u] = sum_{over} {{dz}}[{at}, u]",
        )

    def pairs_of_z(self, index: Index) -> Pairs:
        *at, unit = index
        return (((*at, d), (d, unit)) for d in range(self.layer.input_shape[-1]))

    def pairs_of_x(self, index: Index) -> Pairs:
        *at, d = index
        return (((*at, unit), (d, unit)) for unit in range(self.given.output_shape[-1]))

    def pairs_of_kernel(self, index: Index) -> Pairs:
        d, unit = index
        *places, _ = self.given.output_shape
        return (((*at, d), (*at, unit)) for at in combinations(*map(range, places)))
