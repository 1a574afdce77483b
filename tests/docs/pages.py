"""The built pages as tests read them."""

import re
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "docs/_build/html"

#: Their text is not the page's.
HIDDEN = {"code", "pre", "script", "style"}

#: Elements without an end.
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class Page:
    """A page: what it loads, where it links to, and its text."""

    path: Path
    loads: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    article_links: list[str] = field(default_factory=list)
    images: list[dict[str, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    styles: list[str] = field(default_factory=list)
    text: str = ""


class Reader(HTMLParser):
    """Reads a page."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        page = self.page
        page.ids.update(values[name] for name in ("id", "name") if name in values)
        page.loads += [values[name] for name in ("src", "poster", "data") if name in values and tag != "button"]
        page.loads += [part.split()[0] for part in values.get("srcset", "").split(",") if part.strip()]
        page.styles += [values["style"]] if "style" in values else []
        if tag == "link" and values.get("rel") not in (
            "index",
            "search",
            "next",
            "prev",
            "author",
            "copyright",
            "canonical",
        ):
            page.loads.append(values["href"])
        if tag in ("a", "area") and "href" in values:
            page.links.append(values["href"])
            if "article" in self.open:
                page.article_links.append(values["href"])
        if tag == "img":
            page.images.append(values)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            self.page.styles.append(data)
        if not HIDDEN & set(self.open):
            self.page.text += data


@cache
def pages() -> dict[str, Page]:
    """All pages by their path; the site is built if it is not there."""
    if not (HTML / "index.html").exists():
        command = [sys.executable, "-m", "sphinx", "-W", "-n", "--keep-going", "-q", "-b", "html", "docs", str(HTML)]
        subprocess.run(command, cwd=ROOT, check=True)
    found = {}
    for path in sorted(HTML.rglob("*.html")):
        if path.parent.name == "_static":  # the player of the lab is no page of the site
            continue
        page = Page(path)
        Reader(page).feed(path.read_text(encoding="utf-8"))
        found[path.relative_to(HTML).as_posix()] = page
    return found


#: Signs of TeX that was not converted: \( \[ $$, a formula between dollars, a command.
TEX = re.compile(
    r"\\[()\[\]]|\$\$|\$[^$\n]{1,80}\$|\\(?:frac|sum|text|mathrm|partial|sigma|hat|top|begin|end)(?![a-zA-Z])"
)


def raw_tex(text: str) -> list[str]:
    """The places with TeX in a text."""
    return [text[max(match.start() - 20, 0) : match.end() + 20] for match in TEX.finditer(text)]
