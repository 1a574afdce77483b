"""Damaged picture files of all formats."""

import io
import struct
import zlib
from functools import cache

import numpy as np

from .damage import INTEGERS, Luck, blindly, integer, now_and_then, words

__all__ = ["picture"]

#: Formats, the modes that they can hold, and the ends of their files' names.
FORMATS = {
    "PNG": (("L", "RGB", "P", "RGBA", "LA", "I;16", "1"), ".png"),
    "JPEG": (("L", "RGB", "CMYK"), ".jpg"),
    "GIF": (("L", "P"), ".gif"),
    "BMP": (("L", "RGB", "1"), ".bmp"),
    "TIFF": (("L", "RGB", "RGBA", "I;16", "F", "CMYK"), ".tif"),
    "WEBP": (("RGB", "RGBA"), ".webp"),
    "PPM": (("L", "RGB", "1"), ".ppm"),
}

#: Other formats that Pillow knows: they have no business in a folder of pictures.
FOREIGN = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n(x) print quit\n",
    b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 9, 9, 8, 3) + bytes(40),
    b"SIMPLE  =                    T" + b" " * 50 + b"BITPIX  =                    8" + b" " * 50,
    b"\x00\x00\x01\x00\x01\x00\x08\x08" + bytes(30),
    b"qoif" + struct.pack(">IIBB", 2**31, 2**31, 4, 0),
    b"DDS " + bytes(140),
)


@cache
def valid(kind: str, mode: str, size: int, compression: str | None = None) -> bytes:
    """A whole picture of noise."""
    from PIL import Image

    noise = np.random.default_rng(size).integers(0, 256, (size, size, 4), np.uint8)
    image = Image.fromarray(noise)
    if mode == "I;16":
        image = Image.fromarray(noise[..., :2].copy().view("<u2")[..., 0])
    else:
        image = image.convert("RGB").convert(mode) if mode not in ("RGBA", "LA") else image.convert(mode)
    options: dict = {"compression": compression} if compression else {}
    if kind == "JPEG" and size % 2:
        exif = Image.Exif()
        exif[0x0112] = 6
        options["exif"] = exif
    if kind == "PNG" and mode in ("L", "RGB", "P") and size % 2:
        options["transparency"] = {"RGB": (1, 2, 3)}.get(mode, 7)
    if kind == "GIF" and size % 2:
        options.update(save_all=True, append_images=[image, image], loop=0)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def picture(rng: Luck, size: int) -> tuple[str, bytes]:
    """The end of a name, and a file that may be damaged or of another format than it says."""
    if rng.random() < 0.001 and rng.bad:
        return ".png", blindly(rng, large())
    kind = rng.choice(("PNG", "PNG", *FORMATS))
    modes, suffix = FORMATS[kind]
    mode = rng.choice(modes)
    compressions = {"TIFF": (None, "tiff_lzw", "tiff_adobe_deflate", "packbits")}.get(kind, (None,))
    content = valid(kind, mode, size, rng.choice(compressions))
    if now_and_then(rng, 0.02):
        content = rng.choice(FOREIGN)
    elif kind == "PNG":
        content = png(rng, content)
    elif kind == "PPM" and now_and_then(rng, 0.3):
        content = b"P%d %d %d %d\n" % (rng.randint(1, 7), integer(rng, size), integer(rng, size), integer(rng, 255))
        content += rng.randbytes(3 * size * size)
    else:
        content = numbers(rng, content)
    if now_and_then(rng, 0.05):
        _, suffix = FORMATS[rng.choice(list(FORMATS))]
    return suffix, blindly(rng, content)


@cache
def large() -> bytes:
    """As many pixels as a picture may have, all of them transparent."""
    side, packer = 7094, zlib.compressobj(1)
    rows = [packer.compress(bytes(1 + 2 * side)) for _ in range(side)]
    header = struct.pack(">IIBBBBB", side, side, 8, 4, 0, 0, 0)
    return whole([(b"IHDR", header), (b"IDAT", b"".join(rows) + packer.flush()), (b"IEND", b"")])


def numbers(rng: Luck, content: bytes) -> bytes:
    """Other numbers in the place of those in a header or a directory."""
    if now_and_then(rng, 0.4):
        changed = bytearray(content)
        for _ in range(rng.randint(1, 3)):
            form = rng.choice(("<H", ">H", "<I", ">I"))
            width = struct.calcsize(form)
            place = rng.randrange(min(len(content), rng.choice((32, 200, 10**6))))
            changed[place : place + width] = struct.pack(form, rng.choice(INTEGERS) % 256**width)
        return bytes(changed)
    return content


def png(rng: Luck, content: bytes) -> bytes:
    """Chunks that are changed, left out, repeated, in another order or new, all with right checksums."""
    chunks, place = [], 8
    while place < len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        chunks.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + length]))
        place += length + 12
    if now_and_then(rng, 0.3):
        width, height, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
        sizes = [integer(rng, size, 0.4) % 2**32 for size in (width, height)]
        fields = [integer(rng, value, 0.1) % 256 for value in rest]
        chunks[0] = (b"IHDR", struct.pack(">IIBBBBB", *sizes, *fields))
    if now_and_then(rng, 0.2):
        name = rng.choice((b"IDAT", b"PLTE", b"tRNS", b"eXIf", b"iCCP", b"zTXt", b"acTL", b"gAMA", b"IEND", b"pHYs"))
        bomb = packed_zeros(rng.choice((100, 2**20, 2**26 if now_and_then(rng) else 100)))
        data = rng.choice((b"", b"icc\0\0" + bomb, bomb, words(rng).encode("utf-8", "replace"), bytes(6)))
        chunks.insert(rng.randrange(len(chunks) + 1), (name, data))
    if now_and_then(rng, 0.1):
        rng.shuffle(chunks)
    if now_and_then(rng, 0.1):
        del chunks[rng.randrange(len(chunks))]
    chunks = [(name, blindly(rng, data, 0.1)) for name, data in chunks]
    return whole(chunks)


@cache
def packed_zeros(count: int) -> bytes:
    """So many zeros."""
    return zlib.compress(bytes(count))


def whole(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG of these chunks."""
    parts = [struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
