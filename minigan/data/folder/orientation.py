"""The orientation that a camera notes: how a stored picture must be turned to be upright.

EXIF gives it a number from 1 (upright) to 8, in tag 274. Pillow finds EXIF data in JPEG, MPO, PNG (chunk eXIf), WebP,
AVIF and TIFF, and the same tag in XMP; a TIFF it turns itself while loading. These notes are no part of the picture:
where they are damaged, it is read as it is stored.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["SIDEWAYS", "orientation", "stored_box", "turned"]

TAG = 274

#: The orientations in which height and width are exchanged.
SIDEWAYS = frozenset({5, 6, 7, 8})


def orientation(image: "Image") -> int:
    """The number from 1 to 8 of a loaded picture; 1 if there is none, or if it cannot be read."""
    try:
        number = image.getexif().get(TAG)
    except Exception:  # damaged notes raise almost anything
        return 1
    return number if isinstance(number, int) and 1 <= number <= 8 else 1


def stored_box(box: tuple[int, int, int, int], size: tuple[int, int], number: int) -> tuple[int, int, int, int]:
    """Where a part (left, top, right, bottom) of the upright picture of this width and height is in the stored one."""
    left, top, right, bottom = box
    width, height = size
    if number in (2, 3, 6, 7):
        left, right = width - right, width - left
    if number in (3, 4, 7, 8):
        top, bottom = height - bottom, height - top
    return (top, left, bottom, right) if number in SIDEWAYS else (left, top, right, bottom)


def turned(image: "Image", number: int) -> "Image":
    """`image`, stored with this orientation, upright."""
    from PIL.Image import Transpose

    operations = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(operations[number]) if number in operations else image
