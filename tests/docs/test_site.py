"""The built site: it needs no other host, shows formulas and no TeX, its links are right, and search finds pages."""

import json
import re
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest

pytest.importorskip("sphinx", reason="the site is built with the extra [docs]")

from minigan import layers
from minigan.layers import Layer
from tests.browser import chromium, with_browser
from tests.docs.pages import HTML, pages, raw_tex

pytestmark = pytest.mark.slow

#: What readers search for, and the page that must come first.
SEARCHES = {
    "custom layer": "howto/own-layer",
    "own layer": "howto/own-layer",
    "notebook": "learn/index",
    "batchnorm derivation": "learn/4-batch-norm",
    "upsampling backward": "learn/3-up-sampling",
    "nan loss": "start/troubleshooting",
}


def is_foreign(address: str) -> bool:
    return address.startswith("//") or urlsplit(address).scheme not in ("", "data", "file")


def test_no_page_loads_anything_from_another_host():
    foreign = [(name, address) for name, page in pages().items() for address in page.loads if is_foreign(address)]
    assert not foreign


def test_no_style_loads_anything_from_another_host():
    sheets = {path.name: path.read_text(encoding="utf-8") for path in HTML.rglob("*.css")}
    sheets |= {name: "\n".join(page.styles) for name, page in pages().items()}
    addresses = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")
    foreign = [
        (name, match[1] or match[2])
        for name, text in sheets.items()
        for match in addresses.finditer(text)
        if is_foreign(match[1] or match[2])
    ]
    assert not foreign


def test_every_resource_exists():
    absent = [
        (name, address)
        for name, page in pages().items()
        for address in page.loads
        if not address.startswith("data:") and not (page.path.parent / unquote(urlsplit(address).path)).exists()
    ]
    assert not absent


def test_no_page_shows_raw_tex():
    shown = {name: found for name, page in pages().items() if (found := raw_tex(page.text))}
    assert not shown


def test_the_search_for_raw_tex_finds_it():
    for text in (r"so \(x\) is", r"\[ x \]", "the $x_n$ here", "$$x$$", r"a \frac12 b"):
        assert raw_tex(text)
    assert not raw_tex("costs $5, a [list] (of words) and C:\\files")


def test_every_link_and_anchor_inside_the_site_exists():
    broken = []
    for name, page in pages().items():
        for link in page.links if not name.startswith("_modules/") else ():
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            path = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
            if not path.exists():
                broken.append((name, link))
            elif parts.fragment and path.suffix == ".html":
                target = pages()[path.relative_to(HTML).as_posix()]
                if unquote(parts.fragment) not in target.ids:
                    broken.append((name, link))
    assert not broken


def test_every_picture_has_a_text():
    silent = [(name, image["src"]) for name, page in pages().items() for image in page.images if not image.get("alt")]
    assert not silent


def test_the_text_of_a_picture_is_not_a_file_name():
    named = [
        (name, image["alt"])
        for name, page in pages().items()
        for image in page.images
        if re.search(r"\.(?:svg|png|gif|jpg)$", image.get("alt", ""))
    ]
    assert not named


def test_no_lesson_shows_an_address_in_the_place_of_a_picture():
    found = re.compile(r"&lt;Figure size|&lt;[\w.]+ object at 0x|matplotlib\.\w+\.\w+ at 0x")
    shown = [
        name
        for name, page in pages().items()
        if name.startswith("learn/") and found.search(page.path.read_text(encoding="utf-8"))
    ]
    assert not shown, "end the cell with a figure that shows itself, such as one of minigan.plots, or with a semicolon"


def test_every_layer_leads_to_a_lesson_or_a_how_to():
    without = []
    for name in layers.__all__:
        value = getattr(layers, name)
        if isinstance(value, type) and issubclass(value, Layer):
            links = pages()[f"api/generated/minigan.layers.{name}.html"].article_links
            if not any(re.search(r"\.\./(?:learn|howto)/", link) for link in links):
                without.append(name)
    assert not without, "no page names these under `explains`"


def test_the_line_below_a_title_names_a_few_classes_and_counts_the_others():
    text = (HTML / "howto/own-layer.html").read_text(encoding="utf-8")
    (line,) = re.findall(r'<div class="lesson-box[^>]*>(.*?)</div>', text, re.DOTALL)
    assert line.count("reference internal") == 6
    assert re.search(r" and \d+ more", line)


def test_every_page_has_a_description():
    bare = []
    for name, page in pages().items():
        if not name.startswith(("_modules/", "genindex", "py-modindex", "search")):
            text = page.path.read_text(encoding="utf-8")
            if '<meta name="description"' not in text or 'property="og:image"' not in text:
                bare.append(name)
    assert not bare


def test_the_font_is_the_one_that_is_described():
    from hashlib import sha256

    font = Path("docs/_static/fonts/stix-two-math.woff2")
    root = HTML.parents[2]
    assert sha256((root / font).read_bytes()).hexdigest() in (root / "docs/README.md").read_text(encoding="utf-8")
    assert (root / font).with_name("LICENSE.txt").read_text(encoding="utf-8").count("SIL OPEN FONT LICENSE")


@pytest.mark.parametrize("query", SEARCHES)
def test_the_index_of_the_search_has_what_readers_ask_for(query):
    text = (HTML / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    entries = {index["docnames"][page] for page, _, main in index["indexentries"].get(query, []) if main}
    assert entries == {SEARCHES[query]}


@with_browser
def test_chromium_asks_no_other_host_and_shows_no_raw_tex_and_no_page_wider_than_a_phone():
    asked, shown, wide = [], {}, {}
    with chromium() as browser:
        tab = browser.new_page(viewport={"width": 400, "height": 900})
        tab.on("request", lambda request: asked.append(request.url))
        for name, page in pages().items():
            if name.startswith("_modules/"):
                continue
            tab.goto(page.path.as_uri())
            text = tab.evaluate(
                """() => {
                    const copy = document.body.cloneNode(true);
                    copy.querySelectorAll("pre, code, script, style").forEach((element) => element.remove());
                    return copy.textContent;
                }"""
            )
            if found := raw_tex(text):
                shown[name] = found
            excess = tab.evaluate("document.documentElement.scrollWidth - 400")
            if excess > 1 and not name.startswith("genindex"):
                wide[name] = excess
    assert not [address for address in asked if is_foreign(address)]
    assert not shown
    assert not wide


@with_browser
def test_search_in_chromium_shows_the_right_page_first():
    first = {}
    with chromium() as browser:
        tab = browser.new_page()
        for query in SEARCHES:
            tab.goto(f"{(HTML / 'search.html').as_uri()}?q={quote(query)}")
            link = tab.locator("#search-results li a").first.get_attribute("href")
            first[query] = (link or "nothing").partition("#")[0].removesuffix(".html")
    assert first == SEARCHES


@with_browser
def test_the_cheat_sheet_is_one_page_on_paper():
    with chromium() as browser:
        tab = browser.new_page()
        tab.goto((HTML / "cheat-sheet.html").as_uri())
        assert pages_on_paper(tab) == 1
        tab.emulate_media(media="print")
        tab.set_viewport_size({"width": 733, "height": 900})  # A4 without its margins, at 96 pixels an inch
        wide, room = tab.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= room, "a bar to scroll would be printed, too"
        tab.emulate_media(media="screen")
        tab.goto((HTML / "learn/1-dense.html").as_uri())
        assert pages_on_paper(tab) > 2  # pages are counted


def pages_on_paper(tab):
    """The number of A4 pages that the page needs on paper."""
    pdf = tab.pdf(format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "1.2cm"))
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@with_browser
def test_the_copy_button_takes_code_without_prompts_and_without_what_it_prints():
    def copied(tab, name, part):
        tab.goto((HTML / name).as_uri())
        tab.wait_for_selector(".copybtn", state="attached")
        return tab.evaluate(
            """(part) => {
                document.execCommand = () => { window.copied = document.activeElement.value; return true; };
                const buttons = [...document.querySelectorAll(".copybtn")];
                buttons.find((button) => button.previousElementSibling.textContent.includes(part)).click();
                return window.copied;
            }""",
            part,
        )

    with chromium() as browser:
        tab = browser.new_page()
        python = copied(tab, "index.html", ">>> ")
        console = copied(tab, "command-line.html", "$ minigan")
        tab.goto((HTML / "learn/1-dense.html").as_uri())
        tab.wait_for_selector(".copybtn", state="attached")
        on_outputs = tab.evaluate("document.querySelectorAll('.cell_output .copybtn').length")
    compile(python, "index", "exec")
    assert python.startswith("import minigan as mg\n")
    assert all(line.startswith("minigan ") for line in console.strip().splitlines())
    assert on_outputs == 0
