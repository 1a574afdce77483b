"""What the user states about the pictures of a folder, checked before any file is opened."""

from pathlib import Path
from typing import NamedTuple

from minigan.errors import DataError
from minigan.io.messages import one_line
from minigan.numbers import finite, whole
from minigan.numbers import image_size as height_width

__all__ = ["Settings", "checked_settings"]

BLACK = (0, 0, 0)


class Settings(NamedTuple):
    """Everything that the pixels of a decoded image depend on, besides the file.

    Attributes
    ----------
    size : (int, int), optional
        Height and width.
    channels : {1, 3}, optional
    value_range : (float, float), optional
        The values in the files that become 0 and 255.
    background : (int, int, int)
        The colour behind transparent pixels.
    """

    size: tuple[int, int] | None
    channels: int | None
    value_range: tuple[float, float] | None
    background: tuple[int, int, int]


def checked_settings(
    folder: Path,
    image_size: int | tuple[int, int] | None,
    channels: int | None,
    value_range: tuple[float, float] | None,
    background: str | None,
) -> Settings:
    """The settings of `minigan.data.folder.load`, with Python's numbers.

    Raises
    ------
    DataError
        One of them is out of its range.
    """
    name = one_line(str(folder))
    if channels is not None and whole(channels) not in (1, 3):
        raise DataError(f"{name}: expected channels of 1 or 3, got {channels}")
    return Settings(
        size=_checked_size(name, image_size),
        channels=whole(channels),
        value_range=_checked_range(name, value_range),
        background=_checked_colour(background),
    )


def _checked_size(name: str, image_size: int | tuple[int, int] | None) -> tuple[int, int] | None:
    """The size as (height, width)."""
    if image_size is None:
        return None
    size = height_width(image_size)
    if size is None:
        raise DataError(f"{name}: expected an image size such as 28 or 28x56 (height x width), got {image_size}")
    return size


def _checked_range(name: str, value_range: tuple[float, float] | None) -> tuple[float, float] | None:
    """The range as two numbers."""
    if value_range is None:
        return None
    ends = [finite(end) for end in value_range]
    if len(ends) == 2 and ends[0] is not None and ends[1] is not None and ends[0] < ends[1]:
        return float(ends[0]), float(ends[1])
    raise DataError(f"{name}: expected a value range LOW < HIGH, got {' '.join(map(str, value_range))}")


def _checked_colour(background: str | None) -> tuple[int, int, int]:
    """The colour's red, green and blue."""
    if background is None:
        return BLACK
    from PIL import ImageColor

    try:
        colour: tuple[int, ...] = ImageColor.getrgb(background)
    except (ValueError, AttributeError, TypeError):
        colour = ()
    if len(colour) != 3:
        expected = "a colour's name as white, or #rrggbb"
        raise DataError(f"--background: expected {expected}, got {one_line(str(background))}")
    return colour[0], colour[1], colour[2]
