"""Every path that the pages for developers name exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "CONTRIBUTING.md", "docs/README.md", "docs/index.md", "docs/architecture.md", "docs/glossary.md"]

#: Files that are made, and those of a thing that is still to be written.
MADE = ("docs/_build/", "docs/images/loss-x.svg")


@pytest.mark.parametrize("page", PAGES)
def test_every_path_on_the_page_exists(page: str):
    text = (ROOT / page).read_text(encoding="utf-8")
    paths = re.findall(r"(?:(?<=[`( ])|^)((?:minigan|tests|docs|benchmarks|\.ci)/[\w./-]*)", text)
    named = {path for path in paths if not path.startswith(MADE) and not re.search(r"(?:^|[/_])x\.\w+$", path)}
    assert named or page in ("docs/index.md", "docs/glossary.md")
    assert not [path for path in sorted(named) if not (ROOT / path).exists()]
