"""Formulas as MathML, made when the pages are built: a browser draws them with no script and no network.

A formula that cannot be converted ends the build.
"""

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from docs.extensions.formulas import mathml

logger = logging.getLogger(__name__)

#: The formulas of each page that could not be converted.
FAILED: dict[str, list[str]] = {}


def visit_inline(self: Any, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    self.body.append(f'<span class="math">{converted(self, node, display=False)}</span>')
    raise nodes.SkipNode


def visit_block(self: Any, node: nodes.math_block) -> None:
    """Write a formula of its own, with its number if it has one."""
    targets = "".join(f'<span id="{name}"></span>' for name in node.get("ids", []))
    number = f'<span class="eqno">({node["number"]})</span>' if node.get("number") else ""
    self.body.append(f'<div class="math">{targets}{number}{converted(self, node, display=True)}</div>\n')
    raise nodes.SkipNode


def converted(self: Any, node: nodes.math | nodes.math_block, display: bool) -> str:
    """The formula of a node. One that cannot be converted is reported and remembered: see `refuse`."""
    try:
        return mathml(node.astext(), display)
    except ValueError as error:
        logger.error("no MathML for the formula %s: %s", node.astext(), error, location=node)
        FAILED.setdefault(self.builder.current_docname, []).append(node.astext())
        return ""


def refuse(app: Sphinx, exception: Exception | None) -> None:
    """End the build if a formula could not be converted; its page goes, so that the next build writes it again."""
    pages, count = sorted(FAILED), sum(map(len, FAILED.values()))
    FAILED.clear()
    for page in pages:
        Path(app.builder.get_outfilename(page)).unlink(missing_ok=True)  # type: ignore[attr-defined]
    if count and exception is None:
        raise ExtensionError(f"{count} formulas cannot be converted to MathML, on {', '.join(pages)}")


class NoSearch(SphinxPostTransform):
    """Commands of TeX are no words of the page: the search leaves them out."""

    default_priority = 600

    def run(self, **kwargs: Any) -> None:
        for node in self.document.findall(lambda node: isinstance(node, nodes.math | nodes.math_block)):
            node["classes"].append("no-search")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.add_post_transform(NoSearch)
    app.connect("build-finished", refuse)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
