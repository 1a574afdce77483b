"""What a trainer refuses before it begins: unknown names, and data that do not fit the networks."""

from minigan.data import Dataset
from minigan.data.points import Points
from minigan.errors import ConfigError, DataError
from minigan.models import GAN

__all__ = ["check_data", "check_names"]


def check_names(**settings: tuple[str, tuple[str, ...]]) -> None:
    """Refuse a name that is not among the known ones."""
    for name, (value, known) in settings.items():
        if value not in known:
            raise ConfigError(f"unknown {name} {value!r}: expected one of {', '.join(known)}")


def check_data(data: Dataset | Points, gan: GAN, batch_size: int) -> None:
    """Refuse what is no data set, images that do not fit the networks, and too few of them."""
    if not isinstance(data, Dataset | Points):
        raise ConfigError(
            f"expected the data as a mg.data.Dataset or mg.data.Points, got {type(data).__name__}; for an array of "
            f"images: mg.data.Dataset(images, value_range=(0, 255))"
        )
    if data.shape != gan.image_shape:
        kind = "images" if len(gan.image_shape) == 3 else "points"
        raise DataError(f"{gan.name}: expected {kind} {gan.image_shape}, got {data.shape} in {data.name}")
    if isinstance(data, Points) and gan.output_range is not None:
        raise ConfigError(f"{gan.name}: expected output_range=None for points, got {gan.output_range}")
    if batch_size > len(data):
        kind = "images" if isinstance(data, Dataset) else "points"
        raise DataError(
            f"expected a batch size of at most {len(data)}, the {kind} in {data.name}, got {batch_size}: "
            f"--batch-size {len(data)}"
        )
    if gan.classes:
        check_labels(data, gan)


def check_labels(data: Dataset | Points, gan: GAN) -> None:
    """Refuse data without classes, and classes that the networks do not know."""
    if data.labels is None:
        raise DataError(f"{gan.name}: expected images with labels, for it is conditional, got none in {data.name}")
    low, high = data.labels.min(), data.labels.max()
    if low < 0 or high >= gan.classes:
        raise DataError(f"{gan.name}: expected labels from 0 to {gan.classes - 1}, got {low} to {high} in {data.name}")
