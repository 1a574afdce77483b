"""Labels of picture files: from the folders that hold them, or from a table of names and labels.

A class folder is one directly below the folder that was named; pictures in folders below it belong to its class, too. A
table is a CSV file with a file name and a label in each line. The classes are sorted: numbers by value, words by
letters.
"""

import csv
import os.path
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minigan.errors import DataError
from minigan.io.messages import listed, one_line
from minigan.io.safe_read import read_bytes

__all__ = ["TABLE", "Labelled", "by_folder", "by_table", "classes_of", "table_beside"]

#: The table that is used without being named: a file of this name, directly in the folder of the pictures.
TABLE = "labels.csv"

#: Maximum size of a table in bytes: a million lines of a long name.
BYTES = 2**28

#: How the columns may be called in the first line, if it is no picture's.
NAMES = ("name", "file", "filename", "file_name", "file name", "image", "image_id", "id", "path")
LABELS = ("label", "class", "category", "target", "breed", "species")


class Labelled(NamedTuple):
    """The class of each picture as a number, and the names of the classes in the order of their numbers."""

    labels: np.ndarray
    class_names: tuple[str, ...]


def by_folder(names: Sequence[str], folder: str) -> Labelled | str:
    """The classes of pictures by their class folders; if they have none, the reason as a text."""
    classes = [name.partition("/")[0] if "/" in name else None for name in names]
    loose = [name for name, label in zip(names, classes) if label is None]
    if len(loose) == len(names):
        return (
            f"expected a folder for each class, such as {folder}/cats and {folder}/dogs, or a table of file names and "
            f"labels: {folder}/{TABLE}, or --labels FILE"
        )
    if loose:
        return (
            f"expected all pictures in class folders, got {len(loose):,} directly in {folder}, such as "
            f"{listed(loose, 1)}: move them into a class folder, or state --labels FILE"
        )
    found = classes_of([label for label in classes if label is not None])
    if len(found.class_names) == 1:
        (only,) = found.class_names
        return f"expected two class folders or more, got only {only}: for those below it, --data folder:{folder}/{only}"
    return found


def classes_of(texts: Sequence[str]) -> Labelled:
    """Sort the different texts, and number them: whole numbers by value, anything else by letters."""
    different = set(texts)
    number = all(text.isascii() and text.isdigit() and len(text) < 19 for text in different)
    names = tuple(sorted(different, key=(lambda text: (int(text), text)) if number else None))
    places = {name: place for place, name in enumerate(names)}
    return Labelled(np.array([places[text] for text in texts], np.int64), names)


def table_beside(folder: str | Path) -> Path | None:
    """The table in the folder of the pictures, if there is one."""
    path = Path(folder) / TABLE
    return path if os.path.isfile(path) else None


def by_table(path: Path, names: Sequence[str], skipped: Iterable[str] = ()) -> Labelled:
    """The classes of pictures by a table.

    A line holds a file's name and its label; the first line may name the columns instead. A name may leave out the
    folders or the suffix, where it still means one picture. Lines of other files are not used.

    Parameters
    ----------
    path : Path
        A CSV file in UTF-8, with commas, semicolons or tabs.
    names : sequence of str
        The files of the pictures.
    skipped : iterable of str
        Files that could not be read; their lines are no mistake.

    Raises
    ------
    DataError
        The table cannot be read, has lines of another form, two labels for a picture, or none for some.
    """
    rows = read_rows(path)
    known = spellings(names)
    header = bool(rows) and meant(rows[0][0], known) is None and meant(rows[0][0], spellings(skipped)) is None
    name_at, label_at = columns_of(rows[0], path) if header else (0, 1)
    if not header and rows and len(rows[0]) != 2:
        raise DataError(f"{path}: expected two columns, a file name and a label, or a first line with their names")
    labels: dict[str, str] = {}
    for number, row in enumerate(rows[header:], 1 + header):
        if len(row) <= max(name_at, label_at) or not row[label_at]:
            raise DataError(f"{path}: expected a file name and a label in line {number}, got {one_line(str(row))}")
        name = meant(row[name_at], known)
        if name is not None and labels.setdefault(name, row[label_at]) != row[label_at]:
            got = one_line(f"{labels[name]!r} and {row[label_at]!r} for {name}")
            raise DataError(f"{path}: expected one label for each picture, got {got}")
    without = [name for name in names if name not in labels]
    if without:
        raise DataError(
            f"{path}: expected a label for each of {len(names):,} pictures, got none for {len(without):,}: "
            f"{one_line(listed(without, 3))}"
        )
    return classes_of([labels[name] for name in names])


def read_rows(path: Path) -> list[list[str]]:
    """The lines of a table that are not empty, as lists of cells without blanks around them."""
    try:
        text = read_bytes(path, BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError(f"--labels: no such file: {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: expected a table in UTF-8, got: {one_line(error)}") from None
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise DataError(f"{path}: expected a table of names and labels, got: {one_line(error)}") from None
    rows = [[cell.strip() for cell in row] for row in rows]
    return [row for row in rows if any(row)]


def columns_of(header: Sequence[str], path: Path) -> tuple[int, int]:
    """The places of the names and of the labels."""
    cells = [cell.lower() for cell in header]
    names = [place for place, cell in enumerate(cells) if cell in NAMES]
    labels = [place for place, cell in enumerate(cells) if cell in LABELS]
    if names and labels:
        return names[0], labels[0]
    if len(cells) == 2:
        return 0, 1
    raise DataError(
        f"{path}: expected columns called name and label in the first line, got {one_line(', '.join(header))}"
    )


def spellings(names: Iterable[str]) -> Mapping[str, str | None]:
    """Every way to write a picture's name, and the picture that is meant; None where it could be several."""
    names = list(names)
    found: dict[str, str | None] = {}
    for spelled in (lambda name: name.rpartition("/")[2], lambda name: os.path.splitext(name)[0], stem_of):
        for name in names:
            found[spelled(name)] = name if found.get(spelled(name), name) == name else None
    return {**found, **{name: name for name in names}}


def stem_of(name: str) -> str:
    """A file's name without folders and suffix."""
    return os.path.splitext(name.rpartition("/")[2])[0]


def meant(written: str, known: Mapping[str, str | None]) -> str | None:
    """The picture that a name in a table means, if it is one of the pictures."""
    return known.get(os.path.normpath(written.replace("\\", "/")) if written else "")
