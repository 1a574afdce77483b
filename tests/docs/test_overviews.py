"""The pages that list the lessons and the how-to guides list all of them, with their titles and minutes."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("folder", ["learn", "howto"])
def test_every_page_is_in_the_table_with_its_title_and_minutes(folder: str):
    table = (DOCS / folder / "index.md").read_text(encoding="utf-8")
    pages = [path for path in sorted((DOCS / folder).glob("*.md")) if path.name != "index.md"]
    assert pages
    for page in pages:
        text = page.read_text(encoding="utf-8")
        title = re.search(r"^# (.+)$", text, re.MULTILINE)
        minutes = re.search(r"^ +minutes: (\d+)", text, re.MULTILINE)
        assert title, page
        assert minutes, page
        (row,) = (line for line in table.splitlines() if line.startswith("|") and f"]({page.name})" in line)
        assert f"[{title[1]}]({page.name})" in row
        assert f"| {minutes[1]} |" in row
