"""What `minigan.explain` returns: the sum that makes one number, as terms and their factors."""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from minigan.explaining import printing

__all__ = ["Explanation", "Factor", "Index", "Term", "place"]

#: The place of a number in an array, the batch axis included.
Index = tuple[int, ...]


def place(name: str, index: Index | None) -> str:
    """A number by its array and its place there: ``x[0, 2]``; without a place the name alone."""
    return name if index is None else f"{name}[{', '.join(map(str, index))}]"


class Factor(NamedTuple):
    """A number in a term.

    Attributes
    ----------
    name : str
        Of its array ("x", "kernel", "dy"), of an intermediate result ("z", "mean"), or of a constant ("epsilon").
    index : tuple of int or None
        Its place in the array; None for a constant, and for an intermediate result without a place.
    value : float
    explanation : Explanation or None
        The sum that makes an intermediate result; None where the number is read from an array.
    """

    name: str
    index: Index | None  # type: ignore[assignment]  # a tuple's method `index` is not needed
    value: float
    explanation: "Explanation | None" = None

    @property
    def text(self) -> str:
        """Its name and place: ``x[0, 2]``."""
        return place(self.name, self.index)


class Term(NamedTuple):
    """One of the numbers that are added.

    Attributes
    ----------
    value : float
    factors : tuple of Factor
        What it is made of.
    form : str or None
        How, with ``{0}`` for the first factor: ``"tanh({0})"``. None for a product.
    """

    value: float
    factors: tuple[Factor, ...]
    form: str | None = None

    @property
    def text(self) -> str:
        """How it is made: ``x[0, 2] * kernel[2, 1]``."""
        texts = [factor.text for factor in self.factors]
        return " * ".join(texts) if self.form is None else self.form.format(*texts)


@dataclass(frozen=True, repr=False)
class Explanation:
    """The sum that makes one entry of y or of a gradient: printed, a table; in a notebook, too.

    Attributes
    ----------
    quantity : str
        "y", "dx", "dkernel", ...; of an intermediate result its name: "z", "dz", "mean".
    index : tuple of int or None
        The entry's place; None for an intermediate result without one.
    formula : str
        The formula of all entries, as in the layer's docstring.
    terms : tuple of Term
        What is added, in order: a convolution's as its kernel lies in memory, by row, column and channel.
    note : str
        What there is to know beside the sum, such as the number of terms that fall on the padding.
    layer : str
        Class and name of the layer; empty for an intermediate result.
    total : float
        The sum of the terms in float64, rounded once.
    """

    quantity: str
    index: Index | None
    formula: str
    terms: tuple[Term, ...]
    note: str = ""
    layer: str = ""
    total: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", total_of([term.value for term in self.terms]))

    @cached_property
    def sources(self) -> dict[str, list[Index]]:
        """The entries of arrays from which the number comes, through all intermediate results: by the array's name."""
        found: dict[str, dict[Index, None]] = {}
        for explanation in self.walk():
            for term in explanation.terms:
                for factor in term.factors:
                    if factor.explanation is None and factor.index is not None:
                        found.setdefault(factor.name, {})[factor.index] = None
        return {name: list(places) for name, places in found.items()}

    @property
    def text(self) -> str:
        """The entry: ``dx[0, 2]``."""
        return place(self.quantity, self.index)

    def walk(self) -> Iterator["Explanation"]:
        """This explanation, and those of all intermediate results in it, each once, the outer ones first."""
        seen: set[int] = set()
        waiting = deque([self])
        while waiting:
            explanation = waiting.popleft()
            if id(explanation) not in seen:
                seen.add(id(explanation))
                yield explanation
                factors = (factor for term in explanation.terms for factor in term.factors)
                waiting.extend(factor.explanation for factor in factors if factor.explanation is not None)

    def __str__(self) -> str:
        return "\n".join(printing.text(*self._headed(), self._tables()))

    #: Python and notebooks without HTML show the table, too.
    __repr__ = __str__

    def _repr_html_(self) -> str:
        """The tables, for a notebook."""
        return printing.html(*self._headed(), self._tables())

    def _headed(self) -> tuple[str, str]:
        """The first line, and the formula."""
        owner = f" of {self.layer}" if self.layer else ""
        return f"{self.text}{owner} = {printing.shown(self.total)}", self.formula

    def _tables(self) -> list[printing.Table]:
        """The table of this sum, and one of an intermediate result of each name: the others are made alike."""
        alike: dict[str, list[Explanation]] = {}
        for explanation in self.walk():
            alike.setdefault(explanation.quantity, []).append(explanation)
        return [first._table("for example, " if others else "") for first, *others in alike.values()]

    def _table(self, lead: str) -> printing.Table:
        """A row for each term: how it is made, the factors in columns by their names, and its value."""
        columns = list(dict.fromkeys(factor.name for term in self.terms for factor in term.factors))
        rows = [
            [term.text, *(_values(term.factors, name) for name in columns), printing.shown(term.value)]
            for term in printing.shortened(self.terms)
        ]
        return printing.Table(
            title=f"{lead}{self.text} = {printing.shown(self.total)}",
            formula=self.formula,
            headings=["term", *columns, "value"],
            rows=rows,
            left_out=len(self.terms) - len(rows),
            total=printing.shown(self.total),
            note=self.note,
        )


def total_of(values: Sequence[float]) -> float:
    """The sum, rounded once."""
    if len(values) == 1:
        return values[0]
    try:
        return math.fsum(values)
    except (ValueError, OverflowError):  # infinities of both signs, or a sum that is too large
        return float(sum(values))


def _values(factors: Sequence[Factor], name: str) -> str:
    """The values of the factors of one name."""
    return ", ".join(printing.shown(factor.value) for factor in factors if factor.name == name)
