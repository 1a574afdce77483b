"""Messages that the page on troubleshooting explains are those that minigan prints."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "start" / "troubleshooting.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^### `(.+)`$", PAGE, re.MULTILINE)

#: Messages of other programs.
FOREIGN = {
    "externally-managed-environment",
    "No module named 'minigan'",
    "ensurepip is not available",
    "Cannot find command 'git'",
}


def literals() -> Iterator[str]:
    """The texts in the code of the package."""
    for path in ROOT.glob("minigan/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


SHOWN = "\n".join([*re.findall(r"^```(?:python|console)$(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL), *literals()])


def test_the_page_explains_at_least_twenty_messages():
    assert len(HEADINGS) >= 20


@pytest.mark.parametrize("heading", [heading for heading in HEADINGS if heading not in FOREIGN])
def test_the_message_in_the_heading_is_one_of_minigan(heading: str):
    parts = heading.removeprefix("note: ").split(": ")
    assert not [part for part in parts if part not in SHOWN]
