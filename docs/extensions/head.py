"""What other programs read of a page: its description for search engines, and its card where a link is shared."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

LONGEST = 200

CARD = "_static/social-card.png"
CARD_TEXT = "minigan: GANs from scratch, every gradient by hand and every gradient checked"


def description(doctree: nodes.document) -> str:
    """The first sentences of the first paragraph of a page that is not part of a list, a table or a box."""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section | nodes.document):
            text = " ".join(without_formulas(paragraph).split())
            if len(text) <= LONGEST:
                return text
            end = text.rfind(". ", 0, LONGEST) + 1
            return text[:end] if end > 40 else text[: text.rfind(" ", 0, LONGEST)] + " ..."
    return ""


def without_formulas(paragraph: nodes.paragraph) -> str:
    """The text, with formulas in words: without the commands of TeX."""
    parts = []
    for node in paragraph.findall(nodes.Text):
        text = node.astext()
        if isinstance(node.parent, nodes.math):
            text = text.replace("\\", " ").replace("{", "").replace("}", "")
        parts.append(text)
    return "".join(parts)


def add_tags(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Add the tags to the head of a page."""
    if doctree is None:
        return
    title = next((node.astext() for node in doctree.findall(nodes.title)), page)
    text = description(doctree) or CARD_TEXT
    base = app.config.html_baseurl
    card = base.rstrip("/") + "/" + CARD if base else context["pathto"](CARD, 1)
    tags = [("name", "description", text), ("property", "og:site_name", "minigan"), ("property", "og:type", "article")]
    tags += [("property", "og:title", title), ("property", "og:description", text), ("property", "og:image", card)]
    tags += [("property", "og:image:alt", CARD_TEXT), ("name", "twitter:card", "summary_large_image")]
    lines = [f'<meta {kind}="{name}" content="{escape(content)}">' for kind, name, content in tags]
    context["metatags"] = context.get("metatags", "") + "\n" + "\n".join(lines) + "\n"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", add_tags)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
