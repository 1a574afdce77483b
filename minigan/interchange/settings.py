"""The settings of a layer on their way to another library: each one is used, or there is an error.

What writes a layer for another library, its *writer*, lists the settings that it uses as keyword-only arguments::

    def relu(graph, layer, *, max_value, negative_slope, threshold): ...

`hand_over` calls it with the layer's settings. One that the writer does not list is an error that names the layer and
the setting: so no setting is dropped in silence, whether it is new or was forgotten. A writer that lists a setting
without using it says in its docstring why the setting changes nothing there.

A class or a file that is not as minigan was shipped can compute anything, and is refused as well.
"""

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

import numpy as np

from minigan import edits, kernels
from minigan.errors import ConfigError
from minigan.fusion.step import is_builtin
from minigan.io.messages import listed
from minigan.layers import Layer
from minigan.numbers import number

__all__ = ["code", "hand_over", "options", "python_value", "refusal", "settings_of"]

T = TypeVar("T")

#: The fields of a `WindowSpec` by the arguments of layers, where the names differ.
WINDOWS = {"kernel_size": "size", "pool_size": "size"}

#: How the errors of this module end: what can be done.
REMEDY = "the format safetensors takes all layers (--format safetensors)"


def hand_over(writers: Mapping[type[Layer], Callable[..., T]], library: str, layer: Layer, *context: Any) -> T:
    """Call the writer of a layer with the context, the layer, and all settings of the layer.

    Two kinds of settings are left out: those that only make initial values, since the values themselves are exported;
    and `activation`, a layer of its own, which the caller writes after this one.

    Parameters
    ----------
    writers : mapping
        The writer of each class of layers.
    library : str
        The name of the other library, for errors.
    layer : Layer
        Built.
    context
        What the writer takes before the layer.

    Raises
    ------
    ConfigError
        There is no writer for the layer; its class or a file behind it is not as minigan was shipped; or the writer
        does not use one of its settings.
    """
    write = writers.get(type(layer))
    if write is None or not is_builtin(layer):
        raise ConfigError(f"{layer.title}: {reason(layer, library)}; {REMEDY}")
    if changed := edited_kernels(layer):
        raise ConfigError(f"{layer.title}: {edited(changed, library)}; {REMEDY}")
    settings = settings_of(layer)
    settings.pop("activation", None)
    used = keywords(write)
    for name, value in settings.items():
        if name not in used:
            raise refusal(layer, library, name, value)
    return write(*context, layer, **settings)


def refusal(layer: Layer, library: str, name: str, value: Any, reason: str = "") -> ConfigError:
    """The error for a setting that another library cannot have; `reason` says why, in a few words."""
    because = f", {reason}" if reason else ""
    return ConfigError(f"{layer.title}: {name}={value!r} has no counterpart in {library}{because}; {REMEDY}")


# Settings


def options(kind: type[Layer]) -> dict[str, inspect.Parameter]:
    """The arguments of a class of layers that decide what it computes: all but its name and its initial values."""
    parameters = inspect.signature(kind).parameters
    return {name: p for name, p in parameters.items() if name != "name" and not name.endswith("_initializer")}


def settings_of(layer: Layer) -> dict[str, Any]:
    """The present values of a layer's `options`, with Python's numbers for NumPy's."""
    return {name: python_value(setting(layer, name)) for name in options(type(layer))}


def setting(layer: Layer, name: str) -> Any:
    """One option: an attribute of its name, or a part of the layer's windows."""
    if hasattr(layer, name):
        return getattr(layer, name)
    return getattr(layer.windows, WINDOWS.get(name, name))  # type: ignore[attr-defined]


def python_value(value: Any) -> Any:
    """The value with Python's numbers in the place of NumPy's, in tuples too."""
    if isinstance(value, tuple | list):
        return tuple(map(python_value, value))
    if isinstance(value, np.bool_):
        return bool(value)
    known = number(value)
    return value if known is None else known


def code(value: Any) -> str:
    """The value as Python code, also where it is infinite."""
    value = python_value(value)
    return f'float("{value}")' if value in (float("inf"), float("-inf")) else repr(value)


@cache
def keywords(write: Callable) -> frozenset[str]:
    """The keyword-only arguments of a writer."""
    parameters = inspect.signature(write).parameters.values()
    return frozenset(p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY)


# Layers that are not as minigan was shipped


def reason(layer: Layer, library: str) -> str:
    """Why a layer cannot be written."""
    kind = type(layer)
    if kind.__module__.startswith("minigan.layers."):
        changed = edits.edited_behind(kind.__module__)
        return edited(changed, library) if changed else f"{library} has no such layer"
    return f"{library} has no such layer: {kind.__qualname__} is no class of minigan, and may compute anything"


def edited(files: frozenset[str], library: str) -> str:
    """Why a layer cannot be written whose files were edited."""
    names = listed([f"minigan/{name}" for name in files])
    return (
        f"{names} was edited, so it may compute something else than {library}: undo the edit or, if all results are "
        f"the same, record it by python -m minigan.edits"
    )


def edited_kernels(layer: Layer) -> frozenset[str]:
    """The edited files that define kernels that the layer calls."""
    if not edits.edited_files():
        return frozenset()
    modules = [sys.modules[kind.__module__] for kind in type(layer).__mro__ if kind is not object]
    named = {name for module in modules for name in re.findall(r"kernels\.(\w+)", inspect.getsource(module))}
    called = (getattr(kernels, name, None) for name in named)  # a docstring may name folders, too
    definitions = {kernel.__module__ for kernel in called if isinstance(kernel, kernels.Kernel)}
    return frozenset().union(*map(edits.edited_behind, definitions))
