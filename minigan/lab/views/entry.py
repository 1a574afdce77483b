"""One number of a layer: the sum that makes it, and for a gradient the slope that is measured beside it."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from minigan.backend import Array
from minigan.errors import ConfigError
from minigan.explaining import Explanation, Factor, Term, explain
from minigan.lab.session_like import SessionLike
from minigan.lab.views.arrays import index_of
from minigan.lab.views.layer import layer_arrays, layer_at, quantities_of
from minigan.lab.views.options import choice_option
from minigan.lab.watching import LayerPass
from minigan.model.copies import frozen

__all__ = ["entry", "explained"]

#: The most terms that are sent, and the most places of each array.
TERMS, PLACES = 200, 4096

#: The most terms of a sum; a longer one takes seconds.
LONGEST = 30_000

#: How far a number is moved: both the error of the straight line and that of rounding are far below 1e-6 then.
H = 1e-5

#: Slopes to the left and to the right that differ by more of their size are those of a kink, not of a curve.
KINK = 0.01


def entry(session: SessionLike, pass_: str, layer: int, quantity: str, index: list[int]) -> dict[str, Any]:
    """The sum that makes one entry of y, dx or the gradient of a parameter."""
    found = layer_at(session, pass_, layer)
    return explained(found, in_float64(found), quantity, index)


@lru_cache(maxsize=1)
def in_float64(found: LayerPass) -> LayerPass:
    """The pass computed again in float64; the last one is kept, for a person clicks many entries of one layer."""
    return found.in_float64()


def explained(found: LayerPass, exact: LayerPass, quantity: str, index: Sequence[int]) -> dict[str, Any]:
    """An entry of a pass, explained by the same pass in float64."""
    quantity = choice_option("quantity", quantity, quantities_of(found))
    arrays = layer_arrays(found)
    at = index_of(index, arrays[quantity].values.shape)
    if quantity not in ("y", "dx"):
        check_length(quantity, found.y)
    explanation = explain(exact.layer, exact.cache, quantity, at, x=exact.x, dy=exact.dy)
    names = array_names(arrays)
    first = {item.quantity: item for item in reversed([*explanation.walk()]) if item is not explanation}
    value, made = arrays[quantity].values[at], plain(explanation, names)
    return {
        **made,
        "note": " ".join(filter(None, (made["note"], rounding_note(value, explanation.total)))),
        "value": float(value),
        "inside": [plain(item, names) for item in reversed(first.values())],
        "sources": {names[name]: at[:PLACES] for name, at in explanation.sources.items() if name in names},
        "moved": None if quantity == "y" else moved(exact, quantity, at, explanation.total),
    }


def rounding_note(value: np.floating, total: float) -> str:
    """What to say where the digits that are shown differ: the round has float32 numbers, and the sum float64 ones."""
    if f"{value:.6g}" == f"{total:.6g}":
        return ""
    return f"The round has {value:.7g} here: its numbers have {value.dtype}, whose rounding is the difference."


def check_length(quantity: str, y: Array) -> None:
    """Refuse the gradient of a parameter where it is a sum over too many outputs to be written down while one waits."""
    terms = y.size // y.shape[-1]
    if terms > LONGEST:
        raise ConfigError(
            f"an entry of {quantity} is a sum of about {terms:,} terms here, and up to {LONGEST:,} can be shown: "
            "choose a smaller batch"
        )


def array_names(arrays: Collection[str]) -> dict[str, str]:
    """From the names in a sum to those of the page's arrays: what is in a cache has there a name that says so."""
    cached = {name.removeprefix("cache."): name for name in arrays if name.startswith("cache.")}
    if "activation.x" in cached:
        cached["z"] = cached["activation.x"]
    return {**cached, **{name: name for name in arrays}}


def plain(explanation: Explanation, names: dict[str, str]) -> dict[str, Any]:
    """A sum as plain values."""

    def factor(item: Factor) -> dict[str, Any]:
        array = None if item.index is None else names.get(item.name)
        return {"name": item.name, "array": array, "index": item.index or (), "value": item.value}

    def term(item: Term) -> dict[str, Any]:
        return {"text": item.text, "value": item.value, "factors": [factor(part) for part in item.factors]}

    return {
        "quantity": explanation.quantity,
        "index": explanation.index or (),
        "formula": explanation.formula,
        "note": explanation.note,
        "total": explanation.total,
        "terms": [term(item) for item in explanation.terms[:TERMS]],
        "more": max(0, len(explanation.terms) - TERMS),
    }


def moved(exact: LayerPass, quantity: str, index: tuple[int, ...], gradient: float) -> dict[str, Any]:
    """The slope at one number of x or of a parameter: forward with the number a little smaller and a little larger.

    What is looked at is ``L = <dy, y>``: how the loss changes with this layer's output, all else held fixed. At a kink,
    such as 0 before a ReLU, the slopes to the left and to the right differ, and the gradient is one of them.
    """
    name, dy = quantity[1:], exact.dy
    low, high = (forward_with(exact, name, index, step) for step in (-H, H))
    # The difference of each output first: those that do not move cancel without an error.
    left, right = (float((dy * difference).sum() / H) for difference in (exact.y - low, high - exact.y))
    return {
        "of": name,
        "index": index,
        "h": H,
        "minus": float((dy * low).sum()),
        "plus": float((dy * high).sum()),
        "left": left,
        "right": right,
        "slope": (left + right) / 2,
        "kink": abs(right - left) > KINK * max(abs(left), abs(right), abs(gradient)),
        "gradient": gradient,
    }


def forward_with(exact: LayerPass, name: str, index: tuple[int, ...], step: float) -> np.ndarray:
    """The output where one number of x or of a parameter is larger by `step`."""
    layer, x = frozen(exact.layer), exact.x.copy()
    changed = x if name == "x" else layer.parameters[name].data
    changed[index] += step
    y, _ = layer.forward(x, exact.replayed)
    return y
