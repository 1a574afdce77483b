"""Opening a picture, and what its format says about its values.

Pillow's modes do not say what a value means: mode I may have 16 bits of a PNG, signed 16 bits of a TIFF, or a
PGM's values scaled to 65,535; mode L may be a picture of four bits, or one whose bytes have signs. So the meaning is
decided here, once for each file, by its format and by what the header states (the raw mode, which is the layout of the
stored values, and the tags of a TIFF).

Pillow gets a list of formats, because it would pass an EPS file to Ghostscript, which runs it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, NoReturn

import numpy as np

from minigan.data.folder import limits
from minigan.data.folder.inverted import INVERTED, open_inverted
from minigan.errors import DataError
from minigan.io.messages import one_line
from minigan.io.safe_read import open_file

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["FORMATS", "Form", "Head", "Kind", "PictureError", "form_of", "named", "opened", "raw_mode", "read_head"]

FORMATS = ("AVIF", "BMP", "DIB", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")

#: Numbers of tags in a TIFF.
BITS, PHOTOMETRIC, SAMPLE_FORMAT, PLANES = 258, 262, 339, 284


class Kind(Enum):
    """How the values of a picture are read."""

    BYTES = "8 bits or fewer, which Pillow scales to 8"
    SIGNED_BYTES = "8 bits with a sign"
    NUMBERS = "one number a pixel, with more than 8 bits"
    COLOUR_16 = "several numbers a pixel, of 16 bits each"
    COLOUR_PNM = "three numbers a pixel, up to a maximum that the file states"


class Form(NamedTuple):
    """What the values of a picture mean.

    Attributes
    ----------
    kind : Kind
    grey : bool
        It is stored as grey, or as black and white.
    transparent : bool
    low, high : int
        The least and the greatest value that the file can hold.
    stated : bool
        Whether low is black and high is white; if not (numbers with a sign, of 32 bits, floating point) the user must
        state a range.
    white_is_zero : bool
        Low values are light.
    words : str
        A description.
    """

    kind: Kind
    grey: bool
    transparent: bool
    low: float
    high: float
    stated: bool
    white_is_zero: bool
    words: str


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


@contextmanager
def opened(path: Path) -> "Iterator[Image]":
    """The picture at `path`, not yet decoded."""
    from PIL import Image, UnidentifiedImageError

    with open_file(path) as file:
        try:
            image: Image.Image = Image.open(file, formats=FORMATS)
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
    raise ValueError(f"no picture in a format of {', '.join(FORMATS)}, or damaged")


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


def raw_mode(image: "Image") -> str:
    """How the values are stored, in Pillow's words, as ``RGB;16B``; empty for formats that have but one way."""
    arguments = image.tile[0][3] if getattr(image, "tile", None) else ""  # type: ignore[attr-defined]
    first = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return first if isinstance(first, str) else ""


def form_of(image: "Image") -> Form:
    """What the values of an opened picture mean."""
    bands, raw = image.getbands(), raw_mode(image)
    grey = bands[0] in ("1", "I", "F") or image.mode in ("L", "LA", "La") or raw.startswith("LA;16")
    transparent = (bands[-1] in ("A", "a") and not raw.startswith("RGBX")) or "transparency" in image.info
    form = Form(Kind.BYTES, grey, transparent, 0, 255, True, False, "")
    match image.format:
        case "PPM":
            form = _netpbm_form(form, image)
        case "TIFF":
            form = _tiff_form(form, image, raw)
        case "PNG":
            form = _png_form(form, image, raw)
    return form._replace(words=_words(form, image))


def _png_form(form: Form, image: "Image", raw: str) -> Form:
    """A PNG has 1, 2, 4, 8 or 16 bits; a palette's colours always have 8."""
    bits = 1 if image.mode == "1" else int((re.findall(r";(\d+)", raw) or ["8"])[0])
    if bits == 16:
        return form._replace(kind=Kind.NUMBERS if form.grey and "LA" not in raw else Kind.COLOUR_16, high=65535)
    return form if image.mode == "P" else form._replace(high=2**bits - 1)


def _netpbm_form(form: Form, image: "Image") -> Form:
    """PBM, PGM and PPM state their greatest value; PFM has floating-point numbers."""
    if image.mode == "F":
        return form._replace(kind=Kind.NUMBERS, low=float("-inf"), high=float("inf"), stated=False)
    if image.mode == "1":
        return form._replace(high=1, white_is_zero=True)
    arguments = image.tile[0][3]  # type: ignore[attr-defined]
    number = arguments[-1] if isinstance(arguments, tuple) else (65535 if arguments == "I;16B" else 255)
    high = number if isinstance(number, int) and number > 0 else 255
    kind = Kind.NUMBERS if image.mode == "I" else Kind.COLOUR_PNM if high > 255 else Kind.BYTES
    return form._replace(kind=kind, high=high)


def _tiff_form(form: Form, image: "Image", raw: str) -> Form:
    """A TIFF's tags state the bits, whether there are signs or fractions, and whether 0 is white."""
    tags = image.tag_v2  # type: ignore[attr-defined]
    bits, sample_format = _first(tags.get(BITS, 1)), _first(tags.get(SAMPLE_FORMAT, 1))
    form = form._replace(white_is_zero=form.grey and (tags.get(PHOTOMETRIC, 0) == 0 or INVERTED in image.info))
    if image.mode == "F":
        return form._replace(kind=Kind.NUMBERS, low=float("-inf"), high=float("inf"), stated=False)
    if form.grey and sample_format == 2:  # numbers with a sign
        kind = Kind.SIGNED_BYTES if bits == 8 else Kind.NUMBERS
        return form._replace(kind=kind, low=-(2 ** (bits - 1)), high=2 ** (bits - 1) - 1, stated=False)
    if form.grey and bits > 8:
        return form._replace(kind=Kind.NUMBERS, high=2**bits - 1, stated=bits <= 16)
    if bits > 8 and tags.get(PLANES, 1) == 2:  # Pillow takes them for 8 bits
        raise ValueError(f"{bits} bits a colour in separate planes; save it with its colours pixel by pixel")
    if ";16" in raw and image.mode != "CMYK":  # 16-bit CMYK is converted from its upper 8 bits
        return form._replace(kind=Kind.COLOUR_16, high=65535)
    return form._replace(high=2**bits - 1) if form.grey else form


def _first(value: Any) -> int:
    """The first of a tag's numbers."""
    return int(value[0] if isinstance(value, tuple) else value)


def _words(form: Form, image: "Image") -> str:
    """A description, as ``16-bit grey``."""
    bits = max(int(form.high - form.low).bit_length(), 1) if np.isfinite(form.high) else None
    depth = f"{bits}-bit" if bits else "floating-point"
    others = {"P": "palette", "PA": "palette", "CMYK": "CMYK", "LAB": "L*a*b*"}
    colour = "grey" if form.grey else others.get(image.mode, "RGB")
    return f"{depth} {colour}" + (" with transparency" if form.transparent else "")
