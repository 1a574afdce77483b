"""Images from a folder of picture files, by Pillow.

A folder may hold pictures from unknown sources, and files that only look like pictures. Pillow gets a list of formats,
because it would pass an EPS file to Ghostscript, which runs it. A header of a few bytes can ask for gigabytes: the
number of pixels of one picture is limited, and that of all pictures decoded at the same time.
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Semaphore
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from minigan.data.dataset import Dataset
from minigan.data.progress import track
from minigan.errors import DataError
from minigan.io.messages import one_line
from minigan.io.safe_read import most_unpacked, open_file
from minigan.numbers import image_size as height_width

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["FolderDataset", "load"]


class Pictures(NamedTuple):
    """What was read from a folder."""

    images: np.ndarray
    files: list[str]
    skipped: list[tuple[str, str]]
    others: dict[str, int]
    sizes: tuple[tuple[int, int], tuple[int, int]]
    depths: list[str]


class FolderDataset(Dataset):
    """A `Dataset` of picture files."""

    def __init__(self, folder: Path, pictures: Pictures) -> None:
        super().__init__(pictures.images, name=f"folder:{folder}")
        self.folder, self.pictures = folder, pictures
        self.files, self.skipped, self.notes = pictures.files, pictures.skipped, ()


EXTENSIONS = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
MODES = {1: "L", 3: "RGB"}

#: Maximum number of pixels of a picture (that of a 50-megapixel camera), and of all pictures decoded at the same time.
#: A pixel takes 4 bytes, and blending, cropping and rotating copy it: at most 16 bytes.
PIXELS = 48 * 2**20

REMEDY = "state an image size to crop and resize all images to"


def load(
    folder: Path,
    *,
    image_size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    value_range: tuple[float, float] | None = None,
    background: str | None = None,
    skip_bad: bool = False,
) -> FolderDataset:
    """All images in `folder` and below it, in the order of their paths, as uint8.

    An image is turned upright as its EXIF data say, blended over black where it is transparent, and reduced
    from 16 bits to 8; of an animation the first frame counts. Files and folders whose name begins with a dot
    are left out, and links to other folders are not followed.

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
        There is no such folder, no image in it, one that cannot be read, has more than `PIXELS`, or leads out of the
        folder by a link, or (without `image_size`) one of another size; the message names the first such file.
    """
    if channels not in (None, 1, 3):
        raise DataError(f"{folder}: expected channels of 1 or 3, got {channels}")
    sides = None if image_size is None else height_width(image_size)
    if image_size is not None and sides is None:
        raise DataError(f"{folder}: expected an image size of at least 1, got {image_size}")
    from concurrent.futures import ThreadPoolExecutor

    from PIL import Image

    paths = _find(folder)
    Image.init()  # otherwise the threads race to load the rarer formats, and some would not know them
    with warnings.catch_warnings(), ThreadPoolExecutor() as pool:  # Pillow decodes outside the GIL
        warnings.simplefilter("ignore")  # about damaged metadata of good pictures, and about many pixels
        heads = list(track(pool.map(_head, paths), len(paths), "looking at images"))
        size = sides or (_common_size(paths, heads),) * 2
        channels = channels or (1 if all(head.grey for head in heads) else 3)
        images = _empty(folder, (len(paths), *size, channels))
        room = Room()

        def read(path: Path, head: Head, image: np.ndarray) -> None:
            with room.taken(head.pixels):
                image[...] = _pixels(path, size, MODES[image.shape[2]]).reshape(image.shape)

        for _ in track(pool.map(read, paths, heads, images), len(paths), "reading images"):
            pass
    sizes = sorted(head.size[::-1] for head in heads)
    names = [path.relative_to(folder).as_posix() for path in paths]
    depth = "8-bit grey" if all(head.grey for head in heads) else "8-bit RGB"
    return FolderDataset(folder, Pictures(images, names, [], {}, (sizes[0], sizes[-1]), [depth]))


def _find(folder: Path) -> list[Path]:
    """The image files below `folder`, sorted the same way on every system."""
    if not os.path.isdir(folder):
        raise DataError(f"no such folder: {folder}")
    inside = os.path.join(os.path.realpath(folder), "")
    names, pending = [], [""]
    try:
        while pending:  # not recursive: folders may be nested deeper than calls
            below = pending.pop()
            with os.scandir(folder / below) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(f"{below}{entry.name}/")
                    elif Path(entry.name).suffix.lower() in EXTENSIONS:
                        _check_link(entry, inside)
                        names.append(below + entry.name)
    except OSError as error:
        raise DataError(f"{one_line(str(error.filename or folder))}: cannot be read: {one_line(error)}") from None
    if not names:
        raise DataError(f"{folder}: no images in this folder (looked for {' '.join(sorted(EXTENSIONS))})")
    return [folder / name for name in sorted(names)]


def _check_link(entry: "os.DirEntry[str]", inside: str) -> None:
    """Raise if a link leads to a file outside the folder `inside`."""
    if entry.is_symlink() and not (target := os.path.realpath(entry.path)).startswith(inside):
        link = one_line(entry.path)
        raise DataError(f"{link}: leads out of the folder, to {one_line(target)}: copy the file, or leave it out")


class Head(NamedTuple):
    """The header of a picture: its size and whether it is grey; and the file's size in bytes."""

    size: tuple[int, int]
    grey: bool
    packed: int

    @property
    def pixels(self) -> int:
        """The number of pixels."""
        return self.size[0] * self.size[1]


class Room:
    """A limit on the pixels decoded at the same time: many small pictures, or one large one."""

    def __init__(self) -> None:
        self.free = Semaphore(PIXELS >> 20)
        self.turn = Lock()

    @contextmanager
    def taken(self, pixels: int) -> Iterator[None]:
        """A block that holds this number of pixels; waits until they are free."""
        count = -(-pixels >> 20)
        with self.turn:  # otherwise two large pictures could each hold half of what they need
            for _ in range(count):
                self.free.acquire()
        try:
            yield
        finally:
            self.free.release(count)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Every error in the ``with`` block names the file."""
    try:
        yield
    except Exception as error:  # on damaged files Pillow's decoders raise almost anything
        raise DataError(f"{one_line(str(path))}: cannot be read as an image: {one_line(error)}") from None


@contextmanager
def _opened(path: Path) -> "Iterator[Image]":
    """The picture at `path`, not yet decoded, if it is not too large."""
    from PIL import Image

    with open_file(path) as file, Image.open(file, formats=FORMATS) as image:
        if image.width * image.height > PIXELS:
            raise ValueError(f"expected at most {PIXELS:,} pixels, got {image.width}x{image.height}")
        yield image


def _head(path: Path) -> Head:
    """Read the header of a picture, and no pixels."""
    with _named(path), _opened(path) as image:
        return Head(image.size, image.getbands()[0] in ("1", "L", "I"), path.stat().st_size)


def _empty(folder: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Allocate the array of all images."""
    try:
        return np.empty(shape, np.uint8)
    except (MemoryError, ValueError):
        raise DataError(f"{folder}: images of shape {shape} do not fit into the memory") from None


def _common_size(paths: list[Path], heads: list[Head]) -> int:
    """The height and width that all images have."""
    width, height = heads[0].size
    first = one_line(paths[0].name)
    if width != height:
        raise DataError(f"{paths[0].parent / first}: expected a square image, got {width}x{height}; {REMEDY}")
    for path, head in zip(paths, heads):
        if head.size != (width, height):
            found = f"{head.size[0]}x{head.size[1]}"
            raise DataError(f"{one_line(str(path))}: expected {width}x{height} as {first} is, got {found}; {REMEDY}")
    pixels, packed = sum(head.pixels for head in heads), sum(head.packed for head in heads)
    if 3 * pixels > (most := most_unpacked(packed)):
        found = f"{len(heads)} images of {width}x{height} in {packed:,} bytes"
        raise DataError(f"{paths[0].parent}: expected at most {most:,} bytes unpacked, got {found}")
    return width


def _pixels(path: Path, size: tuple[int, int], mode: str) -> np.ndarray:
    """The image as (H, W) or (H, W, 3) bytes."""
    from PIL import Image, ImageOps

    with _named(path):
        upright = ImageOps.exif_transpose(_flat(_square(path)).convert(mode))
        return np.asarray(ImageOps.fit(upright, size[::-1], Image.Resampling.LANCZOS))


def _square(path: Path) -> "Image":
    """The largest square in the middle of the picture, decoded."""
    with _opened(path) as image:
        image.load()
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = image.crop((left, top, left + side, top + side))
        square.format = image.format  # a crop does not keep it
        return square


def _flat(image: "Image") -> "Image":
    """`image` with 8 bits a channel and without transparency."""
    from PIL import Image

    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError("32 bits a pixel, with an unknown range of values")
    if "A" in image.getbands() or "transparency" in image.info:
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        return Image.alpha_composite(black, image if image.mode == "RGBA" else image.convert("RGBA"))
    return image
