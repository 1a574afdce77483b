"""The input of every competitor: the networks as lists of layers, minigan's initial weights, images and noise."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.description import described
from minigan.io.atomic_write import save_arrays
from minigan.models import build

__all__ = ["CHECKED", "CHECKED_BATCH", "save_problem"]

#: Images from which batches are drawn. They are random numbers, since the time of a step does not depend on them.
IMAGES = 4096

#: The number of steps whose losses are compared, and their batch size.
CHECKED, CHECKED_BATCH = 2, 64


def save_problem(path: Path, model: str, seed: int = 0, images: int = IMAGES, **options: Any) -> None:
    """Write a model's networks and some images to an .npz file.

    =========================  ====================================================================================
    `layers`                   both networks as JSON: ``{"generator": [{"kind": "dense", ...}, ...], ...}``
    `generator.dense.kernel`   a weight, by its dotted name
    `pixels`                   (images, H, W, C) bytes, which are scaled to [-1, 1] in the step
    `real`, `noise`            (2, 64, ...) batches for the steps that are compared
    =========================  ====================================================================================
    """
    gan = build(model, seed=seed, **options)
    networks = {"generator": gan.generator, "discriminator": gan.discriminator.logits}
    rng = np.random.default_rng(seed)
    arrays = {
        f"{name}.{key}": array
        for name, network in (("generator", gan.generator), ("discriminator", gan.discriminator))
        for key, array in network.state_dict().items()
    }
    arrays["layers"] = np.array(json.dumps({name: described(network) for name, network in networks.items()}))
    arrays["pixels"] = rng.integers(0, 256, (images, *gan.image_shape), np.uint8)
    for name, shape in (("real", gan.image_shape), ("noise", (gan.latent_size,))):
        arrays[name] = rng.uniform(-1, 1, (CHECKED, CHECKED_BATCH, *shape)).astype(np.float32)
    save_arrays(path, arrays)
