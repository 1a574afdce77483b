"""What the tests of interchange share: the command in this process, a finished run, and files from elsewhere."""

from pathlib import Path

import numpy as np
import pytest

from minigan.runs import TrainConfig
from minigan.runs.start import train_run
from tests.command import minigan, plain_surroundings
from tests.interchange.small_networks import GOLDEN, everything_below


@pytest.fixture(scope="session")
def golden() -> dict[str, np.ndarray]:
    """What Keras and PyTorch computed."""
    with np.load(GOLDEN / "golden.npz") as file:
        return dict(file)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """The folder of a run of two steps that keeps an average."""
    folder = tmp_path_factory.mktemp("runs")
    np.save(folder / "tiny.npy", np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8))
    config = TrainConfig(
        data=str(folder / "tiny.npy"),
        image_size=8,
        latent_size=5,
        generator_filters=(4, 4),
        discriminator_filters=(4, 4, 4),
        batch_size=8,
        steps=2,
        average=0.5,
        seed=3,
        threads=1,
    )
    train_run(config, folder / "run")
    return folder / "run"


@pytest.fixture
def refuses(minigan, tmp_path):
    """A command line that must be refused with status 2, in one line that holds all the parts, and write nothing."""

    def refuse(arguments, *parts: str) -> str:
        before = everything_below(tmp_path)
        outcome = minigan(*arguments)
        assert (outcome.status, outcome.out) == (2, ""), outcome
        assert outcome.err.startswith("minigan: ")
        assert outcome.err.count("\n") == 1
        for part in parts:
            assert part in outcome.err
        assert everything_below(tmp_path) == before
        return outcome.err

    return refuse
