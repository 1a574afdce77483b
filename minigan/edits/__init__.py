"""Which of the files that a learner reads were edited: these run as they are, and nothing faster in their place.

A default run executes fused steps and fast kernels instead of the files in ``layers/`` and ``kernels/reference/``, and
compiled loops instead of ``optimizers.py`` and ``random.py``. So that an edit there is never ignored, the package keeps
a digest of each of these files. Where a file differs, the layers made from it run unfused, and the kernels, updates and
random numbers defined in it run without their fast twins; building a network says so once.

``python -m minigan.edits`` records the digests again, after a change that is to stay. A test holds that they are right.
"""

import ast
import hashlib
import logging
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

__all__ = ["FILES", "ROOMS", "announce", "edited_behind", "edited_files", "record", "refresh"]

PACKAGE = Path(__file__).parents[1]

#: The folders of the package that are read, and the files.
ROOMS = ("kernels/reference", "layers")
FILES = ("optimizers.py", "random.py")

#: Modules that make layers by name, and import them only for that: each layer that is made counts for itself.
MAKERS = ("activation",)

#: Where the digests are: a line a file, as of ``sha256sum``.
DIGESTS = Path(__file__).with_name("digests.txt")

_edited: frozenset[str] | None = None
_announced: frozenset[str] = frozenset()


def edited_files() -> frozenset[str]:
    """The edited files by their names in the package, such as ``layers/conv2d.py``, as of the last `refresh`."""
    return refresh() if _edited is None else _edited


def refresh() -> frozenset[str]:
    """Look at the files again: where the time or the size of one has changed, at its text."""
    global _edited
    _edited = _compare(tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in _files()))
    return _edited


def edited_behind(module: str) -> frozenset[str]:
    """The edited files that a module is made of: its own, and those of the same room that it imports."""
    edited = edited_files()
    return edited & _sources(module, edited) if edited else edited


def announce(lines: Iterable[str]) -> None:
    """Say once, in one line, which files were edited, and what therefore runs as it is written.

    Parameters
    ----------
    lines : iterable of str
        What follows from the edits, in a few words each.
    """
    global _announced
    edited = edited_files()
    if edited and edited != _announced:
        files = ", ".join(f"minigan/{name}" for name in sorted(edited))
        logging.getLogger("minigan").warning(f"edited: {files}: {'; '.join(lines)}")
    _announced = edited


def record() -> list[str]:
    """Write the digests of the files as they are now; returns the names of those that had changed."""
    changed = sorted(_compare(()))
    DIGESTS.write_text("".join(f"{_digest(path)}  {_name(path)}\n" for path in _files()), encoding="utf-8")
    _compare.cache_clear()
    refresh()
    return changed


def _files() -> list[Path]:
    """The files that have a digest. A package's ``__init__.py`` has no formula."""
    in_rooms = (path for room in ROOMS for path in (PACKAGE / room).glob("*.py") if path.name != "__init__.py")
    return sorted([*in_rooms, *(PACKAGE / name for name in FILES)])


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def _digest(path: Path) -> str:
    """Of the text, with the ends of lines that Python sees: Git may have written others."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()[:16]


@lru_cache(maxsize=1)
def _compare(state: object) -> frozenset[str]:
    """The names of the files whose text is not that of the digests, for files in this state."""
    recorded = {}
    if DIGESTS.exists():
        recorded = {name: digest for digest, name in map(str.split, DIGESTS.read_text(encoding="utf-8").splitlines())}
    return frozenset(_name(path) for path in _files() if recorded.get(_name(path)) != _digest(path))


@lru_cache(maxsize=256)
def _sources(module: str, edited: frozenset[str]) -> frozenset[str]:
    """The files of a room that a module of it is made of; `edited`, because an edit may change what is imported."""
    file = f"{module.removeprefix('minigan.')}.py"
    if file in FILES:
        return frozenset({file})
    room = next((room for room in ROOMS if module.startswith(f"minigan.{room.replace('/', '.')}.")), None)
    if room is None:
        return frozenset()
    found: set[str] = set()
    more = {module.rpartition(".")[2]}
    while more:
        found |= more
        more = {name for stem in more if stem not in MAKERS for name in _imported(room, stem, edited)} - found
    return frozenset(f"{room}/{stem}.py" for stem in found)


@lru_cache(maxsize=256)
def _imported(room: str, stem: str, edited: frozenset[str]) -> frozenset[str]:
    """The modules of its own room that a module imports."""
    package = f"minigan.{room.replace('/', '.')}"
    nodes = ast.walk(ast.parse((PACKAGE / room / f"{stem}.py").read_bytes()))
    names = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    stems = {name.removeprefix(f"{package}.") for name in names if name.startswith(f"{package}.")}
    return frozenset(stem for stem in stems if (PACKAGE / room / f"{stem}.py").exists())
