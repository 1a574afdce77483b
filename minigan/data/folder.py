"""Images from a folder of picture files, by Pillow."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from minigan.data.dataset import Dataset
from minigan.data.messages import one_line
from minigan.data.progress import track
from minigan.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["load"]

EXTENSIONS = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
MODES = {1: "L", 3: "RGB"}
REMEDY = "state an image size to crop and resize all images to"


def load(
    folder: Path,
    *,
    image_size: int | None = None,
    channels: int | None = None,
    value_range: tuple[float, float] | None = None,
) -> Dataset:
    """All images in `folder` and below it, in the order of their paths, as uint8.

    An image is turned upright as its EXIF data say, blended over black where it is transparent, and reduced
    from 16 bits to 8; of an animation the first frame counts. Files and folders whose name begins with a dot
    are left out.

    Parameters
    ----------
    folder : Path
    image_size : int, optional
        Crop each image to its largest centred square and resize that (Lanczos) to this height and width.
        Default: nothing is resized, and all images must be squares of one size.
    channels : {1, 3}, optional
        Convert to grey (ITU-R 601-2 luma) or to RGB. Default: 1 if all files are stored as grey, else 3.
    value_range : (float, float), optional
        Default: (0, 255).

    Raises
    ------
    DataError
        There is no such folder, no image in it, one that cannot be read, or (without `image_size`) one of
        another size; the message names the first such file.
    """
    if channels not in (None, 1, 3):
        raise DataError(f"{folder}: expected channels of 1 or 3, got {channels}")
    if image_size is not None and image_size < 1:
        raise DataError(f"{folder}: expected an image size of at least 1, got {image_size}")
    from concurrent.futures import ThreadPoolExecutor

    from PIL import Image

    paths = _find(folder)
    Image.init()  # else the threads race to load the rarer formats, and the losers find them unknown
    with ThreadPoolExecutor() as pool:  # Pillow decodes outside the GIL
        heads = list(track(pool.map(_head, paths), len(paths), "looking at images"))
        size = image_size or _common_size(paths, [size for size, _ in heads])
        channels = channels or (1 if all(grey for _, grey in heads) else 3)
        images = np.empty((len(paths), size, size, channels), np.uint8)

        def read(path: Path, image: np.ndarray) -> None:
            image[...] = _pixels(path, size, MODES[image.shape[2]]).reshape(image.shape)

        for _ in track(pool.map(read, paths, images), len(paths), "reading images"):
            pass
    return Dataset(images, name=f"folder:{folder}", value_range=value_range)


def _find(folder: Path) -> list[Path]:
    """The image files below `folder`, sorted the same way on every system."""
    if not folder.is_dir():
        raise DataError(f"no such folder: {folder}")
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    paths = [
        path
        for name, path in sorted(files.items())
        if path.suffix.lower() in EXTENSIONS and "/." not in f"/{name}" and path.is_file()
    ]
    if not paths:
        raise DataError(f"{folder}: no images in this folder (looked for {' '.join(sorted(EXTENSIONS))})")
    return paths


@contextmanager
def _opened(path: Path) -> "Iterator[Image]":
    """The image at `path`; whatever goes wrong in the ``with`` block names the file."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            yield image
    except Exception as error:  # on damaged files, Pillow's decoders raise nearly anything
        raise DataError(f"{path}: cannot be read as an image: {one_line(error)}") from None


def _head(path: Path) -> tuple[tuple[int, int], bool]:
    """Width and height, and whether the file is stored as grey; reads no pixels."""
    with _opened(path) as image:
        return image.size, image.getbands()[0] in ("1", "L", "I")


def _common_size(paths: list[Path], sizes: list[tuple[int, int]]) -> int:
    """The height and width that all images have."""
    width, height = sizes[0]
    if width != height:
        raise DataError(f"{paths[0]}: expected a square image, got {width}x{height}; {REMEDY}")
    for path, (other_width, other_height) in zip(paths, sizes):
        if (other_width, other_height) != (width, height):
            raise DataError(
                f"{path}: expected {width}x{height} as {paths[0].name} is, got {other_width}x{other_height}; {REMEDY}"
            )
    return width


def _pixels(path: Path, size: int, mode: str) -> np.ndarray:
    """The image as (size, size) or (size, size, 3) bytes."""
    from PIL import Image, ImageOps

    with _opened(path) as image:
        upright = ImageOps.exif_transpose(_flat(image).convert(mode))
        side = min(upright.size)
        left, top = (upright.width - side) // 2, (upright.height - side) // 2
        square = upright.crop((left, top, left + side, top + side))
        return np.asarray(square.resize((size, size), Image.Resampling.LANCZOS))


def _flat(image: "Image") -> "Image":
    """`image` with 8 bits a channel and without transparency."""
    from PIL import Image

    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError("32 bits a pixel, whose range of values nothing tells")
    if "A" in image.getbands() or "transparency" in image.info:
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        return Image.alpha_composite(black, image.convert("RGBA"))
    return image
