"""What the tests of the command line share: the command, in this process or its own, and a tiny data set."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from minigan import backend, cli

SIZES = ["--image-size", "8", "--latent-size", "5", "--generator-filters", "4,4", "--discriminator-filters", "4,4,4"]


class Outcome(NamedTuple):
    """What came of a command line."""

    status: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch, tmp_path):
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


@pytest.fixture(scope="session")
def start() -> Callable[..., subprocess.Popen]:
    """Start a command line in a process of its own, as a user does."""

    def start(*arguments: object, **options: object) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "minigan", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("MINIGAN_")},
            **options,
        )

    return start


@pytest.fixture(scope="session")
def images_file(tmp_path_factory) -> Path:
    """Forty images of 8x8."""
    path = tmp_path_factory.mktemp("data") / "tiny.npy"
    np.save(path, np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8))
    return path


@pytest.fixture(scope="session")
def tiny(images_file) -> list[object]:
    """The flags of a tiny run: five steps an epoch."""
    return ["--data", images_file, *SIZES, "--batch-size", 8, "--threads", 1]


@pytest.fixture(scope="session")
def finished(start, tiny, tmp_path_factory) -> tuple[Path, Outcome]:
    """A run of seven steps by a process of its own: its folder, and what it printed."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    process = start("train", *tiny, "--steps", 7, "--seed", 3, "--out", folder)
    out, err = process.communicate(timeout=120)
    return folder, Outcome(process.returncode, out, err)
