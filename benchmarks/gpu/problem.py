"""The input of every competitor: the networks as lists of layers, minigan's initial weights, images and noise."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from minigan import layers
from minigan.io.atomic_write import save_arrays
from minigan.layers import Layer
from minigan.model.sequential import Sequential
from minigan.models import build

__all__ = ["CHECKED", "CHECKED_BATCH", "described", "save_problem"]

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


def described(network: Sequential) -> list[dict[str, Any]]:
    """A network's layers, each a kind with its options; an activation inside a layer is a separate entry."""
    return [entry for layer in network for entry in entries(layer)]


def entries(layer: Layer) -> Iterator[dict[str, Any]]:
    """The entries of one layer and its activation."""
    match layer:
        case layers.Dense():
            yield {"kind": "dense"}
        case layers.Conv2D():
            image = layer.input_shape[:2]
            yield {"kind": "convolution", "strides": layer.windows.strides, "pads": layer.pads, "image": image}
        case layers.Conv2DTranspose():
            image = layer.output_shape[:2]
            yield {"kind": "transposed", "strides": layer.windows.strides, "pads": layer.pads, "image": image}
        case layers.UpSampling2D():
            yield {"kind": "upsampling", "size": layer.size}
        case layers.ZeroPadding2D():
            yield {"kind": "padding", "pads": layer.padding}
        case layers.BatchNorm():
            yield {"kind": "normalization", "momentum": layer.momentum, "epsilon": layer.epsilon}
        case layers.Reshape():
            yield {"kind": "reshape", "shape": layer.output_shape}
        case layers.Flatten():
            yield {"kind": "flatten", "shape": layer.input_shape}
        case layers.Dropout():
            yield {"kind": "dropout", "rate": layer.rate}
        case layers.LeakyReLU():
            yield {"kind": "leaky_relu", "slope": layer.negative_slope}
        case layers.ReLU():
            yield {"kind": "leaky_relu", "slope": layer.negative_slope}
        case layers.Tanh():
            yield {"kind": "tanh"}
        case _:
            raise TypeError(f"the peers have no {type(layer).__name__}")
    activation = getattr(layer, "activation", None)
    if activation is not None and not isinstance(activation, layers.Identity):
        yield from entries(activation)
