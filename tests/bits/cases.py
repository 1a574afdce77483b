"""Short runs of every model, and a digest of all that each leaves: its weights, tables and samples."""

import csv
import hashlib
from contextlib import AbstractContextManager
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from PIL import Image
from threadpoolctl import threadpool_limits

from minigan import kernels, models
from minigan.runs import TrainConfig, train_run

#: Columns of metrics.csv that depend on the clock.
CLOCK = ("images_per_second", "seconds")

#: Settings of each run besides those recommended for its model. A tuple in the place of data is a shape of images.
RUNS: dict[str, dict[str, Any]] = {
    "dcgan28": {"model": "dcgan28", "data": (28, 28, 1), "average": 0.9},
    "dcgan28-batch-64": {"model": "dcgan28", "data": (28, 28, 1), "batch_size": 64, "steps": 4},
    "dcgan28-conditional": {
        "model": "dcgan28",
        "data": (28, 28, 1),
        "conditional": True,
        "generator_filters": (16, 8),
        "discriminator_filters": (8, 16),
        "loss": "least-squares",
        "label_smoothing": 0.1,
        "label_flips": 0.1,
        "g_steps": 2,
    },
    "dcgan64": {
        "model": "dcgan64",
        "data": (64, 64, 3),
        "generator_filters": (16, 16, 8, 8),
        "discriminator_filters": (8, 8, 16, 16),
        "batch_size": 8,
    },
    "dcgan64-small": {
        "model": "dcgan64-small",
        "data": (64, 64, 3),
        "generator_filters": (16, 16, 8, 8),
        "discriminator_filters": (8, 8, 16, 16),
        "batch_size": 8,
        "flip": True,
    },
    "gan2014-cifar10": {"model": "gan2014-cifar10", "data": (32, 32, 3), "batch_size": 8},
    "gan2014-cifar10-conv": {"model": "gan2014-cifar10-conv", "data": (32, 32, 3), "batch_size": 8},
    "gan2014-mnist": {"model": "gan2014-mnist", "data": (28, 28, 1), "batch_size": 16},
    "gan2014-tfd": {"model": "gan2014-tfd", "data": (48, 48, 1), "batch_size": 8},
    "mlp1d": {"model": "mlp1d", "data": "gaussian"},
    "mlp2d": {"model": "mlp2d", "data": "ring"},
    "mlp2d-dragan": {
        "model": "mlp2d",
        "data": "ring",
        "loss": "hinge",
        "penalty": "dragan",
        "d_steps": 2,
        "g_steps": 2,
        "batch_size": 64,
    },
    "wgan-gp28": {
        "model": "wgan-gp28",
        "data": (28, 28, 1),
        "generator_filters": (16, 8),
        "discriminator_filters": (8, 16),
        "batch_size": 8,
        "d_steps": 2,
    },
}

#: The papers' networks with fewer units: theirs have up to 100 million weights.
SMALLER: dict[str, dict[str, Any]] = {
    "gan2014-cifar10": {"generator_units": (64, 48), "discriminator_units": (24, 16)},
    "gan2014-cifar10-conv": {
        "generator_units": 64,
        "generator_maps": 8,
        "discriminator_filters": (4, 4, 8),
        "discriminator_units": 16,
    },
    "gan2014-mnist": {"generator_units": (96, 64), "discriminator_units": (24, 16)},
    "gan2014-tfd": {"generator_units": (64, 48), "discriminator_units": (24, 16)},
}


def settings(name: str, folder: Path, threads: int) -> TrainConfig:
    """The settings of a run, whose images are written into `folder`."""
    chosen = {"steps": 20, "backend": "numpy", "threads": threads, **RUNS[name]}
    if isinstance(chosen["data"], tuple):
        chosen["data"] = str(random_images(folder / "images.npz", chosen["data"]))
    return TrainConfig.recommended(**chosen)


def random_images(path: Path, shape: tuple[int, ...]) -> Path:
    """A file of 160 images of random, smoothly shaded blocks, with labels from 0 to 9."""
    rng = np.random.default_rng(5)
    blocks = rng.integers(0, 256, (160, shape[0] // 4, shape[1] // 4, shape[2]), dtype=np.uint8)
    images = blocks.repeat(4, axis=1).repeat(4, axis=2)
    np.savez(path, images=images, labels=np.arange(160) % 10)
    return path


def old_words() -> AbstractContextManager[object]:
    """A block with the legend of version 0.1.0 in the pictures of points, which the recorded digests include."""
    return mock.patch("minigan.plots.plane.ARROW_LABEL", "where G is told to move them")


def run_digest(name: str, folder: Path, threads: int) -> str:
    """Run and digest."""
    folder.mkdir()
    smaller = {model: partial(models.MODELS[model], **options) for model, options in SMALLER.items()}
    with old_words(), mock.patch.dict(models.MODELS, smaller):
        train_run(settings(name, folder, threads), folder / "run")
    return digest(folder / "run")


def digest(run: Path) -> str:
    """A digest of a run's weights, tables and samples, and of nothing that the clock or a compressor decides."""
    sha = hashlib.sha256()
    for path in sorted(run.glob("*.npz")):
        with np.load(path) as arrays:
            for key in sorted(arrays):
                sha.update(f"{path.name} {key} {arrays[key].dtype} {arrays[key].shape}".encode())
                sha.update(arrays[key].tobytes())
    for path in sorted(run.glob("*.csv")):
        with open(path, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                sha.update(repr([(key, value) for key, value in row.items() if key not in CLOCK]).encode())
    for path in sorted((run / "samples").iterdir()):
        sha.update(path.name.encode() + np.asarray(Image.open(path).convert("RGB")).tobytes())
    return sha.hexdigest()[:16]


@cache
def arithmetic() -> str:
    """A digest of this machine's arithmetic: other processors and libraries round products and functions elsewhere."""
    rng = np.random.default_rng(11)
    # Versions of NumPy and Numba differ in functions that are not tried below.
    with kernels.using("fast"):
        sha = hashlib.sha256(f"{'.'.join(np.__version__.split('.')[:2])} {kernels.running()}".encode())
    with threadpool_limits(1):
        for m, k, n in ((3, 5, 7), (64, 100, 6272), (784, 1152, 64), (16, 4096, 1), (2048, 27, 16), (48, 1200, 240)):
            a, b = rng.standard_normal((m, k), np.float32), rng.standard_normal((k, n), np.float32)
            sha.update((a @ b).tobytes() + (b.T @ a.T).tobytes() + (a.astype(np.float64) @ b).tobytes())
    x = rng.standard_normal(1003, np.float32)
    for function in (np.exp, np.tanh, np.log1p, np.sqrt, np.cos, np.sum, np.var):
        sha.update(function(abs(x)).tobytes())
    return sha.hexdigest()[:16]
