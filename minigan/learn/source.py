"""The code of the package, shown in a notebook."""

import inspect
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from typing import Any

from minigan.errors import ConfigError

__all__ = ["show_code"]


def show_code(name: str) -> None:
    """Print the code of a function, a method or a class of minigan, with the file and the line where it is.

    It is read from the file itself: after an edit it shows the edit.

    Parameters
    ----------
    name : str
        The full name, such as ``"minigan.layers.dense.Dense.product"``.

    Raises
    ------
    ConfigError
        If there is nothing of this name.

    Examples
    --------
    >>> from minigan.learn import show_code
    >>> show_code("minigan.layers.flatten.Flatten.compute_output_shape")
    # minigan/layers/flatten.py, line ...
    def compute_output_shape(...
    """
    thing = find(name)
    lines, line = inspect.getsourcelines(thing)
    file = Path(inspect.getsourcefile(thing) or "").relative_to(Path(__file__).parents[2])
    place = f", line {line}" if line else ""
    print(f"# {file.as_posix()}{place}\n{dedent(''.join(lines)).rstrip()}")


def find(name: str) -> Any:
    """What has this full name: the function under a property or a decorator."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            thing: Any = import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        try:
            for part in parts[count:]:
                thing = inspect.getattr_static(thing, part)
        except AttributeError:
            break
        thing = getattr(thing, "fget", None) or getattr(thing, "__func__", thing)
        return inspect.unwrap(thing) if callable(thing) else thing
    raise ConfigError(f"expected the full name of a part of minigan, such as minigan.layers.Dense, got {name}")
