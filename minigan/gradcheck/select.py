"""Which cases to check: by name, or from a user's own file."""

import copy
import importlib.util
import inspect
from functools import partial
from pathlib import Path
from types import ModuleType

from minigan.errors import ConfigError, MiniganError
from minigan.gradcheck.cases import CASES, Case, FunctionCase
from minigan.layers.base import Layer

__all__ = ["cases_in_file", "select"]

#: What a layer of unknown taste is tried on: vectors, then images.
SHAPES = ((3, 5), (2, 5, 4, 2))


def select(names: list[str]) -> list[Case | FunctionCase]:
    """The cases with these names, or of these layers; all for none.

    Raises
    ------
    ConfigError
        A name is neither.
    """
    chosen = []
    for name in names:
        found = [case for case in CASES if name.lower() in (case.name.lower(), case.subject.lower())]
        if not found:
            subjects = ", ".join(sorted({case.subject for case in CASES}))
            raise ConfigError(f"unknown case {name!r}: expected some of {subjects}, or the name of a case")
        chosen += found
    return chosen or CASES


def cases_in_file(path: Path, shape: str | None) -> list[Case | FunctionCase]:
    """The layers a Python file defines: objects, and classes that need no arguments.

    Parameters
    ----------
    path : Path
        Is run.
    shape : str, optional
        The input's shape with the batch axis, as "2,5,4,3"; default: vectors, else images, what the layer takes.

    Raises
    ------
    ConfigError
        The file cannot be run, defines no layer, or takes none of the shapes.
    """
    module = load(path)
    things = [thing for thing in vars(module).values() if getattr(thing, "__module__", None) == module.__name__]
    classes = [thing for thing in things if inspect.isclass(thing) and issubclass(thing, Layer)]
    objects = [thing for thing in vars(module).values() if isinstance(thing, Layer)]
    cases: list[Case | FunctionCase] = []
    for layer in objects:
        cases.append(Case(layer.name, partial(copy.deepcopy, layer), fitting_shape(layer, shape)))
    for make in classes:
        if not any(isinstance(layer, make) for layer in objects):
            cases.append(Case(make.__name__, make, fitting_shape(construct(make, path), shape)))
    if not cases:
        raise ConfigError(f"{path}: expected a layer, an object or a class that derives from Layer, found none")
    return cases


def load(path: Path) -> ModuleType:
    """Run the file as a module of its own."""
    spec = importlib.util.spec_from_file_location(f"minigan_gradcheck_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise ConfigError(f"expected a Python file with a layer, got {path}")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    return module


def construct(make: type[Layer], path: Path) -> Layer:
    """An object of the class."""
    try:
        return make()
    except TypeError as error:
        raise ConfigError(f"{path}: {make.__name__} needs arguments, so make an object of it there: {error}") from None


def fitting_shape(layer: Layer, shape: str | None) -> tuple[int, ...]:
    """The given shape, or the first that the layer takes."""
    if shape is not None:
        try:
            return tuple(int(size) for size in shape.split(","))
        except ValueError:
            raise ConfigError(f"--shape: expected whole numbers such as 2,5,4,3, got {shape!r}") from None
    for candidate in SHAPES:
        try:
            layer.build(candidate[1:])
        except MiniganError:
            continue
        layer.built = False
        return candidate
    raise ConfigError(f"{layer.title} takes neither {SHAPES[0]} nor {SHAPES[1]}: give --shape")
