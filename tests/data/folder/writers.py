"""Picture files of any depth, written from the formats' specifications and not by Pillow, which lacks many of them."""

import struct
import zlib
from typing import Any

import numpy as np

__all__ = ["exif", "netpbm", "png", "tiff"]


def exif(orientation: int) -> bytes:
    """EXIF data with an orientation and nothing else."""
    return b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", 274, 3, 1, orientation, 0) + bytes(4)


def packed(values: np.ndarray, bits: int, order: str = ">") -> list[bytes]:
    """The rows of (H, W) or (H, W, C) values, each row in whole bytes, the first value in the upper bits."""
    rows = values.reshape(len(values), -1)
    if bits == 16:
        return [row.astype(f"{order}u2").tobytes() for row in rows]
    if bits == 8:
        return [row.astype(np.uint8).tobytes() for row in rows]
    digits = (rows[..., np.newaxis] >> np.arange(bits - 1, -1, -1)) & 1
    return [np.packbits(row.ravel().astype(np.uint8)).tobytes() for row in digits]


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(
    values: np.ndarray,
    bits: int = 8,
    *,
    palette: np.ndarray | None = None,
    transparent: bytes | None = None,
    orientation: int | None = None,
    notes: bytes | None = None,
    notes_last: bool = False,
) -> bytes:
    """A PNG of grey, grey and alpha, RGB or RGBA values (by the last axis), or of indices of a palette."""
    bands = 1 if values.ndim == 2 else values.shape[2]
    kind = 3 if palette is not None else {1: 0, 2: 4, 3: 2, 4: 6}[bands]
    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", values.shape[1], values.shape[0], bits, kind, 0, 0, 0))]
    if palette is not None:
        parts.append(chunk(b"PLTE", palette.astype(np.uint8).tobytes()))
    if transparent is not None:
        parts.append(chunk(b"tRNS", transparent))
    notes = exif(orientation) if orientation else notes
    if notes and not notes_last:
        parts.append(chunk(b"eXIf", notes))
    parts.append(chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in packed(values, bits)))))
    if notes and notes_last:
        parts.append(chunk(b"eXIf", notes))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def tiff(
    values: np.ndarray,
    bits: int,
    *,
    order: str = "<",
    photometric: int = 1,
    sample_format: int = 1,
    deflated: bool = False,
    orientation: int | None = None,
    extra: int | None = None,
    planes: int = 1,
) -> bytes:
    """A TIFF of one strip. `extra` is what a last band means: 1 premultiplied, 2 plain opacity."""
    bands = 1 if values.ndim == 2 else values.shape[2]
    if bits == 32 or sample_format == 2:
        data = values.astype(values.dtype.newbyteorder(order)).tobytes()
    else:
        data = b"".join(packed(values, bits, order))
    data = zlib.compress(data) if deflated else data
    height, width = values.shape[:2]
    tags: list[tuple[int, int, list[int]]] = [
        (256, 3, [width]),
        (257, 3, [height]),
        (258, 3, [bits] * bands),
        (259, 3, [8 if deflated else 1]),
        (262, 3, [photometric]),
        (273, 4, [8]),
        (277, 3, [bands]),
        (278, 3, [height]),
        (279, 4, [len(data)]),
        (284, 3, [planes]),
        (339, 3, [sample_format] * bands),
    ]
    if orientation:
        tags.append((274, 3, [orientation]))
    if extra is not None:
        tags.append((338, 3, [extra]))
    data += bytes(len(data) % 2)
    return tiff_of(sorted(tags), data, order)


def tiff_of(tags: list[tuple[int, int, list[int]]], data: bytes, order: str) -> bytes:
    """The data from byte 8 on, then the values of tags that take more than four bytes, then the directory."""
    far, entries = b"", b""
    start = 8 + len(data)
    for tag, kind, numbers in tags:
        content = struct.pack(f"{order}{len(numbers)}{'H' if kind == 3 else 'I'}", *numbers)
        if len(content) > 4:
            place = struct.pack(f"{order}I", start + len(far))
            far += content + bytes(len(content) % 2)
        else:
            place = content.ljust(4, b"\0")
        entries += struct.pack(f"{order}HHI", tag, kind, len(numbers)) + place
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, start + len(far))
    return head + data + far + struct.pack(f"{order}H", len(tags)) + entries + bytes(4)


def netpbm(values: np.ndarray, most: int, plain: bool = False) -> bytes:
    """A PGM or PPM whose greatest value is `most`."""
    kind = (2 if values.ndim == 2 else 3) + (0 if plain else 3)
    head = b"P%d\n# a comment\n%d %d\n%d\n" % (kind, values.shape[1], values.shape[0], most)
    if plain:
        return head + b" ".join(b"%d" % value for value in values.ravel()) + b"\n"
    return head + values.astype(np.uint8 if most < 256 else ">u2").tobytes()


def scaled(values: np.ndarray, low: float, high: float) -> Any:
    """What the values are as bytes."""
    return np.rint((values.astype(np.float64) - low) / (high - low) * 255)
