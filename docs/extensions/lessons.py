"""The two ways between a lesson or how-to and the pages of the classes and functions that it explains.

The front matter of a page names them::

    lesson:                        # or howto:
      minutes: 20
      explains: [Dense, minigan.gradcheck.check]   # a layer's name, or a full name

From this come the line below the title of the lesson, and "See also" on the page of each class and function.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.addnodes import download_reference, pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform

__all__ = ["explained", "front_matter", "full_name"]

ROOT = Path(__file__).resolve().parents[2]

#: The kinds of pages that explain, with the word for each.
KINDS = {"lesson": "Lesson", "howto": "How-to"}

#: The names in the line below the title; a page may explain more, and those link to it all the same.
MOST_NAMES = 6

#: Where the notebooks of the lessons are.
NOTEBOOKS = "minigan/learn/notebooks"


def front_matter(path: Path) -> dict[str, Any]:
    """The front matter of a page in Markdown; empty if it has none."""
    text = path.read_text(encoding="utf-8")
    if not text.startswith("---\n"):
        return {}
    return yaml.safe_load(text[4 : text.index("\n---", 3)]) or {}


def full_name(name: str) -> str:
    """The full name of a class or function: a name without a dot is that of a layer."""
    return name if "." in name else f"minigan.layers.{name}"


def explained(docs: Path) -> dict[str, list[tuple[str, str]]]:
    """For each full name the kind and the name of the pages that explain it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in sorted(docs.glob("*/*.md")):
        matter = front_matter(path)
        for kind in KINDS:
            for name in (matter.get(kind) or {}).get("explains") or []:
                page = path.relative_to(docs).with_suffix("").as_posix()
                found.setdefault(full_name(name), []).append((kind, page))
    return found


class LessonLine(SphinxTransform):
    """The line below the title: minutes, notebook, what is explained."""

    default_priority = 300

    def apply(self, **kwargs: Any) -> None:
        path = Path(self.env.doc2path(self.env.docname))
        if path.suffix != ".md":
            return
        matter = front_matter(path)
        title = next(iter(self.document.findall(nodes.title)), None)
        for kind in KINDS:
            if matter.get(kind) and title is not None:
                parts = list(self.parts(kind, matter[kind], path.stem))
                line = nodes.paragraph()
                for place, part in enumerate(parts):
                    line += [nodes.Text(" · ")] * (place > 0) + part
                title.parent.insert(title.parent.index(title) + 1, nodes.container("", line, classes=["lesson-box"]))

    def parts(self, kind: str, facts: dict[str, Any], stem: str) -> list[list[nodes.Node]]:
        """The parts of the line."""
        parts: list[list[nodes.Node]] = []
        if facts.get("minutes"):
            parts.append([nodes.Text(f"{facts['minutes']} minutes")])
        file = f"{NOTEBOOKS}/{stem}.ipynb"
        if kind == "lesson" and (ROOT / file).exists():
            link = download_reference("", "", nodes.literal("", f"{stem}.ipynb"), reftarget=f"/../{file}")
            link["refdoc"], link["reftype"], link["refexplicit"] = self.env.docname, "download", True
            parts.append([nodes.Text("notebook: "), link])
        if kind == "lesson":
            parts.append([nodes.literal("", "minigan learn course"), nodes.Text(" copies all notebooks")])
        if names := [full_name(name) for name in facts.get("explains") or []]:
            links: list[nodes.Node] = [nodes.Text("explains ")]
            for place, name in enumerate(names[:MOST_NAMES]):
                text = nodes.literal("", name.rpartition(".")[2], classes=["xref", "py"])
                link = pending_xref("", text, refdomain="py", reftype="obj", reftarget=name, refexplicit=True)
                link["refdoc"], link["refwarn"] = self.env.docname, True
                links += [nodes.Text(", ")] * (place > 0) + [link]
            if len(names) > MOST_NAMES:
                links.append(nodes.Text(f" and {len(names) - MOST_NAMES} more"))
            parts.append(links)
        return parts


def read_pages(app: Sphinx) -> None:
    """Read the front matter of all pages, before any page is built."""
    app.env.minigan_before = getattr(app.env, "minigan_explained", None)  # type: ignore[attr-defined]
    app.env.minigan_explained = explained(Path(app.srcdir))  # type: ignore[attr-defined]


def outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """If a page explains something else than at the last build, the pages of the reference are built again."""
    same = env.minigan_before in (None, env.minigan_explained)  # type: ignore[attr-defined]
    return [] if same else [name for name in env.found_docs if name.startswith("api/")]


def see_also(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Add the lessons and how-tos to the docstring of what they explain, in its "See also" if it has one."""
    pages = app.env.minigan_explained.get(name, [])  # type: ignore[attr-defined]
    if not pages:
        return
    links = [f"   - {KINDS[kind]}: :doc:`/{page}`" for kind, page in pages]
    if ".. seealso::" in lines:
        place = lines.index(".. seealso::") + 1
        lines[place:place] = ["", *links, ""]
    else:
        lines += ["", ".. seealso::", "", *links, ""]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_transform(LessonLine)
    app.connect("builder-inited", read_pages)
    app.connect("env-get-outdated", outdated)
    app.connect("autodoc-process-docstring", see_also, priority=900)  # after numpydoc
    return {"parallel_read_safe": True}
