"""What a picture is: a plot, which dark pages invert, or a picture of data, which stays. And its text in words.

A figure that is drawn with lines and text only is a plot; so are the files of `PLOTS`. Under a cell of a lesson the
text for readers who do not see the picture is the comment with which the cell begins, or else the call that drew it.
"""

from __future__ import annotations

import ast
from fnmatch import fnmatch
from itertools import takewhile
from pathlib import Path
from typing import Any

import imagesize
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

#: Plots that are wider, in pixels, scroll on a phone: smaller, their numbers could not be read.
WIDE = 640

#: Plots among the pictures in pixels.
PLOTS = (
    "convergence-*.png",
    "data-points.png",
    "gradcheck-report.png",
    "plot-figure1.gif",
    "plot-histogram.png",
    "plot-losses.png",
    "plot-plane.gif",
    "quality-*.png",
    "ring-*.png",
)


def is_plot(path: Path) -> bool:
    """Whether a picture may be inverted: it shows no image, such as a digit."""
    if path.suffix == ".svg" and path.exists():
        return "<image" not in path.read_text(encoding="utf-8")
    return any(fnmatch(path.name, pattern) for pattern in PLOTS)


def drawn_by(image: nodes.image) -> str | None:
    """The first comment or the last statement of the cell that drew a picture; None for a picture that is no output."""
    cell = image.parent
    while cell is not None and "cell" not in cell.get("classes", []):
        cell = cell.parent
    source = next(iter(cell.findall(nodes.literal_block)), None) if cell is not None else None
    if source is None:
        return None
    if words := first_comment(source.astext()):
        return words
    last = last_statement(source.astext())
    return "Drawn by the code above: " + (last if len(last) <= 120 else last[:116] + " ...")


def first_comment(code: str) -> str:
    """The comment with which a cell begins, without its marks; empty if the cell begins with code."""
    return " ".join(line.strip("# ") for line in takewhile(lambda line: line.startswith("#"), code.splitlines()))


def last_statement(code: str) -> str:
    """The last statement; where it is only a name, what that name stands for."""
    try:
        *before, last = ast.parse(code).body
    except SyntaxError:  # a magic of IPython
        return code.strip().splitlines()[-1]
    name = ast.unparse(last)
    if name.isidentifier():
        for statement in reversed(before):
            if isinstance(statement, ast.Assign) and name in map(ast.unparse, statement.targets):
                return ast.unparse(statement.value)
    return name


class Pictures(SphinxPostTransform):
    """Give every picture its class and its text."""

    default_priority = 600
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for image in self.document.findall(nodes.image):
            path = Path(self.app.srcdir, image["uri"])
            if is_plot(path):
                image["classes"].append("plot")
                if path.exists() and imagesize.get(path)[0] > WIDE:
                    image["classes"].append("wide")
            if not image.get("alt") and (text := drawn_by(image)):
                image["alt"] = text


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(Pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
