"""Which files of a folder are its pictures.

A folder may be a collection of links: class folders that are links to folders elsewhere, or the snapshots of Hugging
Face, where each picture is a link to a file of another folder. Users expect both to work, so links are followed, with
limits that keep a search from running through a whole disk: a link to a folder counts only directly in the folder
that was named (there are the class folders), not further below, and never if it leads to a folder that was searched
already or to one above it. So a circle of links ends, and each folder is searched once. What a link leads to must be
a regular file that Pillow reads as a picture, as everything else; a note says how many images come from outside.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from minigan.errors import DataError
from minigan.io.messages import one_line

__all__ = ["Found", "extensions", "find", "named_suffixes"]

#: The ends of names that Pillow's readers in `minigan.data.folder.header.FORMATS` know.
EXTENSIONS = frozenset(
    {".apng", ".bmp", ".dib", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pfm", ".pgm", ".png", ".pnm", ".ppm"}
    | {".tif", ".tiff", ".webp"}
)


@cache
def extensions() -> frozenset[str]:
    """The ends of the names of picture files; ``.avif`` is one of them where Pillow can read it."""
    from PIL import features

    return EXTENSIONS | ({".avif", ".avifs"} if "avif" in features.get_supported_modules() else set())


class Found(NamedTuple):
    """The picture files below a folder, and what else is there.

    Attributes
    ----------
    names : sequence of str
        Relative to the folder, with ``/`` between the parts; sorted the same way on every system.
    others : mapping of str to int
        The suffixes of the other files (empty: without a suffix), and how many there are of each.
    links : sequence of str
        Links to folders that were not followed.
    outside : frozenset of str
        Those of `names` that lead out of the folder by a link.
    """

    names: Sequence[str]
    others: Mapping[str, int]
    links: Sequence[str]
    outside: frozenset[str]


def find(folder: Path) -> Found:
    """The files below `folder`; those whose name begins with a dot, and folders of that kind, are left out.

    Raises
    ------
    DataError
        There is no such folder, it or one below it cannot be read, or there is no picture in it.
    """
    if not os.path.isdir(folder):
        raise DataError(f"no such folder: {one_line(str(folder))}")
    root = os.path.realpath(folder)
    names: list[str] = []
    links: list[str] = []
    outside: set[str] = set()
    others = Counter[str]()
    try:
        for entry, name, is_outside in _entries(folder, root, links):
            suffix = os.path.splitext(entry.name)[1].lower()
            if suffix in extensions():
                names.append(name)
                if is_outside or (entry.is_symlink() and not _is_below(os.path.realpath(entry.path), root)):
                    outside.add(name)
            elif os.path.isfile(entry.path):
                others[suffix] += 1
    except OSError as error:
        raise DataError(f"{one_line(str(error.filename or folder))}: cannot be read: {one_line(error)}") from None
    if not names:
        looked = f"looked for {' '.join(sorted(extensions()))}"
        found = f"; found {named_suffixes(others)}" if others else ""
        found += f"; links to folders not followed: {one_line(', '.join(links[:5]))}" if links else ""
        raise DataError(f"{one_line(str(folder))}: no images in this folder ({looked}{found})")
    return Found(sorted(names), others, sorted(links), frozenset(outside))


def named_suffixes(others: Mapping[str, int]) -> str:
    """The most frequent suffixes."""
    names = [one_line(name) if name else "no suffix" for name in sorted(others, key=lambda name: (-others[name], name))]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _entries(folder: Path, root: str, links: list[str]) -> Iterator[tuple["os.DirEntry[str]", str, bool]]:
    """Every file below: its entry, its name, and whether it is outside; adds to `links` what is not followed."""
    linked: list[str] = []
    yield from _below(folder, "", False, linked, links)
    searched = [root]
    for name in sorted(linked):  # the same choice on every system, if two lead to one folder
        target = os.path.realpath(folder / name)
        if any(_is_below(target, other) or _is_below(other, target) for other in searched):
            links.append(name)
            continue
        searched.append(target)
        yield from _below(folder, f"{name}/", True, links, links)


def _below(
    folder: Path, start: str, is_outside: bool, linked: list[str], links: list[str]
) -> Iterator[tuple["os.DirEntry[str]", str, bool]]:
    """The files below `start`; links to folders go to `linked` if they are directly in it, else to `links`."""
    pending = [start]
    while pending:  # not recursive: folders may be nested deeper than calls
        below = pending.pop()
        with os.scandir(os.path.join(folder, below)) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{below}{entry.name}/")
                elif entry.is_symlink() and os.path.isdir(entry.path):  # a circle of links raises nothing here
                    (linked if below == start else links).append(below + entry.name)
                else:
                    yield entry, below + entry.name, is_outside


def _is_below(path: str, folder: str) -> bool:
    """Whether the real `path` is the real `folder`, or below it."""
    return path == folder or path.startswith(os.path.join(folder, ""))
