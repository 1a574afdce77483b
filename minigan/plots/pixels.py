"""Images as bytes, and sheets of them with borders and captions: the parts of all pictures of images."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.errors import ConfigError, ShapeError
from minigan.io.atomic_write import atomic_path
from minigan.plots.formats import IMAGES, format_of

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "BACKGROUND",
    "GAP",
    "check_images",
    "enlargement",
    "save_pixels",
    "tile",
    "to_pixels",
    "with_border",
    "with_captions",
]

#: Pixels between two images, and the grey of the background there.
GAP, BACKGROUND = 2, 40

#: Settings of formats that would lose more than they must, and the longest side that a format has a place for.
OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 95, "subsampling": "4:4:4"},
}
LARGEST = {"JPEG": 65_500, "WEBP": 16_383, "AVIF": 65_536}

#: The yellow of the borders.
YELLOW = (255, 221, 0)


def to_pixels(images: np.ndarray, value_range: tuple[float, float]) -> np.ndarray:
    """Images with values in `value_range` as bytes: the low end black, the high end white, the rest clipped."""
    low, high = value_range
    return np.rint((np.clip(images, low, high) - low) * (255 / (high - low))).astype(np.uint8)


def check_images(what: str, images: np.ndarray) -> None:
    """Refuse an array that is not one or more images (N, H, W, C), grey or in colour."""
    if images.ndim != 4 or images.shape[3] not in (1, 3) or 0 in images.shape:
        raise ShapeError(f"expected {what} of shape (N, H, W, C) with C of 1 or 3, got {images.shape}")


def tile(pixels: np.ndarray, columns: int, gap: int = GAP) -> np.ndarray:
    """Images (N, H, W, C) side by side, row by row, on a dark background."""
    n, h, w, c = pixels.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    sheet = np.full((rows * (h + gap) + gap, columns * (w + gap) + gap, c), BACKGROUND, np.uint8)
    for place, image in enumerate(pixels):
        row, column = divmod(place, columns)
        top, left = gap + row * (h + gap), gap + column * (w + gap)
        sheet[top : top + h, left : left + w] = image
    return sheet


def enlargement(height: int) -> int:
    """Pixels of the file for one pixel of an image, so that the image is about an inch high."""
    return max(1, round(84 / height))


def in_colour(sheet: np.ndarray) -> np.ndarray:
    """Convert a sheet (H, W, 1) or (H, W, 3) to three channels."""
    return np.repeat(sheet, 3, axis=2) if sheet.shape[2] == 1 else sheet


def with_border(sheet: np.ndarray, left: int, right: int, width: int) -> np.ndarray:
    """Copy a sheet, in colour, with a yellow border inside the columns from `left` to `right`."""
    sheet = in_colour(sheet).copy()
    part = sheet[:, left:right]
    part[:width] = part[-width:] = YELLOW
    part[:, :width] = part[:, -width:] = YELLOW
    return sheet


def with_captions(sheet: np.ndarray, words: Sequence[tuple[str, float, str]], labels: Sequence[str] = ()) -> np.ndarray:
    """Add words above a sheet, and at the left of its rows.

    Parameters
    ----------
    sheet : array (H, W, C)
    words : sequence of (text, place, anchor)
        Written above: `place` is in pixels from the sheet's left edge; at it the text begins (`anchor` "l"), is centred
        ("m") or ends ("r").
    labels : sequence of str
        A word at the left of each of equally high rows.
    """
    from PIL import Image, ImageDraw

    font = load_font(15)
    top = 26 if words else 0
    left = 16 + max((int(font.getlength(text)) for text in labels), default=-16)
    height, width, _ = sheet.shape
    page = Image.new("RGB", (width + left, height + top), (BACKGROUND,) * 3)
    page.paste(Image.fromarray(in_colour(sheet)), (left, top))
    pen = ImageDraw.Draw(page)
    for text, place, anchor in words:
        pen.text((left + place, top / 2), text, (255, 255, 255), font, anchor=f"{anchor}m")
    for row, text in enumerate(labels):
        pen.text((left - 8, top + (row + 0.5) * height / len(labels)), text, (255, 255, 255), font, anchor="rm")
    return np.asarray(page)


def load_font(size: int):  # type: ignore[no-untyped-def]
    """The font that comes with matplotlib, so that words look the same on every machine."""
    import matplotlib
    from PIL import ImageFont

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)


def save_pixels(path: str | Path | None, sheet: np.ndarray) -> "Image":
    """Save bytes (H, W, C), C 1 or 3, in the format that the suffix names: PNG, JPEG, WebP, AVIF or TIFF.

    Without a path nothing is saved. The image is returned.

    Raises
    ------
    ConfigError
        The suffix names another format, or the format has no place for so large a picture.
    OSError
        It could not be written.
    """
    from PIL import Image

    picture = Image.fromarray(sheet[..., 0] if sheet.shape[2] == 1 else sheet)
    if path is None:
        return picture
    name = format_of(path, IMAGES)
    options = OPTIONS.get(name, {})
    height, width = sheet.shape[:2]
    if max(height, width) > (most := LARGEST.get(name, 2**31)):
        sizes = f"{height}x{width} (height x width)"
        raise ConfigError(f"{path}: expected at most {most:,} pixels a side for {name}, got {sizes}: take .png")
    with atomic_path(path) as temporary:
        picture.save(temporary, format=name, **options)
    return picture
