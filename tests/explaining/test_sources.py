"""The sources of an entry are the numbers whose change moves it."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import minigan as mg
from minigan.explaining import Explanation
from tests.explaining.passes import COVERED, Pass, gradients, run
from tests.layers.cases import built, inference, random_arrays, training
from tests.loops import loop_over

#: Small changes move what counts; large ones also what a maximum or a rectifier did not choose; random ones, of many
#: numbers at once, do not cancel.
CHANGES = (0.1, -0.1, 30.0, -30.0)

Entry = tuple[str, tuple[int, ...]]


def read_by_forward(one: Pass) -> dict[str, np.ndarray]:
    """The arrays of which y is made."""
    return {"x": one.x, **{name: parameter.data for name, parameter in one.layer.parameters.items()}}


def read_by_backward(one: Pass) -> dict[str, np.ndarray]:
    """The arrays of which gradients are made: dy, the parameters, and what the cache holds."""
    parameters = {name: parameter.data for name, parameter in one.layer.parameters.items()}
    return {"dy": one.dy, **parameters, **dict(cached(one.cache, "x"))}


def cached(cache: Any, input_name: str) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays of real numbers in a cache, and in those of an activation and of a layer for images."""
    for name, value in cache._asdict().items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            yield input_name if name == "x" else name, value
        elif name in ("activation", "image"):
            yield from cached(value, "z" if name == "activation" else "x")


def moving(some: set[Entry], arrays: dict[str, np.ndarray], result: Callable[[], float]) -> set[Entry]:
    """Those of some entries whose change moves a result."""
    return {entry for entry in some if any(moves({entry}, change, arrays, result) for change in CHANGES)}


def moves(some: set[Entry], change: float, arrays: dict[str, np.ndarray], result: Callable[[], float]) -> bool:
    """Whether a result moves when some entries are changed, all at once."""
    before, kept = result(), {name: array.copy() for name, array in arrays.items()}
    factors = np.random.default_rng(0).uniform(0.5, 1, len(some)) if len(some) > 1 else [1.0]
    for (name, index), factor in zip(sorted(some), factors):
        arrays[name][index] += change * factor
    after = result()
    for name, array in arrays.items():
        array[...] = kept[name]
    return after != before


def all_entries(arrays: dict[str, np.ndarray]) -> set[Entry]:
    """Every entry of every array."""
    return {(name, index) for name, array in arrays.items() for index in np.ndindex(array.shape)}


def entries(explanation: Explanation) -> set[Entry]:
    """The sources as pairs."""
    return {(name, index) for name, places in explanation.sources.items() for index in places}


def times_zero(explanation: Explanation) -> set[Entry]:
    """The entries in products that have a factor 0: that of a dropped unit, or of one that a rectifier holds at 0."""
    found: set[Entry] = set()
    for part in explanation.walk():
        for term in part.terms:
            if term.form is None and any(factor.value == 0 for factor in term.factors):
                for factor in term.factors:
                    if factor.explanation is not None:
                        found |= entries(factor.explanation)
                    elif factor.index is not None:
                        found.add((factor.name, factor.index))
    return found


@loop_over(case=COVERED)
def test_the_sources_are_the_entries_whose_change_moves_the_result(case):
    for mode in (training, inference) if case.two_modes else (training,):
        layer = built(case)
        x, dy = random_arrays(layer, case)

        def context(x=x, mode=mode):
            return mode(x)._replace(update_stats=False)

        one = run(layer, x, dy, context())
        for quantity in one.quantities:
            index = tuple(size // 2 for size in one.results[quantity].shape)

            def computed(quantity=quantity, index=index, one=one, context=context):
                if quantity == "y":
                    return float(one.layer.forward(one.x, context())[0][index])
                return float(gradients(one.layer, one.dy, one.cache)[quantity][index])

            explanation = one.explain(quantity, index)
            read = read_by_forward(one) if quantity == "y" else read_by_backward(one)
            with np.errstate(invalid="ignore"):  # a variance below 0
                sources = entries(explanation)
                others = all_entries(read) - sources
                if any(moves(others, change, read, computed) for change in CHANGES):
                    raise AssertionError(f"{quantity}{index}: not among the sources: {moving(others, read, computed)}")
                moved = moving(sources - times_zero(explanation), read, computed)
            still = sources - moved - times_zero(explanation)
            assert not still, f"{quantity}{index}: sources that move nothing: {still}"


def test_the_sources_of_a_convolution_are_its_window_and_its_filter():
    layer = mg.layers.Conv2D(2, 2, padding="same", activation="relu")
    layer.build((3, 3, 1))
    x = np.random.default_rng(0).random((2, 3, 3, 1), np.float32)
    y, cache = layer.forward(x)
    sources = mg.explain(layer, cache, "y", (1, 2, 1, 0)).sources
    assert sources == {
        "x": [(1, 2, 1, 0), (1, 2, 2, 0)],
        "kernel": [(0, 0, 0, 0), (0, 1, 0, 0)],
        "bias": [(0,)],
    }
    sources = mg.explain(layer, cache, "dkernel", (1, 0, 0, 1), dy=np.ones_like(y)).sources
    assert sorted(sources) == ["dy", "x", "z"]
    assert sources["x"] == [(n, h, w, 0) for n in range(2) for h in (1, 2) for w in range(3)]


def test_the_pixels_that_lose_a_maximum_are_sources_with_the_weight_0():
    layer = mg.layers.MaxPooling2D(2)
    layer.build((2, 2, 1))
    x = np.array([[1, 4], [3, 2]], np.float32).reshape(1, 2, 2, 1)
    _, cache = layer.forward(x)
    found = mg.explain(layer, cache, "y", (0, 0, 0, 0), x=x)
    assert [term.value for term in found.terms] == [0, 4, 0, 0]
    assert found.sources == {"x": [(0, 0, 0, 0), (0, 0, 1, 0), (0, 1, 0, 0), (0, 1, 1, 0)]}
