"""What the tests of training share: images so small that a step takes milliseconds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigan import backend, models, plots
from minigan.data import Dataset
from minigan.runs import TrainConfig
from minigan.training import Trainer

IMAGES = 40
TINY = {"image_size": 8, "latent_size": 5, "generator_filters": (4, 4), "discriminator_filters": (4, 4, 4)}


@pytest.fixture(autouse=True)
def _same_backend(monkeypatch):
    """Leave the backend as it was, and let no setting of this machine's in."""
    monkeypatch.setattr(backend, "_active", backend._active)
    monkeypatch.delenv("MINIGAN_BACKEND", raising=False)
    monkeypatch.delenv("MINIGAN_THREADS", raising=False)


@pytest.fixture(scope="session")
def pixels() -> np.ndarray:
    """Images of 8x8 whose first pixel tells which one it is."""
    pixels = np.random.default_rng(0).integers(0, 256, (IMAGES, 8, 8), dtype=np.uint8)
    pixels[:, 0, 0] = 5 * np.arange(IMAGES)
    return pixels


@pytest.fixture
def dataset(pixels) -> Dataset:
    return Dataset(pixels, name="tiny")


@pytest.fixture
def make_trainer(dataset) -> Callable[..., Trainer]:
    """A trainer of tiny networks, by its arguments."""

    def make(**arguments) -> Trainer:
        gan = models.build("dcgan28", arguments.get("seed", 0), **TINY)
        return Trainer(gan, arguments.pop("data", dataset), **{"batch_size": 8, **arguments})

    return make


@pytest.fixture(scope="session")
def images_file(pixels, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "tiny.npy"
    np.save(path, pixels)
    return path


@pytest.fixture
def make_config(images_file) -> Callable[..., TrainConfig]:
    """The settings of a tiny run: five steps an epoch."""

    def make(**settings) -> TrainConfig:
        return TrainConfig(**{"data": str(images_file), **TINY, "batch_size": 8, "threads": 1, **settings})

    return make


@pytest.fixture
def no_curves(monkeypatch) -> None:
    """Leave the curves unpainted: they take most of a tiny run's time."""
    monkeypatch.setattr(plots, "save_losses", lambda path, *_: Path(path).touch())


@pytest.fixture
def plain_planes(monkeypatch) -> None:
    """Leave the pictures of points undrawn: each has the numbers that the drawing would show as its pixels."""

    def save(
        path: Path, real: np.ndarray, fake: np.ndarray, ground: np.ndarray, gradient: np.ndarray, *_
    ) -> Image.Image:
        numbers = b"".join(array.astype(np.float32).tobytes() for array in (fake, ground, gradient))
        picture = Image.frombytes("L", (len(numbers) // 16, 16), numbers)
        picture.save(path)
        return picture

    monkeypatch.setattr("minigan.plots.points.save_plane", save)
