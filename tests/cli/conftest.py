"""What the tests of the command line share: the command, in this process or its own, and a tiny data set."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.command import Outcome, minigan, plain_surroundings

#: What decides the last digits is the same in all processes.
KEPT = ("MINIGAN_FUSE", "MINIGAN_KERNELS")

#: What the first process on a machine says besides.
COMPILING = "Compiling the fast kernels for this machine, once ...\n"

SIZES = ["--image-size", "8", "--latent-size", "5", "--generator-filters", "4,4", "--discriminator-filters", "4,4,4"]


@pytest.fixture(scope="session")
def start() -> Callable[..., subprocess.Popen]:
    """Start a command line in a process of its own, as a user does."""

    def start(*arguments: object, **options: object) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "minigan", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if name in KEPT or not name.startswith("MINIGAN_")},
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
    return folder, Outcome(process.returncode, out, err.replace(COMPILING, ""))
