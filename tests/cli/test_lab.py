"""``minigan lab``: its processes, from the address to the end."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Iterator

import pytest

pytest.importorskip("uvicorn", reason="the packages of minigan[lab] are missing")

from minigan.lab.server import open_browser
from minigan.lab.server.run import listen
from minigan.lab.server.tokens import kept_token
from minigan.runs import TrainConfig, train_run
from minigan.training.events import ignore
from tests.cli.test_signals import handle_all_as_usual
from tests.lab.server.client import Place

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals to send")


@pytest.fixture(autouse=True)
def runtime(tmp_path, monkeypatch):
    """A folder of its own for the tokens."""
    folder = tmp_path / "runtime"
    folder.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder / "minigan"


class Lab:
    """A process of the lab.

    Attributes
    ----------
    place : Place
        Its address.
    """

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process
        lines = process.stdout.readline() + process.stdout.readline()
        found = re.fullmatch(r"The lab is at  http://127\.0\.0\.1:(\d+)/\?token=(\S+)\nCtrl-C ends the lab\.\n", lines)
        assert found, (lines, process.communicate())
        self.place = Place(int(found[1]), found[2])

    def end(self, number: int) -> tuple[int, str, str]:
        """Send a signal; returns the exit status and what it printed after its first lines."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@pytest.fixture
def begin(start) -> Iterator:
    """Start a lab, with more arguments, and return it when it has printed its address."""
    processes = []

    def begin(*arguments: object) -> Lab:
        processes.append(start("lab", "--no-browser", *arguments, preexec_fn=handle_all_as_usual))
        return Lab(processes[-1])

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


@posix
@pytest.mark.parametrize(("number", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_the_lab_while_it_plays_with_open_pages_and_leaves_nothing(begin, runtime, number, status):
    lab = begin("--port", 0)
    with lab.place.page() as first, lab.place.page():
        first.do("play")
        first.wait_for(lambda state: state["step"] > 3)
        assert [path.name for path in runtime.iterdir()] == [f"lab-{lab.place.port}.json"]
        assert lab.end(getattr(signal, number)) == (status, "", "")
        assert first.closed().code == 1012
    assert list(runtime.iterdir()) == []


@posix
def test_after_a_kill_the_next_lab_at_the_same_port_lets_the_open_pages_in_again(begin, runtime):
    lab = begin("--port", 0)
    with lab.place.page() as page:
        before = page.view("state")["session"]
    lab.end(signal.SIGKILL)
    file = runtime / f"lab-{lab.place.port}.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert runtime.stat().st_mode & 0o777 == 0o700
    assert json.loads(file.read_text())["process"] == lab.process.pid
    again = begin("--port", lab.place.port)
    assert again.place == lab.place
    with again.place.page() as page:
        assert page.view("state")["session"] != before
        assert json.loads(file.read_text())["process"] == again.process.pid


def test_a_port_in_use_is_one_clear_error(minigan):
    with listen(0) as other:
        port = other.getsockname()[1]
        status, out, err = minigan("lab", "--no-browser", "--port", port)
    assert (status, out) == (2, "")
    assert err == f"minigan: --port {port}: another program uses it, perhaps another lab; --port 0 takes a free one\n"


@posix
def test_a_run_can_be_looked_into(begin, tmp_path):
    config = TrainConfig(data="ring", model="mlp2d", batch_size=8, steps=3)
    train_run(config, tmp_path / "run", ignore)
    with begin("--port", 0, "--run", tmp_path / "run").place.page() as page:
        assert page.view("state")["run"] == {"path": str(tmp_path / "run"), "step": 3}
        page.do("round")
        assert page.view("state")["step"] == 4


def test_what_is_no_run_is_one_clear_error(minigan, tmp_path):
    status, out, err = minigan("lab", "--no-browser", "--run", tmp_path)
    assert (status, out) == (2, "")
    assert err == f"minigan: expected the folder of a run, or a checkpoint in it, got {tmp_path}\n"


@pytest.mark.parametrize("port", [-1, 70_000, "x"])
def test_a_number_that_is_no_port_is_refused(minigan, port):
    status, _, err = minigan("lab", "--no-browser", "--port", port)
    assert status == 2
    assert "--port" in err


def test_missing_packages_are_named_with_what_installs_them():
    code = "import sys; sys.modules['uvicorn'] = None; from minigan.cli import main; sys.argv[1:] = ['lab']; main()"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.returncode == 2
    assert answer.stderr == (
        "minigan: minigan lab needs the package uvicorn, which is not installed: pip install 'minigan[lab]'\n"
    )


def test_a_token_is_new_after_a_normal_end(runtime):
    with kept_token(1) as first:
        pass
    with kept_token(1) as second, kept_token(2) as third:
        assert len({first, second, third}) == 3
    assert list(runtime.iterdir()) == []


@posix
@pytest.mark.parametrize(
    ("content", "mode"),
    [("{}", 0o600), ("x", 0o600), ("[]", 0o600), ('{"token": "short"}', 0o600), ('{"token": 1}', 0o600), (None, 0o644)],
)
def test_a_file_that_is_damaged_or_open_to_others_gives_no_token(runtime, content, mode):
    token = "t" * 32
    runtime.mkdir()
    file = runtime / "lab-1.json"
    file.write_text(json.dumps({"token": token}) if content is None else content)
    file.chmod(mode)
    with kept_token(1) as found:
        assert found not in (token, "short", 1)
        assert json.loads(file.read_text())["token"] == found
        assert file.stat().st_mode & 0o777 == 0o600


@posix
def test_a_folder_that_cannot_be_written_only_costs_the_file(runtime, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "file"))
    with kept_token(1) as first, kept_token(1) as second:
        assert first != second


def test_without_a_runtime_folder_the_token_is_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path / "cache"))
    with kept_token(1):
        assert (tmp_path / "cache" / "lab-1.json").exists()


class Browser:
    """A browser that only keeps the address."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def open(self, address: str) -> None:
        self.address = address
        self.opened.set()


def test_the_browser_opens_the_address(monkeypatch):
    browser = Browser()
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "get", lambda: browser)
    assert open_browser("http://127.0.0.1:1/")
    assert browser.opened.wait(10)
    assert browser.address == "http://127.0.0.1:1/"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux runs without a screen")
def test_without_a_screen_no_browser_is_started(monkeypatch):
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert not open_browser("http://127.0.0.1:1/")


def test_without_any_browser_there_is_none_to_open(monkeypatch):
    def none() -> None:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "get", none)
    assert not open_browser("http://127.0.0.1:1/")
