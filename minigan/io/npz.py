"""Reads NumPy's .npy and .npz files without pickle, and with no more memory than the file's size justifies.

A header names the shape and dtype of an array. `numpy.load` believes it and allocates that much memory before it reads
a single number; here the header must agree with the number of bytes in the file. An .npz file is a zip archive of .npy
files, and its directory has the unpacked size of each: too large ones are refused, and `zipfile` unpacks no more than
the directory says.
"""

import math
import warnings
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import IO, BinaryIO

import numpy as np

from minigan.io.safe_read import most_unpacked, size_of

__all__ = ["Archive", "ObjectsError", "TooLargeError", "read_array"]

#: Maximum length of a header in bytes; NumPy itself refuses more than 10,000.
HEADER = 2**14

#: Maximum length of an array's name.
NAME = 200

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


class ObjectsError(ValueError):
    """An array holds pickled Python objects instead of numbers."""


class TooLargeError(ValueError):
    """The arrays of an archive would take too much memory."""


def read_array(file: IO[bytes], size: int) -> np.ndarray:
    """The array in an .npy file of `size` bytes.

    Raises
    ------
    ObjectsError
        It holds pickled objects.
    ValueError
        It holds more or fewer bytes than its header says. A damaged file can raise other errors, too.
    """
    begin = BytesIO(file.read(HEADER))
    with warnings.catch_warnings():  # about headers written by Python 2, and Python code in them, which is not run
        warnings.simplefilter("ignore")
        version = np.lib.format.read_magic(begin)
        if version not in HEADERS:
            raise ValueError(f"expected version 1.0 or 2.0 of the format, got {version[0]}.{version[1]}")
        shape, _, dtype = HEADERS[version](begin)
        if dtype.hasobject:
            raise ObjectsError("holds Python objects: pickle is refused")
        expected, found = math.prod(shape) * dtype.itemsize, size - begin.tell()
        if expected != found or min(shape, default=0) < 0:
            raise ValueError(f"expected {expected:,} bytes for {dtype} of shape {shape}, got {found:,}")
        file.seek(0)
        return np.lib.format.read_array(file, allow_pickle=False)


class Archive:
    """The arrays of an open .npz file by name; each is read on access.

    Parameters
    ----------
    file : binary file
    most : function
        From the size of the file to the largest size of its unpacked arrays.

    Attributes
    ----------
    names : list of str

    Raises
    ------
    TooLargeError
        Its arrays are larger than `most`.
    ValueError
        It has a compression that NumPy does not use. A damaged file can raise other errors, too.
    """

    def __init__(self, file: BinaryIO, most: Callable[[int], int] = most_unpacked) -> None:
        self.zip = zipfile.ZipFile(file)
        self.members = {member.filename.removesuffix(".npy"): member for member in self.zip.infolist()}
        self.names = list(self.members)
        if not all(name.isprintable() and len(name) <= NAME for name in self.names):
            raise ValueError(f"expected names of arrays, of at most {NAME} printable characters")
        unpacked, packed = sum(member.file_size for member in self.zip.infolist()), size_of(file)
        if unpacked > (limit := most(packed)):
            ratio = f"packed {unpacked // max(1, packed):,}:1"
            raise TooLargeError(f"expected at most {limit:,} bytes unpacked, got {unpacked:,}, {ratio}")
        if {member.compress_type for member in self.zip.infolist()} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise ValueError("expected arrays that are stored or deflated, as NumPy does")

    def __getitem__(self, name: str) -> np.ndarray:
        member = self.members[name]
        with self.zip.open(member) as file:
            return read_array(file, member.file_size)
