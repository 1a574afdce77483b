"""Run a user's own Python file, and find the functions in it that can be checked."""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from minigan.errors import ConfigError
from minigan.gradcheck.checker import check
from minigan.gradcheck.report import Report
from minigan.gradcheck.target import describe_error

__all__ = ["PairCase", "functions_of", "load"]

#: Packages that minigan or the checker may import later: a file of such a name must not take their place.
NEEDED = {
    "PIL",
    "cupy",
    "matplotlib",
    "minigan",
    "numpy",
    "pooch",
    "pytest",
    "rich",
    "threadpoolctl",
    "tomlkit",
    "typer",
}

#: What is tried for a function of one argument without a given shape.
SHAPES: tuple[tuple[int, ...], ...] = ((3, 5), (2, 5, 4, 2))


class PairCase(NamedTuple):
    """A function of the user's with its backward, or a loss, which has none, and the shapes of its arguments."""

    name: str
    forward: Callable
    backward: Callable | None
    shapes: list[tuple[int, ...]]

    def check(self, seed: int = 0, **options: Any) -> Report:
        """Check at random points."""
        return check(self.forward, *self.shapes, backward=self.backward, seed=seed, name=self.name, **options)


def load(path: Path) -> ModuleType:
    """Run the file as a module; it can import the files in its folder, as if Python had started it.

    Afterwards the folder is not searched any longer, and these imports are forgotten: files of the same name in another
    folder are others. A file with the name of a module of Python or of a package that minigan uses is not imported.

    Raises
    ------
    ConfigError
        There is no such file, or it raises an error.
    """
    spec = importlib.util.spec_from_file_location(f"minigan_gradcheck_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise ConfigError(f"expected a Python file with a layer, got {path}")
    module = importlib.util.module_from_spec(spec)
    with neighbours_of(path):
        sys.modules[module.__name__] = module  # as for any import: data classes look for their module there
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:
            raise ConfigError(f"{path} cannot be run: {describe_error(error)}") from error
        finally:
            sys.modules.pop(module.__name__, None)
    return module


@contextmanager
def neighbours_of(path: Path) -> Iterator[None]:
    """Make the folder of `path` the first that is searched for imports, for a while."""
    folder = path.resolve().parent
    for name in {entry.stem for entry in folder.iterdir()} & (NEEDED | sys.stdlib_module_names):
        if name not in sys.modules and importlib.util.find_spec(name):
            importlib.import_module(name)  # the real one, before a file of that name can be found
    before, searched = set(sys.modules), list(sys.path)
    importlib.invalidate_caches()
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
        sys.path_importer_cache.pop(str(folder), None)
        for name in set(sys.modules) - before:
            if str(folder) not in searched and is_in(sys.modules[name], folder):
                del sys.modules[name]


def is_in(module: ModuleType, folder: Path) -> bool:
    """Whether the module was read from the folder, or from one in it."""
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    return any(place is not None and Path(place).resolve().is_relative_to(folder) for place in places)


def functions_of(module: ModuleType, shapes: list[tuple[int, ...]]) -> list[PairCase]:
    """The functions that the file defines with a backward, ``name`` and ``name_backward``, and its losses.

    ``forward`` and ``backward`` are such a pair, too. A loss is called ``loss``, or its name ends with ``_loss``.

    Parameters
    ----------
    module : module
    shapes : list of tuple of int
        The shapes of the arguments. Without them a function of one argument gets the first of a shape of vectors and
        one of images that works.

    Raises
    ------
    ConfigError
        There are more or fewer shapes than arguments.
    """
    own = {
        name: thing
        for name, thing in vars(module).items()
        if inspect.isfunction(thing) and thing.__module__ == module.__name__
    }
    cases = []
    for name, function in own.items():
        backward = own.get("backward" if name == "forward" else f"{name}_backward")
        is_loss = backward is None and (name == "loss" or name.endswith("_loss"))
        if backward is not None or is_loss:
            cases.append(PairCase(name, function, backward, shapes_of(name, function, shapes, is_loss)))
    return cases


def shapes_of(name: str, function: Callable, shapes: list[tuple[int, ...]], is_loss: bool) -> list[tuple[int, ...]]:
    """The given shapes, one for each argument, or the first that the function takes."""
    parameters = inspect.signature(function).parameters.values()
    needed = [
        p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if shapes and len(shapes) != len(needed) and not any(p.kind is p.VAR_POSITIONAL for p in parameters):
        raise ConfigError(
            f"{name}: expected --shape with {len(needed)} shapes ({', '.join(needed)}), got {len(shapes)}"
        )
    if shapes:
        return shapes
    if len(needed) != 1:
        raise ConfigError(
            f"{name} has the arguments {', '.join(needed)}: give a shape for each of them, as in --shape '4,3 3,2 2'"
        )
    reason = ""
    for shape in SHAPES:
        try:
            # An error of the functions themselves becomes a row of the report later.
            check(function, shape, backward=None if is_loss else lambda dy, cache: dy, budget=0)
        except Exception as error:
            reason = describe_error(error)
        else:
            return [shape]
    raise ConfigError(f"{name} does not take an input of shape {' or '.join(map(str, SHAPES))}, give --shape: {reason}")
