"""Weights from minigan to PyTorch and Keras and back: ``python exchange.py``.

What is not installed is left out.
"""

import os
from importlib.util import find_spec

import numpy as np
from safetensors.numpy import load_file

import minigan as mg
from minigan.interchange import export_weights, import_weights, source
from minigan.layers import BatchNorm, Conv2D, Dense, LeakyReLU, Reshape, UpSampling2D


def build(seed: int) -> mg.Sequential:
    """A small generator: ten numbers in, a grey picture of 8 x 8 out."""
    layers = [
        Dense(4 * 4 * 8),
        Reshape((4, 4, 8)),
        BatchNorm(),
        LeakyReLU(0.2),
        UpSampling2D(),
        Conv2D(1, 3, padding="same", activation="tanh"),
    ]
    network = mg.Sequential(layers, name="generator")
    network.build((10,), seed=seed)
    return network


generator, noise = build(seed=1), mg.Stream(0).normal((4, 10))
images = generator.predict(noise)


def check_return(path: str) -> None:
    """A network of other weights must compute the same after it has read the file."""
    other = build(seed=2)
    import_weights(other, path)
    assert abs(other.predict(noise) - images).max() < 1e-6
    print(f"back from {path}: the images are equal")


# The file that PyTorch reads, without PyTorch

export_weights(generator, "generator.safetensors", format="pytorch-safetensors")
for name, array in sorted(load_file("generator.safetensors").items()):
    print(f"{name:21} {array.shape}")
check_return("generator.safetensors")

# PyTorch

if find_spec("torch"):
    import torch

    export_weights(generator, "generator.pt")
    names: dict = {}
    exec(source(generator, "pytorch"), names)
    model = names["model"]
    model.load_state_dict(torch.load("generator.pt", weights_only=True))
    model.eval()
    with torch.no_grad():
        theirs = model(torch.from_numpy(noise)).numpy().transpose(0, 2, 3, 1)
    print(f"PyTorch: largest difference {np.abs(theirs - images).max():.6f}")
    torch.save(model.state_dict(), "back.pt")
    check_return("back.pt")
else:
    print("PyTorch: not installed")

# Keras, on whichever backend is there

if find_spec("keras") and find_spec("h5py"):
    os.environ.setdefault("KERAS_BACKEND", "torch" if find_spec("torch") else "jax")
    export_weights(generator, "generator.weights.h5")
    names = {}
    exec(source(generator, "keras"), names)
    model = names["model"]
    model.load_weights("generator.weights.h5")
    theirs = model.predict(noise, verbose=0)
    print(f"Keras: largest difference {np.abs(theirs - images).max():.6f}")
    model.save_weights("back.weights.h5")
    check_return("back.weights.h5")
else:
    print("Keras: not installed")
