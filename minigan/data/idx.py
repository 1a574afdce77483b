"""The idx format of MNIST and its kin, plain or gzipped.

=======  =====================================================
bytes    meaning
=======  =====================================================
0, 1     zero
2        the type of the values; 0x08 is an unsigned byte
3        the number of dimensions, d
4 ...    d sizes, each a big-endian 32-bit unsigned integer
...      the values, last dimension fastest
=======  =====================================================

So the header determines the length of the file, and a truncated file is always detected.
"""

import gzip
import math
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np

from minigan.errors import DataError
from minigan.io.messages import one_line
from minigan.io.safe_read import most_unpacked, open_file, read_bytes, size_of

__all__ = ["parse", "read", "unpack"]

UNSIGNED_BYTE = 0x08
GZIP = b"\x1f\x8b"


def unpack(content: bytes, what: object) -> bytes:
    """`content`, decompressed if it is gzipped.

    The content decides, not the file's name: servers and browsers decompress on the way and keep the ``.gz``.

    Raises
    ------
    DataError
        The gzip data are cut short, their checksum is wrong, or their compression ratio is implausible.
        `what` names them in the message.
    """
    if not content.startswith(GZIP):
        return content
    most = most_unpacked(len(content))
    try:
        with gzip.GzipFile(fileobj=BytesIO(content)) as file:
            unpacked = file.read(most + 1)
    except (EOFError, OSError, MemoryError, struct.error, zlib.error) as error:
        raise DataError(f"{what}: the gzip data are damaged: {one_line(error)}") from None
    if len(unpacked) > most:
        raise DataError(f"{what}: expected at most {most:,} bytes unpacked from {len(content):,}, got more")
    return unpacked


def parse(content: bytes, ndim: int, what: object) -> np.ndarray:
    """The array of bytes that a decompressed idx file holds.

    Parameters
    ----------
    content : bytes
    ndim : int
        How many dimensions it must have: 3 for images (N, H, W), 1 for labels (N,).
    what : object
        Its name in error messages.

    Returns
    -------
    ndarray of uint8
        A read-only view of `content`.

    Raises
    ------
    DataError
        It is not idx, holds another type or number of dimensions, or is shorter or longer than its header
        says.
    """
    start = 4 + 4 * ndim
    shape = _shape(content[:start], len(content), ndim, what)
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _shape(header: bytes, size: int, ndim: int, what: object) -> tuple[int, ...]:
    """The shape in a header, if the file's size agrees with it."""
    expected = bytes([0, 0, UNSIGNED_BYTE, ndim])
    if header[:4] != expected:
        raise DataError(
            f"{what}: expected an idx{ndim} file of unsigned bytes, which begins with {expected.hex(' ')}, "
            f"got {header[:4].hex(' ') or 'an empty file'}"
        )
    start = 4 + 4 * ndim
    if len(header) < start:
        raise DataError(f"{what}: expected an idx header of {start} bytes, got {len(header)}")
    shape = struct.unpack(f">{ndim}I", header[4:start])
    count, found = math.prod(shape), size - start
    if found != count:
        raise DataError(f"{what}: expected {count} values for shape {shape}, got {found}")
    return shape


def read(path: Path, ndim: int) -> np.ndarray:
    """The array of bytes in the idx file at `path`, plain or gzipped; errors as `unpack` and `parse`."""
    try:
        with open_file(path) as file:
            header = file.read(4 + 4 * ndim)
            if not header.startswith(GZIP):
                _shape(header, size_of(file), ndim, path)  # before the content is read
        content = read_bytes(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {one_line(error)}") from None
    return parse(unpack(content, path), ndim, path)
