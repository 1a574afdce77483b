"""The idx format of MNIST and its kin, plain or gzipped.

=======  =====================================================
bytes    meaning
=======  =====================================================
0, 1     zero
2        the type of the values: see `TYPES`; 0x08 is an unsigned byte
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
from minigan.io.safe_read import most_in_memory, open_file, read_bytes, size_of

__all__ = ["TYPES", "parse", "read", "unpack"]

#: The types of values by their number in the header; all are big-endian.
TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"

#: The length of the longest header that is read, of four dimensions.
HEADER = 20


def unpack(content: bytes, what: object) -> bytes:
    """`content`, decompressed if it is gzipped.

    The content decides, not the file's name: servers and browsers decompress on the way and keep the ``.gz``.

    Raises
    ------
    DataError
        The gzip data are cut short, their checksum is wrong, or they are larger than the memory.
        `what` names them in the message.
    """
    if not content.startswith(GZIP):
        return content
    most = most_in_memory(len(content))
    try:
        with gzip.GzipFile(fileobj=BytesIO(content)) as file:
            unpacked = file.read(most + 1)
    except (EOFError, OSError, MemoryError, struct.error, zlib.error) as error:
        raise DataError(f"{what}: the gzip data are damaged: {one_line(error)}") from None
    if len(unpacked) > most:
        ratio = f"packed more than {most // len(content):,}:1"
        raise DataError(
            f"{what}: expected at most {most:,} bytes unpacked from {len(content):,}, got more, {ratio}: unpack it "
            "with gunzip"
        )
    return unpacked


def parse(content: bytes, ndims: int | tuple[int, ...], what: object) -> np.ndarray:
    """The array that a decompressed idx file holds.

    Parameters
    ----------
    content : bytes
    ndims : int or tuple of int
        How many dimensions it may have: 3 for images (N, H, W), 4 for images (N, H, W, C), 1 for labels (N,).
    what : object
        Its name in error messages.

    Returns
    -------
    ndarray
        Of bytes: a read-only view of `content`. Of other types: a copy in the machine's byte order.

    Raises
    ------
    DataError
        It is not idx, holds another type or number of dimensions, or is shorter or longer than its header
        says.
    """
    header = content[:HEADER]
    shape, dtype = _shape(header, len(content), ndims, what)
    values = np.frombuffer(content, dtype, offset=4 + 4 * len(shape)).reshape(shape)
    return values.astype(dtype.newbyteorder("="), copy=False)


def _shape(header: bytes, size: int, ndims: int | tuple[int, ...], what: object) -> tuple[tuple[int, ...], np.dtype]:
    """The shape and the type in a header, if the file's size agrees with them."""
    allowed = (ndims,) if isinstance(ndims, int) else ndims
    if header[:2] != b"\0\0" or len(header) < 4 or header[2] not in TYPES or header[3] not in allowed:
        begins = " or ".join(bytes([0, 0, 8, ndim]).hex(" ") for ndim in allowed)
        kinds = " or ".join(f"idx{ndim}" for ndim in allowed)
        raise DataError(
            f"{what}: expected an {kinds} file, which begins with {begins} for unsigned bytes, "
            f"got {header[:4].hex(' ') or 'an empty file'}"
        )
    ndim, dtype = header[3], np.dtype(TYPES[header[2]])
    start = 4 + 4 * ndim
    if len(header) < start:
        raise DataError(f"{what}: expected an idx header of {start} bytes, got {len(header)}")
    shape = struct.unpack(f">{ndim}I", header[4:start])
    count, (found, rest) = math.prod(shape), divmod(size - start, dtype.itemsize)
    if found != count or rest:
        raise DataError(f"{what}: expected {count} values for shape {shape}, got {found}")
    return shape, dtype


def read(path: Path, ndims: int | tuple[int, ...]) -> np.ndarray:
    """The array in the idx file at `path`, plain or gzipped; errors as `unpack` and `parse`."""
    try:
        with open_file(path) as file:
            header = file.read(HEADER)
            if not header.startswith(GZIP):
                _shape(header, size_of(file), ndims, path)  # before the content is read
        content = read_bytes(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {one_line(error)}") from None
    return parse(unpack(content, path), ndims, path)
