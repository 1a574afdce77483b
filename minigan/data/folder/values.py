"""The values of a picture as they are in its file, with all their bits.

Pillow has no mode for colours of 16 bits: it keeps the upper byte of each. But its raw modes name the order of the two
bytes, and the byte that it keeps is the first of big-endian values and the second of little-endian ones. Decoding the
file a second time with the other order therefore gives the lower bytes.
"""

import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minigan.data.folder.header import Form, Kind, opened, raw_mode

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Values", "mend_byte_order", "mend_transparency", "read_values", "without_premultiplication"]

#: The other order of the bytes; N is that of this machine.
SWAPPED = {"L": "B", "B": "L", "N": "B" if sys.byteorder == "little" else "L"}

#: Raw modes of numbers with a sign or a fraction.
NUMBER = re.compile("([IF];(?:16|32))B?([SF])")


class Values(NamedTuple):
    """The values of a picture.

    Attributes
    ----------
    colours : ndarray, shape (H, W) or (H, W, 3)
        Numbers of any type.
    opacity : ndarray of float32, shape (H, W), optional
        From 0 to 1; None if there is no transparency.
    """

    colours: np.ndarray
    opacity: np.ndarray | None


def read_values(path: Path, image: "Image", form: Form) -> Values:
    """The values of the picture at `path`, opened and loaded as `image`.

    Raises
    ------
    ValueError
        The picture is damaged, or its values cannot be read with all their bits.
    """
    match form.kind:
        case Kind.BYTES:
            return _bytes(image, form)
        case Kind.COLOUR_16:
            return _sixteen_bits(path, image)
        case Kind.COLOUR_PNM:
            return Values(_netpbm(path, image.size, 3), None)
        case Kind.SIGNED_BYTES:
            return Values(np.asarray(image).view(np.int8), None)
    if image.format == "PPM" and image.mode == "I":
        return Values(_netpbm(path, image.size, 1), None)
    numbers = np.asarray(image)
    if numbers.dtype == np.int32 and form.low >= 0:
        numbers = numbers.view(np.uint32)
    return Values(numbers, _keyed(numbers, image.info.get("transparency")))


def mend_byte_order(image: "Image") -> None:
    """Have Pillow take unpacked numbers of a TIFF as what they are, in this machine's order of bytes.

    libtiff unpacks them to that order; Pillow accounts for it in pictures of unsigned numbers of 16 bits only.
    """
    tiles = getattr(image, "tile", [])
    if len(tiles) == 1 and tiles[0][0] == "libtiff" and (number := NUMBER.fullmatch(raw_mode(image))):
        image.tile = [_with_raw_mode(tiles[0], f"{number[1]}N{number[2]}")]  # type: ignore[attr-defined]


def mend_transparency(image: "Image", form: Form) -> None:
    """Scale the transparent value of a PNG of fewer than 8 bits as Pillow scales the pixels, but not this value."""
    value = image.info.get("transparency")
    if image.format == "PNG" and image.mode in ("1", "L") and isinstance(value, int):
        image.info["transparency"] = min(value * 255 // int(form.high), 255)  # newer versions scale that of one bit


def _bytes(image: "Image", form: Form) -> Values:
    """Values of at most 8 bits, from 0 to `form.high`; colours of palettes, CMYK and L*a*b* are those of RGB."""
    mend_transparency(image, form)
    if form.transparent:
        colours = np.asarray(without_premultiplication(image).convert("RGBA"))
        opacity = colours[..., 3].astype(np.float32) / 255
        colours = colours[..., 0] if form.grey else colours[..., :3]
    else:
        colours, opacity = np.asarray(image.convert("L" if form.grey else "RGB")), None
    if form.high < 255:
        high = np.uint16(form.high)
        colours = ((colours * high + np.uint16(127)) // np.uint16(255)).astype(np.uint8)
    return Values(np.uint8(form.high) - colours if form.white_is_zero else colours, opacity)


def without_premultiplication(image: "Image") -> "Image":
    """Pillow converts such an image to its plain form only."""
    plain = {"La": "LA", "RGBa": "RGBA"}.get(image.mode)
    if image.mode == "1":
        grey = image.convert("L")
        grey.info = image.info
        return grey
    return image.convert(plain) if plain else image


def _sixteen_bits(path: Path, image: "Image") -> Values:
    """Colours of 16 bits, from two readings."""
    with opened(path) as again:
        raw = raw_mode(again)
        if raw.startswith("RGBa"):  # Pillow has divided the colours by the opacity
            raise ValueError("16 bits a colour, multiplied by the opacity; save it without that")
        grey = raw.startswith("LA")
        other = "RGBA" if grey else raw[:-1] + SWAPPED[raw[-1]]
        again.tile = [_with_raw_mode(tile, other) for tile in again.tile]  # type: ignore[attr-defined]
        lower = np.asarray(again).astype(np.uint16)
    # Grey with opacity has four bytes a pixel, which were all read this time.
    upper, lower = (lower[..., ::2], lower[..., 1::2]) if grey else (np.asarray(image).astype(np.uint16), lower)
    values = upper << 8 | lower
    colours, opacity = values[..., : 1 if grey else 3], None
    if values.shape[2] > colours.shape[2]:
        opacity = values[..., -1].astype(np.float32) / 65535
    key = image.info.get("transparency")
    return Values(colours[..., 0] if grey else colours, _keyed(colours, key) if opacity is None else opacity)


def _with_raw_mode(tile: Any, raw: str) -> Any:
    """A tile of Pillow with another raw mode."""
    arguments = (raw, *tile[3][1:]) if isinstance(tile[3], tuple) else raw
    return tile._replace(args=arguments) if hasattr(tile, "_replace") else (*tile[:3], arguments)


def _keyed(values: np.ndarray, key: Any) -> np.ndarray | None:
    """The opacity of a picture in which one value or colour is transparent; None if there is no such value."""
    if key is None:
        return None
    other = values != np.asarray(key)
    return (other if other.ndim == 2 else other.any(axis=2)).astype(np.float32)


def _netpbm(path: Path, size: tuple[int, int], bands: int) -> np.ndarray:
    """The values of a PGM or PPM whose greatest value is above 255."""
    from PIL import Image

    (width, height), shape = size, (size[1], size[0], bands)
    with opened(path) as image:
        decoder, _, offset, arguments = image.tile[0]  # type: ignore[attr-defined]
        most = arguments[-1] if isinstance(arguments, tuple) else 65535
        image.fp.seek(offset)  # type: ignore[attr-defined]
        rest = image.fp.read()  # type: ignore[attr-defined]
    if decoder == "ppm_plain":  # in words: as one wide grey picture, which Pillow scales to 65,535
        with Image.open(io.BytesIO(b"P2 %d %d %d\n" % (bands * width, height, most) + rest), formats=("PPM",)) as grey:
            values = (np.asarray(grey).astype(np.int64) * most + 32767) // 65535
    else:
        values = np.frombuffer(rest, ">u2", count=width * height * bands)
    if values.max() > most:
        raise ValueError(f"expected values up to the {most} that its header states, got {values.max()}")
    values = values.reshape(shape).astype(np.uint16)
    return values[..., 0] if bands == 1 else values
