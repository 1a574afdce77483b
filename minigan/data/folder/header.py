"""Opening a picture, and reading its header.

Pillow gets a list of formats, because it would pass an EPS file to Ghostscript, which runs it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, NoReturn

from minigan.data.folder import limits
from minigan.data.folder.form import Form, form_of
from minigan.data.folder.inverted import open_inverted
from minigan.errors import DataError
from minigan.io.messages import one_line
from minigan.io.safe_read import open_file

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["FORMATS", "Head", "PictureError", "formats", "named", "opened", "read_head"]

FORMATS = ("BMP", "DIB", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")


class Head(NamedTuple):
    """The header of a picture.

    Attributes
    ----------
    size : (int, int)
        Width and height, as Pillow gives them.
    packed : int
        The file's size in bytes.
    form : Form
    is_jpeg, progressive : bool
    """

    size: tuple[int, int]
    packed: int
    form: Form
    is_jpeg: bool
    progressive: bool

    @property
    def pixels(self) -> int:
        """The number of pixels."""
        return self.size[0] * self.size[1]


class PictureError(DataError):
    """A file is bad: `reason` says why; `lasting` whether it will be so until the file is changed."""

    def __init__(self, path: Path, reason: str, lasting: bool = True) -> None:
        super().__init__(f"{one_line(str(path))}: {reason}")
        self.reason, self.lasting = reason, lasting


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Every error in the ``with`` block names the file."""
    try:
        yield
    except PictureError:
        raise
    except Exception as error:  # on damaged files Pillow's decoders raise almost anything
        lasting = not isinstance(error, MemoryError) and getattr(error, "errno", None) is None
        raise PictureError(path, f"cannot be read as an image: {one_line(error)}", lasting) from None


@cache
def formats() -> tuple[str, ...]:
    """The formats that are read; AVIF is one of them where Pillow can read it."""
    from PIL import features

    return ("AVIF", *FORMATS) if "avif" in features.get_supported_modules() else FORMATS


@contextmanager
def opened(path: Path) -> "Iterator[Image]":
    """The picture at `path`, not yet decoded."""
    from PIL import Image, UnidentifiedImageError

    with open_file(path) as file:
        try:
            image: Image.Image = Image.open(file, formats=formats())
        except UnidentifiedImageError:
            image = open_inverted(file) or _unknown(file)
        except Image.DecompressionBombError:
            image = _large_jpeg(file)
        with image:
            yield image


def _unknown(file: BinaryIO) -> NoReturn:
    """Raise the error for what Pillow cannot open."""
    file.seek(0)
    if file.read(4) in (b"II*\0", b"MM\0*"):
        raise ValueError("a damaged TIFF, or one with values of a kind that Pillow does not know")
    raise ValueError(f"no picture in a format of {', '.join(formats())}, or damaged")


def _large_jpeg(file: BinaryIO) -> "Image":
    """A JPEG of more pixels than Pillow opens: it is decoded at a part of its size only."""
    from PIL.JpegImagePlugin import JpegImageFile

    file.seek(0)
    if file.read(3) != b"\xff\xd8\xff":
        raise ValueError(f"expected at most {limits.PIXELS:,} pixels; {limits.REMEDY}")
    file.seek(0)
    return JpegImageFile(file)


def read_head(path: Path) -> Head:
    """Read the header of a picture, and no pixels."""
    with named(path), opened(path) as image:
        is_jpeg = image.format in ("JPEG", "MPO")
        limits.check(image.size, limits.LARGEST if is_jpeg else limits.PIXELS)
        progressive = is_jpeg and "progressive" in image.info
        return Head(image.size, path.stat().st_size, form_of(image), is_jpeg, progressive)
