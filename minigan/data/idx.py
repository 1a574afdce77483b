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

So the header says how long the file must be, and a file cut short is always found out.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from minigan.data.messages import one_line
from minigan.errors import DataError

__all__ = ["parse", "read", "unpack"]

UNSIGNED_BYTE = 0x08


def unpack(content: bytes, what: object) -> bytes:
    """`content`, decompressed if it is gzipped.

    The content decides, not the file's name: servers and browsers decompress on the way and keep the ``.gz``.

    Raises
    ------
    DataError
        The gzip data are cut short, or their checksum is wrong. `what` names them in the message.
    """
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, struct.error, zlib.error) as error:
        raise DataError(f"{what}: the gzip data are damaged: {one_line(error)}") from None


def parse(content: bytes, ndim: int, what: object) -> np.ndarray:
    """The array of bytes that a decompressed idx file holds.

    Parameters
    ----------
    content : bytes
    ndim : int
        How many dimensions it must have: 3 for images (N, H, W), 1 for labels (N,).
    what : object
        What error messages call it.

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
    expected = bytes([0, 0, UNSIGNED_BYTE, ndim])
    if content[:4] != expected:
        raise DataError(
            f"{what}: expected an idx{ndim} file of unsigned bytes, which begins with {expected.hex(' ')}, "
            f"got {content[:4].hex(' ') or 'an empty file'}"
        )
    start = 4 + 4 * ndim
    if len(content) < start:
        raise DataError(f"{what}: expected an idx header of {start} bytes, got {len(content)}")
    shape = struct.unpack(f">{ndim}I", content[4:start])
    count, found = math.prod(shape), len(content) - start
    if found != count:
        raise DataError(f"{what}: expected {count} values for shape {shape}, got {found}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read(path: Path, ndim: int) -> np.ndarray:
    """The array of bytes in the idx file at `path`, plain or gzipped; errors as `unpack` and `parse`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {one_line(error)}") from None
    return parse(unpack(content, path), ndim, path)
