"""TIFFs in which zero is white and whose values have a layout that Pillow knows only where zero is black.

Such are big-endian numbers of 16 bits, and all numbers with a sign. The file is opened with the other interpretation,
and the values are inverted after they are scaled.
"""

import io
import struct
from typing import TYPE_CHECKING, BinaryIO

from minigan.io.safe_read import size_of

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["INVERTED", "open_inverted"]

#: The key in `Image.info` that marks them.
INVERTED = "minigan: zero is white"

#: Maximum size of such a file in bytes.
MOST = 2**30

ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
PHOTOMETRIC, SHORT = 262, 3


def open_inverted(file: BinaryIO) -> "Image | None":
    """The picture in an open file, if it is such a TIFF."""
    from PIL import Image, UnidentifiedImageError

    file.seek(0)
    order = ORDERS.get(file.read(4))
    if order is None or size_of(file) > MOST:
        return None
    file.seek(0)
    content = bytearray(file.read())
    try:
        (directory,) = struct.unpack_from(f"{order}I", content, 4)
        (count,) = struct.unpack_from(f"{order}H", content, directory)
        for entry in range(directory + 2, directory + 2 + 12 * count, 12):
            if struct.unpack_from(f"{order}HHIH", content, entry) == (PHOTOMETRIC, SHORT, 1, 0):
                struct.pack_into(f"{order}H", content, entry + 8, 1)
                image = Image.open(io.BytesIO(content), formats=("TIFF",))
                image.info[INVERTED] = True
                return image
    except (struct.error, UnidentifiedImageError):
        return None
    return None
