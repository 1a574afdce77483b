"""Write golden/: small networks as Keras and PyTorch save them, and what they make of some inputs.

Run it as ``python tests/interchange/make_golden.py``, in an environment with keras, torch and h5py. It imports nothing
of minigan: it is an independent witness. The same networks in minigan are in ``small_networks.py``.

Written with keras 3.15.1 on torch 2.13.0, h5py 3.14.0, numpy 2.4.6.
"""

import json
import os
import struct
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import h5py
import keras
import numpy as np
import torch
from keras import layers
from torch import nn

GOLDEN = Path(__file__).parent / "golden"

#: Inputs of each network.
SHAPES = {"generator": (3, 6), "discriminator": (3, 9, 9, 2)}


def keras_networks():
    """Layers of every kind that has weights, and of the kinds between them."""
    generator = [
        keras.Input((6,)),
        layers.Dense(2 * 3 * 4, activation="relu"),
        layers.BatchNormalization(momentum=0.8),
        layers.Reshape((2, 3, 4)),
        layers.UpSampling2D(2),
        layers.Conv2D(5, 3, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
        layers.BatchNormalization(momentum=0.8),
        layers.Conv2DTranspose(3, 4, strides=2, padding="same", use_bias=False),
        layers.Activation("relu"),
        layers.Conv2DTranspose(2, 3, strides=2, padding="same", activation="tanh"),
    ]
    discriminator = [
        keras.Input((9, 9, 2)),
        layers.Conv2D(4, 3, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Dropout(0.25),
        layers.ZeroPadding2D(((0, 1), (0, 1))),
        layers.Conv2D(6, (3, 2), strides=(2, 1)),
        layers.BatchNormalization(momentum=0.8),
        layers.ELU(),
        layers.Flatten(),
        layers.Dropout(0.25),
        layers.Dense(8, activation="softplus"),
        layers.LayerNormalization(),
        layers.Dense(1, activation="sigmoid"),
    ]
    return {"generator": keras.Sequential(generator), "discriminator": keras.Sequential(discriminator)}


def torch_networks():
    """The same layers."""
    generator = nn.Sequential(
        nn.Linear(6, 24),
        nn.ReLU(),
        nn.BatchNorm1d(24, eps=1e-3, momentum=0.2),
        nn.Unflatten(1, (4, 2, 3)),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(4, 5, 3, padding=1),
        nn.LeakyReLU(0.2),
        nn.BatchNorm2d(5, eps=1e-3, momentum=0.2),
        nn.ConvTranspose2d(5, 3, 4, stride=2, padding=1, bias=False),
        nn.ReLU(),
        nn.ConvTranspose2d(3, 2, 3, stride=2),
        nn.ZeroPad2d((0, -1, 0, -1)),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(2, 4, 3, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.25),
        nn.ZeroPad2d((0, 1, 0, 1)),
        nn.Conv2d(4, 6, (3, 2), stride=(2, 1)),
        nn.BatchNorm2d(6, eps=1e-3, momentum=0.2),
        nn.ELU(),
        nn.Flatten(),
        nn.Dropout(0.25),
        nn.Linear(60, 8),
        nn.Softplus(),
        nn.LayerNorm(8, eps=1e-3),
        nn.Linear(8, 1),
        nn.Sigmoid(),
    )
    return {"generator": generator.eval(), "discriminator": discriminator.eval()}


def draw(rng, shape, name):
    """Weights far from where any library begins; variances above 0."""
    if "var" in name:
        return rng.uniform(0.5, 1.5, shape).astype(np.float32)
    return rng.normal(0, 0.3, shape).astype(np.float32)


def variables(file):
    """The places of all arrays in a file of Keras's."""
    names = []
    file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return names


def save_safetensors(path, arrays):
    """By hand: the length of the header, the header in JSON, the arrays. In the order of the alphabet, as usual."""
    header, content = {}, b""
    for name in sorted(arrays):
        raw = arrays[name].tobytes()
        header[name] = {
            "dtype": {"float32": "F32", "int64": "I64"}[str(arrays[name].dtype)],
            "shape": list(arrays[name].shape),
            "data_offsets": [len(content), len(content) + len(raw)],
        }
        content += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content)


def make():
    rng = np.random.default_rng(0)
    GOLDEN.mkdir(exist_ok=True)
    arrays = {}
    for name, network in keras_networks().items():
        x = rng.normal(size=SHAPES[name]).astype(np.float32)
        network.set_weights([draw(rng, weight.shape, weight.name) for weight in network.weights])
        network.save_weights(GOLDEN / f"{name}.weights.h5")
        with h5py.File(GOLDEN / f"{name}.weights.h5") as file:
            arrays |= {f"keras/{name}/{key}": file[key][...] for key in variables(file)}
        arrays[f"keras/{name}/x"] = x
        arrays[f"keras/{name}/y"] = keras.ops.convert_to_numpy(network(x, training=False))
    for name, network in torch_networks().items():
        x = rng.normal(size=SHAPES[name]).astype(np.float32)
        state = network.state_dict()
        for key, value in state.items():
            if value.dtype == torch.float32:
                value.copy_(torch.from_numpy(draw(rng, tuple(value.shape), key)))
        torch.save(state, GOLDEN / f"{name}.pt")
        save_safetensors(GOLDEN / f"{name}.safetensors", {key: value.numpy() for key, value in state.items()})
        images = torch.from_numpy(x.transpose(0, 3, 1, 2).copy() if x.ndim == 4 else x)
        with torch.no_grad():
            y = network(images).numpy()
        arrays[f"pytorch/{name}/x"] = x
        arrays[f"pytorch/{name}/y"] = y.transpose(0, 2, 3, 1) if y.ndim == 4 else y
        arrays |= {f"pytorch/{name}/{key}": value.numpy() for key, value in state.items()}
    np.savez_compressed(GOLDEN / "golden.npz", **arrays)
    for path in sorted(GOLDEN.iterdir()):
        print(f"{path.name:28} {path.stat().st_size:9,} bytes")


if __name__ == "__main__":
    make()
