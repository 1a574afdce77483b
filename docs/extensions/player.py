"""The page of the lab in one file, with a recording in the place of the server: it needs no Python and no network.

The modules of the page name each other by an import map, as they do in the lab. Here each name stands for an address
that holds the module itself.
"""

import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from minigan.io.atomic_write import write_text

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "minigan" / "lab" / "page"
RECORDING = ROOT / "docs" / "_static" / "lab-recording.bin"

#: The name of the file in the built site.
PLAYER = "_static/lab-player.html"

START = """\
import { start } from "lab/main.js";
import { Recorded } from "lab/recorded.js";
start(await Recorded.open(document.getElementById("recording").textContent));
"""


def module_addresses() -> dict[str, str]:
    """The name of each module of the page, and an address that holds it."""
    modules = {f"lab/{path.relative_to(PAGE / 'js').as_posix()}": path for path in (PAGE / "js").rglob("*.js")}
    modules |= {f"vendor/{path.name}": path for path in (PAGE / "vendor").glob("*.js")}
    return {name: f"data:text/javascript;base64,{encoded(path)}" for name, path in sorted(modules.items())}


def encoded(path: Path) -> str:
    """The content of a file in base64."""
    return b64encode(path.read_bytes()).decode("ascii")


def player() -> str:
    """The whole page."""
    page = (PAGE / "index.html").read_text(encoding="utf-8")
    page = re.sub(r'<link rel="stylesheet" href="/page/([^"]+)">', lambda link: style(link[1]), page)
    page = re.sub(r'(<script type="importmap">).*?(?=</script>)', lambda tag: tag[1] + import_map(), page, flags=re.S)
    page = re.sub(r'(<script type="module">).*?(?=</script>)', lambda tag: tag[1] + START, page, flags=re.S)
    recording = f'<script type="text/plain" id="recording">{encoded(RECORDING)}</script>\n</body>'
    return page.replace("</body>", recording).replace(
        "<title>minigan lab</title>", "<title>minigan lab, recorded</title>"
    )


def style(name: str) -> str:
    """A style sheet of the page, as an element."""
    return f"<style>\n{(PAGE / name).read_text(encoding='utf-8')}</style>"


def import_map() -> str:
    return json.dumps({"imports": module_addresses()})


def write_player(app: Sphinx, error: Exception | None) -> None:
    """Write the page into the site."""
    if error is None and app.builder.format == "html":
        write_text(Path(app.outdir) / PLAYER, player())


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", write_player)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
