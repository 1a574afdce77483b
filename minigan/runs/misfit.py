"""Whether networks and data fit, and what to choose if they do not."""

import inspect

from minigan import models
from minigan.data import Dataset, Points
from minigan.errors import DataError
from minigan.models import GAN
from minigan.numbers import size_text
from minigan.runs.config import TrainConfig

__all__ = ["check_fit"]

#: Data for networks of points, and networks for points, by the number of coordinates.
POINTS, NETWORKS = {1: "gaussian", 2: "ring"}, {1: "mlp1d", 2: "mlp2d"}


def check_fit(config: TrainConfig, gan: GAN, dataset: Dataset | Points) -> None:
    """Refuse data that the networks cannot make.

    Raises
    ------
    DataError
        The message names what to change: `--data`, `--model`, or the size and the channels.
    """
    if dataset.shape == gan.image_shape:
        return
    makes, got = thing(gan.image_shape), thing(dataset.shape)
    sides = {*gan.image_shape[:2]}, {*dataset.shape[:2]}
    order = " (height x width)" if any(len(pair) > 1 for pair in sides if len(gan.image_shape) == 3) else ""
    reason = f"{config.model} makes {makes}, and {dataset.name} has {got}{order}"
    raise DataError(f"{reason}: {remedy(config, gan, dataset)}")


def thing(shape: tuple[int, ...]) -> str:
    """Images or points of a shape, in words."""
    if len(shape) == 1:
        return f"points of {shape[0]} coordinate{'' if shape[0] == 1 else 's'}"
    return f"{'RGB' if shape[2] == 3 else 'grey'} images of {shape[0]}x{shape[1]}"


def remedy(config: TrainConfig, gan: GAN, dataset: Dataset | Points) -> str:
    """What to choose instead."""
    if isinstance(dataset, Points):
        partner = NETWORKS.get(dataset.shape[0])
        return "other data" if partner is None else f"--model {partner} makes such points"
    if len(gan.image_shape) == 1:
        return (
            f"--data {POINTS.get(gan.image_shape[0], 'of points')} for this model, or --model dcgan28 for these images"
        )
    height, width, channels = dataset.shape
    flags = f"--image-size {size_text(height, width)}" if gan.image_shape[:2] != (height, width) else ""
    flags += f" --channels {channels}" if gan.image_shape[2] != channels else ""
    if not {"image_size", "channels"} <= {*inspect.signature(models.MODELS[config.model]).parameters}:
        return f"--model dcgan28 {flags.strip()} makes such images"
    doublings = len(config.generator_filters or ())
    if height % 2**doublings or width % 2**doublings:
        return (
            f"its {doublings} --generator-filters need sides that are multiples of {2**doublings}: fewer of them, "
            "another model, or pictures from a folder:PATH, which are resized"
        )
    return flags.strip()
