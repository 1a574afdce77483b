"""A picture is upright whatever its format and mode; damaged notes about a whole picture are passed over."""

import io
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from minigan import data
from tests.loops import loop_over

from .writers import exif, netpbm, png, tiff

#: The upright picture: no turn or reflection leaves it as it is, and it is not square.
UPRIGHT = np.repeat(np.repeat(np.array([[0, 255, 90], [200, 30, 140]]), 16, axis=0), 16, axis=1)

#: How the upright picture is stored, by the number that the EXIF standard gives it ("the 0th row is the visual ...").
STORED = {
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.T,
    6: UPRIGHT[::-1].T[::-1, ::-1],
    7: UPRIGHT[::-1, ::-1].T,
    8: UPRIGHT[::-1].T,
}


def by_pillow(kind: str, mode: str, **options):
    """A writer of a format that Pillow writes."""

    def write(stored: np.ndarray, number: int) -> bytes:
        file = io.BytesIO()
        notes = Image.Exif()
        notes[0x0112] = number
        image = Image.fromarray(stored.astype(np.uint8)).convert("RGB").convert(mode)
        image.save(file, kind, exif=notes, **options)
        return file.getvalue()

    return write


def opaque(stored: np.ndarray, bands: int, most: int) -> np.ndarray:
    """The picture in some bands, the last of them opaque."""
    colours = np.repeat(stored[..., np.newaxis] * (most // 255), bands - 1, axis=2)
    return np.concatenate([colours, np.full((*stored.shape, 1), most)], axis=2)


def with_palette(stored: np.ndarray, number: int) -> bytes:
    grey = np.repeat(np.arange(256)[:, np.newaxis], 3, axis=1)
    return png(stored, 8, palette=grey, transparent=b"\xff" * 256, orientation=number)


def adobe(stored: np.ndarray, number: int) -> bytes:
    return by_pillow("JPEG", "CMYK", quality=100)(stored, number)


#: Writers of the stored picture with its number.
WRITERS = {
    "jpeg grey": (".jpg", by_pillow("JPEG", "L", quality=100)),
    "jpeg": (".jpe", by_pillow("JPEG", "RGB", quality=100, subsampling=0)),
    "jpeg cmyk": (".jfif", adobe),
    "webp": (".webp", by_pillow("WEBP", "RGB", lossless=True)),
    "webp rgba": (".webp", by_pillow("WEBP", "RGBA", lossless=True)),
    "png": (".png", lambda stored, number: png(stored, 8, orientation=number)),
    "png, notes last": (".png", lambda stored, number: png(stored, 8, orientation=number, notes_last=True)),
    "png 16": (".png", lambda stored, number: png(stored * 257, 16, orientation=number)),
    "png la": (".png", lambda stored, number: png(opaque(stored, 2, 255), 8, orientation=number)),
    "png la 16": (".png", lambda stored, number: png(opaque(stored, 2, 65535), 16, orientation=number)),
    "png rgba": (".png", lambda stored, number: png(opaque(stored, 4, 255), 8, orientation=number)),
    "png rgba 16": (".png", lambda stored, number: png(opaque(stored, 4, 65535), 16, orientation=number)),
    "png palette": (".png", with_palette),
    "png one transparent": (
        ".png",
        lambda stored, number: png(stored, 8, transparent=b"\0\1", orientation=number),
    ),
    "tiff": (".tif", lambda stored, number: tiff(stored, 8, orientation=number)),
    "tiff deflated": (".tif", lambda stored, number: tiff(stored, 8, orientation=number, deflated=True)),
    "tiff 16": (".tif", lambda stored, number: tiff(stored * 257, 16, orientation=number)),
    "tiff 16 >": (".tif", lambda stored, number: tiff(stored * 257, 16, order=">", orientation=number)),
    "tiff 16 > deflated": (
        ".tif",
        lambda stored, number: tiff(stored * 257, 16, order=">", orientation=number, deflated=True),
    ),
    "tiff rgba 16": (
        ".tif",
        lambda stored, number: tiff(opaque(stored, 4, 65535), 16, photometric=2, extra=2, orientation=number),
    ),
    "tiff white is zero": (
        ".tif",
        lambda stored, number: tiff(65535 - stored * 257, 16, order=">", photometric=0, orientation=number),
    ),
}
if "avif" in features.get_supported_modules():
    WRITERS["avif"] = ".avif", by_pillow("AVIF", "RGB", quality=100, subsampling="4:4:4")


def read(folder: Path, content: bytes, suffix: str, **settings) -> np.ndarray:
    for old in folder.iterdir():
        old.unlink()
    (folder / f"a{suffix}").write_bytes(content)
    return data.load(f"folder:{folder}", channels=1, **settings).images[0, ..., 0].astype(int)


@loop_over(name=WRITERS)
@loop_over(number=STORED)
def test_every_format_and_mode_is_turned_upright(name, number, tmp_path):
    suffix, write = WRITERS[name]
    image = read(tmp_path, write(STORED[number], number), suffix)
    assert image.shape == UPRIGHT.shape
    assert abs(image - UPRIGHT).max() <= 8


@loop_over(name=WRITERS)
@loop_over(number=STORED)
@loop_over(size=[(8, 12), (10, 6), (7, 7)])
def test_a_turned_picture_is_cropped_and_resized_as_the_upright_one(name, number, size, tmp_path):
    suffix, write = WRITERS[name]
    expected = read(tmp_path, png(UPRIGHT), ".png", image_size=size)
    image = read(tmp_path, write(STORED[number], number), suffix, image_size=size)
    assert image.shape == size
    assert abs(image - expected).max() <= 16  # beside edges: bytes are cut off between rows and columns, too


JPEG = by_pillow("JPEG", "RGB", quality=100, subsampling=0)(UPRIGHT, 1)

#: EXIF blocks that are no use.
BROKEN = {
    "cut": exif(6)[:4],
    "cut later": exif(6)[:12],
    "no tiff": bytes(range(40)),
    "empty": b"",
    "a far directory": b"MM\0*\xff\xff\xff\xff",
    "a directory that is its own next": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
    "orientation 0": exif(0),
    "orientation 9": exif(9),
    "a text": b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHI4s", 274, 2, 4, b"six\0") + bytes(4),
    "a fraction by zero": b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHII", 274, 5, 1, 26) + bytes(4) + bytes(8),
    "an unknown type": b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 274, 99, 1, 6, 0) + bytes(4),
    "too many entries": b"MM\0*\0\0\0\x08\xff\xff" + bytes(20),
}


def jpeg_with(block: bytes) -> bytes:
    return JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 8) + b"Exif\0\0" + block + JPEG[2:]


def webp_with(block: bytes) -> bytes:
    file = io.BytesIO()
    Image.fromarray(UPRIGHT.astype(np.uint8)).convert("RGB").save(file, "WEBP", lossless=True, exif=block or b"\0")
    return file.getvalue()


@loop_over(name=BROKEN)
@loop_over(kind=["jpeg", "webp", "png", "png, notes last"])
def test_damaged_notes_leave_the_picture_as_it_is_stored(name, kind, tmp_path):
    block = BROKEN[name]
    content, suffix = {
        "jpeg": lambda: (jpeg_with(block), ".jpg"),
        "webp": lambda: (webp_with(block), ".webp"),
        "png": lambda: (png(UPRIGHT, notes=block or b"\0"), ".png"),
        "png, notes last": lambda: (png(UPRIGHT, notes=block or b"\0", notes_last=True), ".png"),
    }[kind]()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        image = read(tmp_path, content, suffix)
    assert image.shape == UPRIGHT.shape
    assert abs(image - UPRIGHT).max() <= 8
    assert not warned


def test_an_orientation_in_xmp_counts_where_exif_has_none(tmp_path):
    note = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><rdf:Description tiff:Orientation='8'/></x:xmpmeta>"
    stored = by_pillow("JPEG", "RGB", quality=100, subsampling=0)(STORED[8], 1)
    segment = b"\xff\xe1" + struct.pack(">H", len(note) + 2) + note.replace(b"'", b'"')
    plain = io.BytesIO()
    Image.fromarray(STORED[8].astype(np.uint8)).save(plain, "JPEG", quality=100)
    content = plain.getvalue()
    image = read(tmp_path, content[:2] + segment + content[2:], ".jpg")
    assert abs(image - UPRIGHT).max() <= 8
    assert read(tmp_path, stored, ".jpg").shape == STORED[8].shape  # EXIF says 1


def test_pictures_stored_in_both_ways_have_one_size_when_upright(tmp_path, refuses):
    (tmp_path / "a.png").write_bytes(png(STORED[6], orientation=6))
    (tmp_path / "b.png").write_bytes(png(UPRIGHT))
    (tmp_path / "c.pgm").write_bytes(netpbm(UPRIGHT, 255))
    images = data.load(f"folder:{tmp_path}").images
    assert (images == UPRIGHT[..., np.newaxis]).all()
    (tmp_path / "d.png").write_bytes(png(STORED[6]))
    with refuses(tmp_path / "d.png", "expected 32x48 (height x width) as a.png is, got 48x32", "--image-size 32"):
        data.load(f"folder:{tmp_path}")


@pytest.mark.parametrize("number", [6, 8])
def test_a_large_photograph_is_upright_too(number, tmp_path):
    """It is decoded at a part of its size."""
    large = np.kron(STORED[number], np.ones((20, 20), int))
    image = read(tmp_path, by_pillow("JPEG", "RGB", quality=95)(large, number), ".jpg", image_size=(20, 30))
    expected = read(tmp_path, png(UPRIGHT), ".png", image_size=(20, 30))
    assert abs(image - expected).mean() < 4
