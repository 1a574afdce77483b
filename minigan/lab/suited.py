"""Networks and settings that suit the data: what one begins with before anything is changed by hand."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from minigan import models
from minigan.errors import ConfigError
from minigan.lab import starts
from minigan.lab.layer_specs import Spec, checked_specs, spec_of
from minigan.lab.setup import DRAWN, MODELS, MOST_LAYERS, SMALL, SetUp

__all__ = ["chosen", "model_specs", "models_for", "suited"]

#: What differs from the defaults of `SetUp`, which suit points in the plane: for images, and for single data sets.
IMAGES: dict[str, Any] = {"latent_size": 32, "batch_size": 32}
OF_DATA: dict[str, dict[str, Any]] = {
    "gaussian": {"latent_size": 1, "batch_size": 256},
    "ring": {},
    "grid": {"model": "mlp2d", "batch_size": 256},
    "spiral": {},
    "moons": {},
    "line": {},
    DRAWN: {},
}

#: The same for the networks that have settings of their own: those of their papers, or of minigan's commands.
OF_MODELS: dict[str, dict[str, Any]] = {
    "dcgan28": {"latent_size": 100, "batch_size": 16, "g_learning_rate": 4e-4, "d_learning_rate": 4e-4},
    "gan2014-mnist": {"latent_size": 100, "batch_size": 64, "g_learning_rate": 2e-4, "d_learning_rate": 2e-4},
    "wgan-gp28": {
        "latent_size": 100,
        "batch_size": 32,
        "loss": "wasserstein",
        "penalty": "wgan-gp",
        "penalty_weight": 10.0,
        "g_learning_rate": 1e-4,
        "d_learning_rate": 1e-4,
        "momentum": 0.0,
        "d_steps": 5,
    },
}


def suited(data_name: str, model: str | None = None) -> SetUp:
    """The set-up that suits the data, with the networks of that name or with those that suit the data, too.

    Raises
    ------
    ConfigError
        There are no such data or networks.
    """
    settings = {"model": SMALL, **OF_DATA.get(data_name, IMAGES)}
    if model is not None:
        settings |= {"model": model, **OF_MODELS.get(model, {})}
    return SetUp.of({"data": data_name, **settings})


def chosen(values: Any) -> SetUp:
    """The set-up with these values, which may be anything; the others are those of the trained start or of the data.

    Raises
    ------
    ConfigError
        A value is unknown, of another kind or out of bounds.
    """
    given = SetUp.of(values)  # checks all
    base = {**starts.named(given.start).setup} if given.start else {"data": given.data, **values}
    return SetUp.of({**suited(base["data"], base.get("model")).plain(), **base, **values})


def models_for(shape: Sequence[int]) -> tuple[str, ...]:
    """The names of the networks that make points or images of this shape."""
    return tuple(name for name in MODELS if name == SMALL or fits(name, tuple(shape)))


def fits(model: str, shape: tuple[int, ...]) -> bool:
    """Whether the networks of that name can make data of a shape."""
    if model in ("mlp1d", "mlp2d"):
        return shape == ((1,) if model == "mlp1d" else (2,))
    if model == "gan2014-mnist":
        return shape == (28, 28, 1)
    return len(shape) == 3 and not any(side % 4 for side in shape[:2])


@lru_cache(maxsize=16)
def model_specs(model: str, shape: tuple[int, ...], latent_size: int) -> tuple[tuple[Spec, ...], tuple[Spec, ...]]:
    """The layers of a generator and a discriminator for data of this shape.

    Raises
    ------
    ConfigError
        The networks make no such data.
    """
    if model == SMALL:
        small = small_dcgan(shape) if len(shape) == 3 else perceptrons(shape[0])
        return tuple(checked_specs("model", list(specs), MOST_LAYERS) for specs in small)  # type: ignore[return-value]
    if not fits(model, shape):
        known = ", ".join(models_for(shape))
        raise ConfigError(f"model: expected one of {known} for data of shape {shape}, got {model}")
    options: dict[str, Any] = {"latent_size": latent_size}
    if len(shape) == 3:
        options |= {"image_size": shape[:2], "channels": shape[2]}
    gan = models.build(model, **options)
    return tuple(map(spec_of, gan.generator)), tuple(map(spec_of, gan.discriminator))


def perceptrons(dimensions: int) -> tuple[list[Spec], list[Spec]]:
    """Networks of points: two hidden layers each. On a line smooth activations make smooth curves."""
    units, to_point, to_logit = (32, "tanh", "tanh") if dimensions == 1 else (64, "relu", "leaky_relu")

    def network(activation: str, last: Spec) -> list[Spec]:
        hidden = {"type": "Dense", "units": units, "activation": activation, "kernel_initializer": "he_normal"}
        return [hidden, hidden, last]

    generator = network(to_point, {"type": "Dense", "units": dimensions})
    return generator, network(to_logit, {"type": "Dense", "units": 1, "activation": "sigmoid"})


def small_dcgan(shape: tuple[int, ...]) -> tuple[list[Spec], list[Spec]]:
    """Networks of images: two convolutions each, small enough to learn within minutes."""
    height, width, channels = shape
    if height % 4 or width % 4:
        raise ConfigError(
            f"model: expected images whose height and width are multiples of 4, got {height}x{width}: name the layers "
            "of both networks, or take pictures from a folder, which are resized"
        )
    generator: list[Spec] = [
        {"type": "Dense", "units": height // 4 * (width // 4) * 32, "activation": "relu"},
        {"type": "Reshape", "target_shape": [height // 4, width // 4, 32]},
        {"type": "UpSampling2D"},
        {"type": "Conv2D", "filters": 32},
        {"type": "BatchNorm", "momentum": 0.8},
        {"type": "ReLU"},
        {"type": "UpSampling2D"},
        {"type": "Conv2D", "filters": channels, "activation": "tanh"},
    ]
    discriminator: list[Spec] = [
        {"type": "Conv2D", "filters": 16, "strides": 2},
        {"type": "LeakyReLU"},
        {"type": "Dropout"},
        {"type": "Conv2D", "filters": 32, "strides": 2},
        {"type": "LeakyReLU"},
        {"type": "Dropout"},
        {"type": "Flatten"},
        {"type": "Dense", "units": 1, "activation": "sigmoid"},
    ]
    return generator, discriminator
