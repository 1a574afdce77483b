"""Whether networks and data fit, and what to choose if they do not."""

from minigan import models
from minigan.data import Dataset, Points
from minigan.errors import DataError
from minigan.models import GAN
from minigan.models.options import option_names
from minigan.numbers import image_size, size_text
from minigan.runs.config import TrainConfig, model_defaults

__all__ = ["check_fit", "flags_for"]

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
    sides = [shape[:2] for shape in (gan.image_shape, dataset.shape) if len(shape) == 3]
    order = " (height x width)" if any(height != width for height, width in sides) else ""
    reason = f"{config.model} makes {makes}, and {dataset.name} has {got}{order}"
    raise DataError(f"{reason}: {remedy(config, gan.image_shape, dataset)}")


def thing(shape: tuple[int, ...]) -> str:
    """Images or points of a shape, in words."""
    if len(shape) == 1:
        return f"points of {shape[0]} coordinate{'' if shape[0] == 1 else 's'}"
    return f"{'RGB' if shape[2] == 3 else 'grey'} images of {shape[0]}x{shape[1]}"


def remedy(config: TrainConfig, makes: tuple[int, ...], dataset: Dataset | Points) -> str:
    """What to choose instead."""
    if isinstance(dataset, Points):
        partner = NETWORKS.get(dataset.shape[0])
        return "other data" if partner is None else f"--model {partner} makes such points"
    if len(makes) == 1:
        return f"--data {POINTS.get(makes[0], 'of points')} for this model, or --model dcgan28 for these images"
    flags = " ".join(size_flags(makes, dataset.shape))
    if not takes_size(config.model):
        return f"--model dcgan28 {flags} makes such images"
    doublings = len(config.generator_filters or ())
    if dataset.shape[0] % 2**doublings or dataset.shape[1] % 2**doublings:
        return (
            f"its {doublings} --generator-filters need sides that are multiples of {2**doublings}: fewer of them, "
            "another model, or pictures from a folder:PATH, which are resized"
        )
    return flags


def size_flags(makes: tuple[int, ...], shape: tuple[int, ...]) -> list[str]:
    """The flags with which a model that makes one shape makes the other."""
    flags = [] if makes[:2] == shape[:2] else [f"--image-size {size_text(*shape[:2])}"]
    return flags if makes[2] == shape[2] else [*flags, f"--channels {shape[2]}"]


def takes_size(model: str) -> bool:
    """Whether a model takes the size and the channels of its images."""
    return {"image_size", "channels"} <= {*(option_names(models.MODELS[model]) or ())}


def flags_for(config: TrainConfig, dataset: Dataset | Points) -> list[str]:
    """The flags of `minigan train` for data of this shape: the model of the settings if it can make them."""
    if isinstance(dataset, Points):
        return [f"--model {NETWORKS.get(dataset.shape[0], 'NAME')}"]
    model = config.model if takes_size(config.model) else "dcgan28"
    default = model_defaults(model)
    size = image_size(default["image_size"] or (64, 64)) or ()
    chosen = [] if model == TrainConfig.model else [f"--model {model}"]
    return [*chosen, *size_flags((*size, default["channels"]), dataset.shape)]
