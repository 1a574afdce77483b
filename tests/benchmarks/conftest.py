"""What the tests of the benchmarks share: the command line, and competitors that are there everywhere."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from benchmarks import competitors
from benchmarks.__main__ import app
from benchmarks.competitors import Competitor
from minigan import backend

#: A module of `peers`: what it prints must not be taken for an answer.
FAKE = """
print("hello from the library")

def make(problem, job):
    if job["variant"] == "broken":
        raise RuntimeError("no luck today")

    def step(real, noise):
        print("a step of", len(real))
        return LOSSES

    return step
"""


class Outcome(NamedTuple):
    """What came of a command line."""

    status: int
    out: str

    @property
    def words(self) -> str:
        """What was printed, in one line and without frames."""
        return " ".join(self.out.replace("│", " ").split())


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch, tmp_path):
    """An empty folder, no colours, no rests, and the threads of this process as they were."""
    monkeypatch.setattr("benchmarks.kernels.measure.REST", 0)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    for name in ("MINIGAN_FUSE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    before = backend.threads()
    yield
    backend.threads(before)


@pytest.fixture
def run() -> Callable[..., Outcome]:
    """Run a command line of the benchmarks in this process."""

    def run(*arguments: object) -> Outcome:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.output)

    return run


@pytest.fixture
def fake(monkeypatch, tmp_path) -> Callable[..., Competitor]:
    """Add a peer that returns the same losses at every step."""

    def add(losses: tuple[float, float] = (1.0, 2.0), variant: str = "", package: str = "numpy") -> Competitor:
        (tmp_path / "fake_step.py").write_text(FAKE.replace("LOSSES", repr(losses)))
        peer = Competitor("fake", "A fake", "fake_step", variant, (package,), (("PYTHONPATH", str(tmp_path)),))
        monkeypatch.setitem(competitors.PEERS, "fake", peer)
        monkeypatch.setattr(competitors, "FAMILIES", (*competitors.FAMILIES, "fake"))
        return peer

    return add


@pytest.fixture
def this_python() -> Path:
    """The interpreter of the tests."""
    return Path(sys.executable)


@pytest.fixture
def read() -> Callable[[Path], dict[str, Any]]:
    """Read a file of figures."""
    return lambda path: json.loads(path.read_text())
