"""What the tests do on the page, in the words of a person."""

import base64
import json
import zlib
from typing import Any

from playwright.sync_api import Locator, Page, expect

PARTS = ("Play", "One step", "Inside a layer", "Workbench", "Tours")


def control(tab: Page, name: str) -> Locator:
    """A control by its name."""
    return tab.locator(f'[data-control="{name}"]').first


def expect_round(tab: Page, number: int, seconds: float = 10) -> None:
    """Wait until this many rounds are shown."""
    expect(tab.locator("output.counter")).to_have_text(f"Round {number:,}", timeout=1000 * seconds)


def open_part(tab: Page, name: str) -> None:
    """Open a part by its tab."""
    tab.get_by_role("tab", name=name).click()
    expect(tab.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


def link(setup: dict[str, Any]) -> str:
    """The end of an address that restores a set-up."""
    packer = zlib.compressobj(wbits=-15)
    data = packer.compress(json.dumps(setup).encode()) + packer.flush()
    return "#setup=" + base64.urlsafe_b64encode(data).decode().rstrip("=")


def legend(tab: Page, title: str) -> Locator:
    """The newest numbers of a chart."""
    return tab.get_by_role("region", name=title, exact=True).locator(".legend output")


def notice(tab: Page, text: str) -> Locator:
    """A notice with this text in it."""
    return tab.get_by_role("region", name="Notices").locator(".notice", has_text=text)
