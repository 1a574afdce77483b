"""One layer without a network: its numbers are set by hand; forward, backward and the check of both follow."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from minigan import layers
from minigan.errors import ConfigError, MiniganError
from minigan.gradcheck.differences import entries, sweep
from minigan.lab.layer_specs import TYPES
from minigan.lab.session_like import SessionLike
from minigan.lab.views.entry import explained
from minigan.lab.views.options import choice_option
from minigan.lab.watching import LayerPass, present
from minigan.layers import Context, Layer
from minigan.model.copies import frozen
from minigan.random import Stream

__all__ = ["workbench"]

#: The layers that one can choose.
KINDS = (*TYPES, "GELU", "SELU", "PReLU")

#: The layers that take images: a matrix is an image of one channel to them, and a batch of rows to all others.
OF_IMAGES = (
    "Conv2D",
    "Conv2DTranspose",
    "UpSampling2D",
    "ZeroPadding2D",
    "MaxPooling2D",
    "AveragePooling2D",
    "GlobalAveragePooling2D",
)

#: The largest size of an axis of x, of all of x, of a setting of the layer, and of a parameter: what fits on a page.
AXIS, INPUTS, SETTING, NUMBERS = 8, 8 * 8 * 3, 16, 512

#: The largest number.
LARGEST = 1e6


def workbench(
    session: SessionLike,
    layer: dict[str, Any],
    x: list[Any],
    parameters: dict[str, Any] | None = None,
    dy: list[Any] | None = None,
    entry: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A layer's passes in float64, with every gradient checked, and one entry explained; or what is wrong.

    A parameter that is not given, or has another shape than the layer wants, is chosen: so one may change the layer and
    keep what still fits. The same holds for dy, which is 1 everywhere.
    """
    try:
        found = run(layer, x, parameters or {}, dy)
    except MiniganError as error:
        return {"error": str(error)}
    return {**results(found), "entry": explained_entry(found, entry), "error": None}


def run(spec: Mapping[str, Any], x: Any, parameters: Mapping[str, Any], dy: Any) -> LayerPass:
    """Both passes of the layer."""
    layer = layer_of(spec)
    given = input_of(layer, x)
    layer.build(given.shape[1:], Stream(0, "workbench"), np.float64)
    for name, parameter in layer.parameters.items():
        if parameter.data.size > NUMBERS:
            raise ConfigError(
                f"expected a layer with at most {NUMBERS} numbers in its {name}, got {parameter.data.size:,}"
            )
        # Few digits are easier to follow.
        chosen = fitted(name, parameters.get(name), parameter.data.shape)
        parameter.data[...] = parameter.data.round(1) if chosen is None else chosen
    context = Context(training=True, rng=Stream(0, "workbench"), update_stats=False)
    y, cache = layer.forward(given, context._replace(rng=Stream(0, "workbench")))
    upstream = fitted("dy", dy, y.shape)
    upstream = np.ones_like(y) if upstream is None else upstream
    dx = layer.backward(upstream, cache, param_grads=False)
    return LayerPass(frozen(layer), given, context, y, cache, upstream, dx, param_grads=True)


def results(found: LayerPass) -> dict[str, Any]:
    """The arrays of both passes, and the check."""
    trainable = {name: parameter.data for name, parameter in found.layer.parameters.items() if parameter.trainable}
    return {
        "x": found.x,
        "y": found.y,
        "dy": found.dy,
        "dx": found.dx,
        "parameters": {name: {"value": value, "gradient": found.gradients[name]} for name, value in trainable.items()},
        "check": list(checks(found)),
    }


def explained_entry(found: LayerPass, entry: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The entry that a person has picked; none where it went away with a change of the layer."""
    if entry is None:
        return None
    try:
        return explained(found, found, entry.get("quantity", ""), entry.get("index", ()))
    except ConfigError:
        return None


# What a person sets


def layer_of(spec: Mapping[str, Any]) -> Layer:
    """The layer, with any of its own settings: not only those of the networks' form. It is not built yet."""
    settings = dict(spec)
    kind = choice_option("the type of the layer", settings.pop("type", ""), KINDS)
    try:
        arguments = inspect.signature(getattr(layers, kind)).bind(**settings)
        layer: Layer = getattr(layers, kind)(*arguments.args, **arguments.kwargs)
    except TypeError as error:
        raise ConfigError(f"{kind}: {error}") from None
    check_settings(layer)
    return layer


def check_settings(layer: Layer) -> None:
    """Refuse a layer that is too large for a page, before any of its arrays is made."""
    largest = max(whole_numbers(vars(layer)), default=0)
    if largest > SETTING:
        raise ConfigError(f"expected settings of at most {SETTING} on the workbench, got {largest}")


def whole_numbers(value: Any) -> Iterator[int]:
    """All whole numbers in the settings of a layer."""
    if isinstance(value, int):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from whole_numbers(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from whole_numbers(item)


def input_of(layer: Layer, x: Any) -> np.ndarray:
    """The batch that nested lists stand for: a matrix is one image, or a row for each example."""
    found = numbers_of("x", x)
    if not 2 <= found.ndim <= 4 or max(found.shape) > AXIS or found.size > INPUTS or not found.size:
        raise ConfigError(
            f"expected x to have 2 to 4 axes of up to {AXIS} numbers, at most {INPUTS} in all, got {found.shape}"
        )
    if type(layer).__name__ not in OF_IMAGES:
        return found
    channels = found[..., None] if found.ndim == 2 else found
    return channels[None] if channels.ndim == 3 else channels


def fitted(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray | None:
    """Nested lists as an array of this shape, where axes of size 1 may be left out; None where they do not fit."""
    if value is None:
        return None
    found = numbers_of(name, value)
    without_ones = [[size for size in sizes if size > 1] for sizes in (found.shape, shape)]
    return found.reshape(shape) if found.size and without_ones[0] == without_ones[1] else None


def numbers_of(name: str, value: Any) -> np.ndarray:
    """Nested lists as an array of float64; refuses what are no numbers, and lists of different lengths."""
    try:
        found = np.array(value)
    except ValueError:
        raise ConfigError(f"expected {name} to have rows of the same length") from None
    if found.dtype.kind not in "iuf" or not (abs(found) <= LARGEST).all():
        raise ConfigError(f"expected {name} to be numbers of at most {LARGEST:,.0f}")
    return found.astype(np.float64)


# The check


def checks(found: LayerPass) -> Iterator[dict[str, Any]]:
    """Each gradient beside the slopes that are measured: ``L = <dy, y>`` with each number moved a little.

    Where a number is at a kink, such as 0 before a ReLU, there is no slope: these are counted and left out.
    """
    noise = float((abs(present(found.dy)) * np.maximum(abs(found.y), 1)).sum())
    for name, gradient in {"x": found.dx, **found.gradients}.items():
        point = found.x if name == "x" else found.layer.parameters[name].data
        measured = sweep(loss_of(found, name), point, entries(point), gradient.ravel(), noise)
        smooth = ~measured.kinks
        differences = abs(measured.estimate - measured.analytic)[smooth]
        yield {
            "name": f"d{name}",
            "by_hand": gradient,
            "measured": np.where(smooth, measured.estimate, np.nan).reshape(gradient.shape),
            "error": float(differences.max(initial=0.0)) / measured.scale,
            "kinks": int(measured.kinks.sum()),
        }


def loss_of(found: LayerPass, name: str) -> Callable[[np.ndarray], float]:
    """``<dy, y>`` as a function of x or of a parameter."""
    layer = frozen(found.layer)

    def loss(array: np.ndarray) -> float:
        x = array if name == "x" else found.x
        if name != "x":
            layer.parameters[name].data[...] = array
        y, _ = layer.forward(x, found.replayed)
        return float((found.dy * y).sum())

    return loss
