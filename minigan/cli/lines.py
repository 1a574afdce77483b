"""Lines of the command line: broken between words where a terminal is too narrow, and nowhere else."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import TextWrapper
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["blanks_kept", "columns", "say", "wrapped"]

#: Stands for a blank inside a path or a command, which is never broken; from Unicode's private use.
BLANK = "\ue000"

#: Stands for the second column of a wide character.
WIDE = "\ue001"

#: Widest first of two columns, and narrowest second one; with less room each entry takes lines of its own.
WIDEST, NARROWEST = 30, 26


def blanks_kept(text: object) -> str:
    """A path or a command as one word, which `wrapped` never breaks; `say` prints its blanks."""
    return str(text).replace(" ", BLANK)


def wrapped(line: str, width: int | None, indent: str = "") -> list[str]:
    """The line, broken between words so that each part has at most `width` columns.

    A longer word has a line of its own: a path stays whole.

    Parameters
    ----------
    line : str
    width : int, optional
        Default: no limit.
    indent : str
        What begins every line but the first.
    """
    from rich.cells import cell_len

    if width is None:
        return [line.rstrip()]
    wide = "".join(character + WIDE * (cell_len(character) - 1) for character in line)
    lead = line[: len(line) - len(line.lstrip(" "))] + indent
    whole = TextWrapper(max(width, 1), subsequent_indent=lead, break_long_words=False, break_on_hyphens=False)
    return [part.replace(WIDE, "") for part in whole.wrap(wide)] or [""]


def columns(rows: Sequence[tuple[str, str]], width: int | None, margin: str = "  ") -> Iterator[str]:
    """Lines of two columns; where the terminal is narrow, the second is below the first.

    Parameters
    ----------
    rows : sequence of (str, str)
        The first is never broken.
    width : int, optional
        Default: no limit.
    margin : str
        The beginning of each line.
    """
    first = max((len(name) for name, _ in rows if width is None or len(name) <= WIDEST), default=0) + 2
    stacked = width is not None and width < len(margin) + first + NARROWEST
    for name, text in rows:
        start = margin + name
        below = margin + " " * (4 if stacked else first)
        room = None if width is None else max(width - len(below), 10)
        lines = wrapped(text, room) if text else []
        if lines and not stacked and len(name) + 2 <= first:
            yield f"{start:{len(below)}}{lines.pop(0)}"
        else:
            yield start
        for line in lines:
            yield below + line


def say(console: "Console", lines: str | Iterable[str], style: str | None = None) -> None:
    """Print lines, as they are into a pipe or a file, broken between words on a terminal that is narrower."""
    width = console.width if console.is_terminal else None
    for line in [lines] if isinstance(lines, str) else lines:
        for part in wrapped(line, width, "  "):
            console.print(part.replace(BLANK, " "), style=style, highlight=False, soft_wrap=True)
