"""Words that readers search for, and the page that answers: it comes first.

Sphinx ranks entries of the index above all other matches. So each word, or group of words, becomes a main entry of the
index on its page. They are in the front matter of a page, ``search: [custom layer, own layer]``, or in `search_words`
of conf.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from docs.extensions.lessons import front_matter


class SearchWords(SphinxTransform):
    """Add the entries to a page."""

    default_priority = 310

    def apply(self, **kwargs: Any) -> None:
        path = Path(self.env.doc2path(self.env.docname))
        words = list(self.config.search_words.get(self.env.docname, []))
        if path.suffix == ".md":
            words += front_matter(path).get("search") or []
        section = next(iter(self.document.findall(nodes.section)), None)
        if words and section is not None:
            entries = [("single", word, section["ids"][0], "main", None) for word in words]
            section.insert(1, addnodes.index(entries=entries))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("search_words", {}, "env", types=(dict,))
    app.add_transform(SearchWords)
    return {"parallel_read_safe": True}
