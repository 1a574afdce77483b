"""The input of every competitor: a model's networks and training, minigan's initial weights, real images and noise."""

import json
import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.description import described
from benchmarks.game import game_of
from minigan.io.atomic_write import save_arrays
from minigan.models import build

__all__ = ["problem", "save_problem"]

#: Number of different inputs of a round, which are repeated.
ROUNDS = 4


def save_problem(
    path: Path, batch: int, seed: int = 0, name: str = "dcgan28", lively: bool = False, **options: Any
) -> None:
    """Write a new model's weights and some batches of images and noise to an .npz file.

    =========================  =========================================================================================
    `model`                    its name
    `layers`                   both networks as JSON: ``{"generator": [{"kind": "dense", ...}, ...], ...}``
    `game`                     the fields of `benchmarks.game.Game` as JSON
    `generator.dense.kernel`   a weight, by its dotted name
    `real`                     (4, d_steps * batch, ...) images or points
    `noise`                    (4, d_steps * batch, latent_size)
    `mix`                      (4, d_steps * batch), for each pair of a real and a generated image how much of the real
                               one is in the point where a penalty is taken; only for models with a penalty
    =========================  =========================================================================================

    The images are random numbers, since the time of a step does not depend on their content.

    Parameters
    ----------
    path : path
    batch : int
        Images in a batch.
    seed : int
    name : str
        Of the model.
    lively : bool
        Enlarge D's kernels where they are small, so that its outputs depend on its inputs: those of the 2014 paper's
        models begin so small that every loss is that of a logit of 0, whatever a peer computes.
    **options
        Of the model.
    """
    gan, game = build(name, seed=seed, **options), game_of(name)
    networks = {"generator": gan.generator, "discriminator": gan.discriminator.logits}
    arrays = {
        f"{network.name}.{key}": array
        for network in (gan.generator, gan.discriminator)
        for key, array in network.state_dict().items()
    }
    if lively:
        kernels = [key for key in arrays if key.startswith("discriminator.") and key.endswith(".kernel")]
        arrays |= {key: enlarged(arrays[key]) for key in kernels}
    arrays["model"] = np.array(name)
    arrays["layers"] = np.array(json.dumps({part: described(network) for part, network in networks.items()}))
    arrays["game"] = np.array(json.dumps(game._asdict()))
    rng = np.random.default_rng(seed)
    inputs = {"real": (gan.image_shape, gan.output_range or (-1, 1)), "noise": ((gan.latent_size,), (-1, 1))}
    if game.penalty_weight:
        inputs["mix"] = ((), (0, 1))
    for part, (shape, bounds) in inputs.items():
        arrays[part] = rng.uniform(*bounds, (ROUNDS, game.d_steps * batch, *shape)).astype(np.float32)
    save_arrays(path, arrays)


def enlarged(kernel: np.ndarray) -> np.ndarray:
    """The kernel, at least so large that outputs are about as large as inputs."""
    inputs = kernel.shape[0] if kernel.ndim == 3 else math.prod(kernel.shape[:-1])  # 3: of maxout units
    return kernel * kernel.dtype.type(max(1.0, inputs**-0.5 / kernel.std()))


@contextmanager
def problem(batch: int, **model: Any) -> Iterator[Path]:
    """A temporary file with a problem by `save_problem`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        save_problem(path, batch, **model)
        yield path
