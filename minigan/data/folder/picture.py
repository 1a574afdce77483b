"""One picture: decoded, turned upright, cropped, without transparency, scaled to bytes and resized.

Pictures of at most 8 bits, scaled from the whole range that these can hold, are changed by Pillow's operations on
bytes. All others are scaled as floating-point numbers, resized as such, and rounded once, at the end::

    byte = round(255 (v - low) / (high - low))
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from minigan.data.folder import limits
from minigan.data.folder.header import Form, Head, Kind, PictureError, form_of, named, opened
from minigan.data.folder.orientation import SIDEWAYS, orientation, stored_box, turned
from minigan.data.folder.settings import Settings
from minigan.data.folder.values import (
    Values,
    mend_byte_order,
    mend_transparency,
    read_values,
    without_premultiplication,
)

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["cost", "read_picture"]

#: A JPEG is decoded at a part of its size if what is left is this many times as high and wide as what is asked for.
#: On pictures with the spectrum of photographs, the result then differs from that of the whole picture by 0.2 to 0.8
#: of 255 levels on average, and by 11 at most.
REDUCED = 3

#: Weights of red, green and blue in grey (ITU-R 601-2).
LUMA = np.array([0.299, 0.587, 0.114], np.float32)

#: How many pixels of 8 bits need the memory of one whose values are scaled as floating-point numbers.
WIDE = 3


def read_picture(path: Path, settings: Settings, channels: int) -> np.ndarray:
    """The picture at `path` as bytes of shape (H, W, channels).

    Raises
    ------
    PictureError
        It is damaged or too large, or its values do not fit the stated range.
    """
    with named(path), opened(path) as image:
        form = form_of(image)
        low, high = checked_range(path, form, settings)
        if form.kind is Kind.BYTES and (low, high) == (form.low, form.high):
            pixels = _bytes(image, form, settings, channels)
        else:
            pixels = _scaled(path, image, form, settings._replace(value_range=(low, high)), channels)
        return pixels.reshape(*pixels.shape[:2], channels)


def cost(head: Head, settings: Settings) -> int:
    """The number of pixels of 8 bits that need as much memory as decoding this picture does."""
    scale = _reduction(head.size, settings.size) if head.is_jpeg and settings.value_range is None else 1
    pixels = head.pixels // scale**2 * (1 if head.form.kind is Kind.BYTES and settings.value_range is None else WIDE)
    # A progressive JPEG keeps its coefficients: 3 numbers of 2 bytes for a pixel, beside up to 16 for one decoded.
    return pixels + (head.pixels * 3 // 8 if head.progressive else 0)


def checked_range(path: Path, form: Form, settings: Settings) -> tuple[float, float]:
    """The values that become 0 and 255: those that the user states, or the whole range of the file's depth."""
    if settings.value_range is None:
        if not form.stated:
            raise PictureError(path, f"{form.words} values need the range that they are in: --data-range LOW HIGH")
        return form.low, form.high
    low, high = settings.value_range
    if low < form.low or high > form.high:
        raise PictureError(
            path,
            f"holds values from {form.low:g} to {form.high:g} ({form.words}), which --data-range {low:g} {high:g} "
            "does not fit; state the range of these files, or leave them out",
        )
    return low, high


def _reduction(size: tuple[int, int], target: tuple[int, int] | None) -> int:
    """By what a JPEG of this width and height may be divided while it is decoded; it may be turned afterwards."""
    if target is None:
        return 1
    for scale in (8, 4, 2):
        for height, width in (target, target[::-1]):
            left, top, right, bottom = _centre(size, (height, width))
            if right - left < scale * REDUCED * width or bottom - top < scale * REDUCED * height:
                break
        else:
            return scale
    return 1


def _centre(size: tuple[int, int], target: tuple[int, int] | None) -> tuple[int, int, int, int]:
    """The largest part in the middle with the target's ratio of height to width: left, top, right, bottom."""
    width, height = size
    if target is not None:
        across, down = width * target[0], height * target[1]
        if across > down:
            width = max(1, round(down / target[0]))
        elif down > across:
            height = max(1, round(across / target[1]))
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return left, top, left + width, top + height


def _crop(size: tuple[int, int], target: tuple[int, int] | None, number: int) -> tuple[int, int, int, int]:
    """The part of the stored picture to use, which is the middle of the upright one."""
    upright = size[::-1] if number in SIDEWAYS else size
    return stored_box(_centre(upright, target), upright, number)


def _bytes(image: "Image", form: Form, settings: Settings, channels: int) -> np.ndarray:
    """The first way, for 8 bits."""
    from PIL.Image import Resampling

    full, scale = image.size, 1
    if image.format in ("JPEG", "MPO") and (scale := _reduction(full, settings.size)) > 1:
        image.draft("", (full[0] // scale, full[1] // scale))
    limits.check(image.size, limits.PIXELS)
    image.load()
    mend_transparency(image, form)
    number = orientation(image)
    mode = "L" if channels == 1 else "RGB"
    box = _crop(full, settings.size, number)
    if settings.size is not None and scale > 1:
        stored = settings.size if number in SIDEWAYS else settings.size[::-1]
        left, top, right, bottom = (edge / scale for edge in box)
        coarse = _flat(image, form, settings).convert(mode)
        small = coarse.resize(stored, Resampling.LANCZOS, box=(left, top, right, bottom))
        return np.asarray(turned(small, number))
    middle = image.crop(box)
    whole = turned(_flat(middle, form, settings).convert(mode), number)
    return np.asarray(whole if settings.size is None else whole.resize(settings.size[::-1], Resampling.LANCZOS))


def _flat(image: "Image", form: Form, settings: Settings) -> "Image":
    """`image` without transparency, in a mode that Pillow converts to grey and to RGB."""
    from PIL import Image

    if form.transparent:
        behind = Image.new("RGBA", image.size, (*settings.background, 255))
        return Image.alpha_composite(behind, without_premultiplication(image).convert("RGBA"))
    return image.convert("RGB") if image.mode == "LAB" else image


def _scaled(path: Path, image: "Image", form: Form, settings: Settings, channels: int) -> np.ndarray:
    """The second way, for all other values."""
    from PIL import Image

    limits.check(image.size, limits.PIXELS)
    mend_byte_order(image)
    image.load()
    number = orientation(image)
    left, top, right, bottom = _crop(image.size, settings.size, number)
    values = read_values(path, image, form)
    _check_values(path, values.colours, settings)
    part = Values(*(None if array is None else array[top:bottom, left:right] for array in values))  # type: ignore[arg-type]
    floats = _blended(part, form, settings, channels)
    bands = []
    for band in floats.transpose(2, 0, 1):
        whole = turned(Image.fromarray(np.ascontiguousarray(band)), number)
        if settings.size is not None:
            whole = whole.resize(settings.size[::-1], Image.Resampling.LANCZOS)
        bands.append(np.asarray(whole))
    pixels = np.rint(np.clip(np.stack(bands, axis=-1), 0, 255)).astype(np.uint8)
    return np.broadcast_to(pixels, (*pixels.shape[:2], channels))


def _check_values(path: Path, values: np.ndarray, settings: Settings) -> None:
    """Raise if a value is outside the stated range, or no number."""
    low, high = settings.value_range or (0, 0)
    least, greatest = values.min(), values.max()
    if not (low <= least and greatest <= high):  # also if one of them is NaN
        found = "NaN" if np.isnan(least) else f"{least:g} to {greatest:g}"
        raise PictureError(path, f"expected values from {low:g} to {high:g}, got {found}; state --data-range LOW HIGH")


def _blended(values: Values, form: Form, settings: Settings, channels: int) -> np.ndarray:
    """The values, scaled to 0 to 255 and put over the background: float32 of shape (H, W, 1) or (H, W, channels)."""
    low, high = settings.value_range or (0, 0)
    colours = values.colours if values.colours.ndim == 3 else values.colours[..., np.newaxis]
    wide = colours.dtype.itemsize > 2  # float32 has 24 bits
    numbers: np.ndarray = colours.astype(np.float64 if wide else np.float32)
    scaled = (numbers - low) / (high - low) * 255
    scaled = (255 - scaled if form.white_is_zero else scaled).astype(np.float32)
    if values.opacity is not None:
        opacity = values.opacity[..., np.newaxis]
        scaled = scaled * opacity + np.array(settings.background, np.float32) * (1 - opacity)
    return scaled @ LUMA[:, np.newaxis] if channels == 1 and scaled.shape[2] == 3 else scaled
