"""The lab as a person meets it: the command in a process of its own, its page in Chromium."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser import chromium, no_browser

ROOT = Path(__file__).parents[3]


def pytest_collection_modifyitems(items):
    """Everything here needs a browser, and is too long for the suite of all tests."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)
            if no_browser is not None:
                item.add_marker(pytest.mark.skip(reason=no_browser))


class Server:
    """A lab that runs.

    Attributes
    ----------
    process : subprocess.Popen
    address : str
        Of its page, with the token.
    """

    def __init__(self, folder: Path, *arguments: str) -> None:
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "minigan", "lab", "--no-browser", *arguments]
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()  # the first one has the address
        found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", line)
        assert found is not None, line + self.process.communicate()[0]
        self.address = found[0]

    @property
    def port(self) -> int:
        port = urlsplit(self.address).port
        assert port is not None
        return port

    def kill(self) -> None:
        """End it as kill -9 does."""
        self.process.kill()
        self.process.communicate()

    def end(self) -> None:
        """End it as Ctrl-C does."""
        self.process.terminate()
        self.process.communicate(timeout=10)


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Server]:
    """A lab on a free port, or with other arguments, that ends with the block."""
    server = Server(folder, *(arguments or ("--port", "0")))
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.end()


@pytest.fixture(scope="module")
def browser():
    """One for each file: the tests of other folders, in the same process, start their own."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One lab for all tests of a file."""
    with running(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def open_tab(browser):
    """Open a page of a lab; at the end no page has shown an error or asked another host."""
    contexts, wrong = [], []

    def open_(server: Server, *, expected: str = "", width: int = 1280, hash: str = "", **options):
        """`expected` is a part of the errors that are right, such as those of a lost connection."""
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        tab = context.new_page()
        host = urlsplit(server.address).netloc

        def heard(text: str) -> None:
            if not expected or expected not in text:
                wrong.append(text)

        def asked(request) -> None:
            parts = urlsplit(request.url)
            if parts.netloc != host and parts.scheme not in ("data", "blob"):
                wrong.append(f"asked {request.url}")

        tab.on("console", lambda message: heard(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: heard(str(error)))
        tab.on("request", asked)
        tab.goto(server.address + hash)
        tab.wait_for_selector('[data-status="connected"]')
        return tab

    yield open_
    for context in contexts:
        context.close()
    assert not wrong


@pytest.fixture
def tab(open_tab, server):
    """A page of the lab of this file."""
    return open_tab(server)
