"""A command line in this process, and what came of it: fixtures for the folders that need them."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from minigan import backend, cli


class Outcome(NamedTuple):
    """What came of a command line."""

    status: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch, tmp_path):
    """An empty folder, a wide terminal without colours, and no setting of this machine's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    for name in ("MINIGAN_BACKEND", "MINIGAN_THREADS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(backend, "_active", backend._active)


@pytest.fixture
def minigan(capsys) -> Callable[..., Outcome]:
    """Run a command line in this process."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        status = cli.run([str(argument) for argument in arguments])
        return Outcome(status, *capsys.readouterr())

    return run
