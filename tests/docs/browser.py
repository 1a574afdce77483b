"""Chromium without a window, over the WebDriver protocol: no package is needed but the browser and its chromedriver."""

import base64
import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")

#: No window, and no host but those that are numbers: nothing can be fetched.
ARGUMENTS = (
    "headless=new",
    "no-sandbox",
    "disable-gpu",
    "disable-dev-shm-usage",
    "no-first-run",
    "host-resolver-rules=MAP * ~NOTFOUND",
    "window-size=1280,1000",
)


def missing() -> str | None:
    """Why there is no browser; None if there is one."""
    if not any(map(shutil.which, BROWSERS)):
        return "no Chromium on this machine"
    return None if shutil.which("chromedriver") else "no chromedriver on this machine"


class Browser:
    """A running Chromium."""

    def __init__(self, address: str) -> None:
        self.address = address
        options: dict[str, Any] = {
            "binary": next(filter(None, map(shutil.which, BROWSERS))),
            "args": [f"--{argument}" for argument in ARGUMENTS],
        }
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"performance": "ALL"}}
        session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        self.session = f"/session/{session}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One command."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.address + path, data, {"Content-Type": "application/json"}, method=method)
        with urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def open(self, path: Path, query: str = "") -> None:
        """Open a file as a page, and wait until it is loaded."""
        self.call("POST", self.session + "/url", {"url": path.as_uri() + query})

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of a script's ``return``."""
        return self.call("POST", self.session + "/execute/sync", {"script": script, "args": list(arguments)})

    def requests(self) -> list[str]:
        """The addresses asked for since the last call."""
        entries = self.call("POST", self.session + "/se/log", {"type": "performance"})
        events = [json.loads(entry["message"])["message"] for entry in entries]
        return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]

    def be_a_phone(self, width: int) -> None:
        """Show pages as a phone of this width does."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        command = {"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics}
        self.call("POST", self.session + "/goog/cdp/execute", command)

    def show_as_paper(self, width: int) -> None:
        """Show pages with the styles of paper, this wide."""
        self.be_a_phone(width)
        command = {"cmd": "Emulation.setEmulatedMedia", "params": {"media": "print"}}
        self.call("POST", self.session + "/goog/cdp/execute", command)

    def show_as_screen(self) -> None:
        """Show pages with the styles of the screen again."""
        command = {"cmd": "Emulation.setEmulatedMedia", "params": {"media": ""}}
        self.call("POST", self.session + "/goog/cdp/execute", command)

    def print_pages(self) -> int:
        """The number of A4 pages that the page needs on paper."""
        margin = dict.fromkeys(("top", "bottom", "left", "right"), 1.2)
        paper = {"page": {"width": 21.0, "height": 29.7}, "margin": margin}
        pdf = base64.b64decode(self.call("POST", self.session + "/print", paper))
        return len(re.findall(rb"/Type\s*/Page\b", pdf))

    def wait(self, script: str, seconds: float = 10) -> Any:
        """The value of a script, as soon as it is true; its last value when time is over."""
        end = time.monotonic() + seconds
        while not (value := self.run(script)) and time.monotonic() < end:
            time.sleep(0.1)
        return value


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium, and end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                urlopen(address + "/status", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        browser = Browser(address)
        try:
            yield browser
        finally:
            browser.call("DELETE", browser.session)
    finally:
        driver.terminate()
        driver.wait()
