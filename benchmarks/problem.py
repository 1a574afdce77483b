"""The input of every competitor: minigan's initial weights, real images and noise."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from minigan.io.atomic_write import save_arrays
from minigan.models import build

__all__ = ["problem", "save_problem"]

#: Number of different batches, which are repeated.
BATCHES = 4


def save_problem(path: Path, batch: int, seed: int = 0, **model: Any) -> None:
    """Write the weights of a new dcgan28 and some batches of images and noise to an .npz file.

    The weights have their dotted names, ``generator.conv2d.kernel``; `real` is (4, batch, H, W, C) and `noise`
    (4, batch, latent_size). The images are random numbers, since the time of a step does not depend on their content.

    Parameters
    ----------
    path : path
    batch : int
        Images in a batch.
    seed : int
    **model
        Options of `minigan.models.dcgan28`.
    """
    gan = build("dcgan28", seed=seed, **model)
    arrays = {
        f"{network.name}.{name}": array
        for network in (gan.generator, gan.discriminator)
        for name, array in network.state_dict().items()
    }
    rng = np.random.default_rng(seed)
    shapes = {"real": gan.image_shape, "noise": (gan.latent_size,)}
    for name, shape in shapes.items():
        arrays[name] = rng.uniform(-1, 1, (BATCHES, batch, *shape)).astype(np.float32)
    save_arrays(path, arrays)


@contextmanager
def problem(batch: int, **model: Any) -> Iterator[Path]:
    """A temporary file with a problem by `save_problem`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        save_problem(path, batch, **model)
        yield path
