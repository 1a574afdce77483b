"""Chromium without a window, driven by Playwright: the one that is installed on this machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")

#: No host but this machine: nothing can be fetched.
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")


def missing() -> str | None:
    """Why there is no browser; None if there is one."""
    if find_spec("playwright") is None:
        return "Playwright is not installed: pip install -e '.[browser]'"
    return None if any(map(shutil.which, BROWSERS)) else "no Chromium on this machine"


no_browser = missing()
with_browser = pytest.mark.skipif(no_browser is not None, reason=no_browser or "")


@contextmanager
def chromium() -> "Iterator[Browser]":
    """Start Chromium, and end it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, BROWSERS)))
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
