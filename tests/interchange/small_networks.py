"""What the tests compare: the networks of make_golden.py in minigan, all shipped models, small, and folders."""

from pathlib import Path

import numpy as np

import minigan as mg
from minigan.layers import (
    ELU,
    BatchNorm,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    LayerNorm,
    LeakyReLU,
    ReLU,
    Reshape,
    UpSampling2D,
    ZeroPadding2D,
)

#: What make_golden.py wrote.
GOLDEN = Path(__file__).parent / "golden"

#: Options that make the large models small.
SIZES = {
    "dcgan28": {"latent_size": 7, "generator_filters": (8, 4), "discriminator_filters": (4, 6, 8)},
    "dcgan64": {"generator_filters": (16, 8), "discriminator_filters": (8, 8)},
    "dcgan64-small": {"generator_filters": (16, 8), "discriminator_filters": (8, 8), "image_size": 16},
    "gan2014-cifar10": {"generator_units": (30, 30), "discriminator_units": (20, 20)},
    "gan2014-cifar10-conv": {"generator_units": 30, "generator_maps": 4, "discriminator_units": 10},
    "gan2014-mnist": {"generator_units": (20, 20), "discriminator_units": (20, 20)},
    "gan2014-tfd": {"generator_units": (30, 30), "discriminator_units": (20, 20)},
    "wgan-gp28": {"latent_size": 7, "generator_filters": (8, 4), "discriminator_filters": (4, 6, 8)},
}

MODELS = sorted(mg.models.MODELS)
NETWORKS = ("generator", "discriminator")


def golden_network(name: str, seed: int = 0) -> mg.Sequential:
    """The networks of make_golden.py."""
    if name == "generator":
        layers, shape = golden_generator(), (6,)
    else:
        layers, shape = golden_discriminator(), (9, 9, 2)
    network = mg.Sequential(layers, name)
    network.build(shape, seed)
    return network


def golden_generator() -> list[mg.layers.Layer]:
    return [
        Dense(2 * 3 * 4, activation="relu"),
        BatchNorm(momentum=0.8),
        Reshape((2, 3, 4)),
        UpSampling2D(2),
        Conv2D(5, 3, padding="same"),
        LeakyReLU(0.2),
        BatchNorm(momentum=0.8),
        Conv2DTranspose(3, 4, strides=2, padding="same", use_bias=False),
        ReLU(),
        Conv2DTranspose(2, 3, strides=2, padding="same", activation="tanh"),
    ]


def golden_discriminator() -> list[mg.layers.Layer]:
    return [
        Conv2D(4, 3, strides=2, padding="same"),
        LeakyReLU(0.2),
        Dropout(0.25),
        ZeroPadding2D(((0, 1), (0, 1))),
        Conv2D(6, (3, 2), strides=(2, 1)),
        BatchNorm(momentum=0.8),
        ELU(),
        Flatten(),
        Dropout(0.25),
        Dense(8, activation="softplus"),
        LayerNorm(),
        Dense(1, activation="sigmoid"),
    ]


def network_of(model: str, name: str, seed: int = 0, **options: object) -> mg.Sequential:
    """A network of a shipped model, small."""
    return getattr(mg.models.build(model, seed, **SIZES.get(model, {}), **options), name)


def shake(network: mg.Sequential, seed: int = 0) -> mg.Sequential:
    """Move every weight, so that none is what a library begins with."""
    rng = np.random.default_rng(seed)

    def moved(name: str, value: np.ndarray) -> np.ndarray:
        noise = rng.uniform(-0.05, 0.05, value.shape)
        return (value + (np.abs(noise) if name.endswith("variance") else noise)).astype(np.float32)

    network.load_state_dict({name: moved(name, value) for name, value in network.state_dict().items()})
    return network


def inputs(network: mg.Sequential, count: int = 4, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, *network.input_shape)).astype(np.float32)


def same(first: mg.Sequential, second: mg.Sequential) -> bool:
    """Whether both have the same weights, bit for bit."""
    one, other = first.state_dict(), second.state_dict()
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def everything_below(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder with its content."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}
