"""The pictures of the lab: ``python -m docs.figures.lab``, with the extras [lab] and [browser] and a Chromium."""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from minigan.io.atomic_write import write_pieces

IMAGES = Path(__file__).parents[1] / "images"

CHROMIUM = "/usr/bin/chromium"


@contextmanager
def lab() -> Iterator[str]:
    """The address of a lab that runs."""
    command = [sys.executable, "-m", "minigan", "lab", "--no-browser", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield re.findall(r"http\S+", process.stdout.readline())[0]
    finally:
        process.terminate()
        process.communicate()


def play(page: Page) -> None:
    """Some rounds on the trained ring, with the gradients of the generated points."""
    page.locator("[data-control=layer-arrows]").check()
    for _ in range(20):
        page.locator("[data-control=round]").click()
    page.get_by_text("Round 20").wait_for()


def inside(page: Page) -> None:
    """The sum of one gradient of D's first layer."""
    page.get_by_role("tab", name="Inside a layer").click()
    page.locator("[data-control=look-layer]").click()
    grid = page.locator("[data-control=array-dkernel]")
    grid.scroll_into_view_if_needed()
    grid.click(position={"x": 20, "y": 20})
    page.get_by_text("Move it by").first.wait_for()


def save(page: Page, name: str) -> None:
    """The page as a picture of WebP."""
    page.wait_for_timeout(1500)
    file = io.BytesIO()
    options: dict[str, Any] = {"quality": 82, "method": 6}
    Image.open(io.BytesIO(page.screenshot())).save(file, "WEBP", **options)
    write_pieces(IMAGES / name, [file.getvalue()])


def main() -> None:
    """Write both pictures."""
    with lab() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(address)
        page.wait_for_selector('[data-status="connected"]')
        play(page)
        save(page, "lab-play.webp")
        inside(page)
        save(page, "lab-inside.webp")
        browser.close()


if __name__ == "__main__":
    main()
