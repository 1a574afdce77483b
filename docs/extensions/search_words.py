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
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform

from docs.extensions.lessons import front_matter


def words_of(env: BuildEnvironment, page: str) -> list[str]:
    """The words of a page."""
    path = Path(env.doc2path(page))
    matter = front_matter(path) if path.suffix == ".md" else {}
    return [*env.config.search_words.get(page, []), *(matter.get("search") or [])]


class SearchWords(SphinxTransform):
    """Add the entries to a page."""

    default_priority = 310

    def apply(self, **kwargs: Any) -> None:
        words = words_of(self.env, self.env.docname)
        section = next(iter(self.document.findall(nodes.section)), None)
        if words and section is not None:
            entries = [("single", word, section["ids"][0], "main", None) for word in words]
            section.insert(1, addnodes.index(entries=entries))


def write_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the pages with words in each build: Sphinx forgets the entries of pages that it does not write."""
    return [page for page in env.found_docs if words_of(env, page)]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("search_words", {}, "env", types=(dict,))
    app.add_transform(SearchWords)
    app.connect("env-updated", write_again)
    return {"parallel_read_safe": True}
