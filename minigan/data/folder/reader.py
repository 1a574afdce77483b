"""`load`: the pictures of a folder as a data set."""

import time
from pathlib import Path

from minigan.data.folder import cache as caching
from minigan.data.folder.dataset import FolderDataset, Pictures
from minigan.data.folder.decode import decode
from minigan.data.folder.files import Found, find
from minigan.data.folder.settings import Settings, checked_settings

__all__ = ["load"]


def load(
    folder: Path,
    *,
    image_size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    value_range: tuple[float, float] | None = None,
    background: str | None = None,
    skip_bad: bool = False,
    cache: bool = True,
) -> FolderDataset:
    """All images in `folder` and below it, in the order of their paths, as uint8 from 0 to 255.

    An image is turned upright as its EXIF data say, and blended over the background where it is transparent; of an
    animation the first frame counts. Files and folders whose name begins with a dot are left out. Links are followed
    within limits: see `minigan.data.folder.files`.

    The bytes are those of the file for pictures of 8 bits. Pictures of other depths (1 to 16 bits, in PNG, PGM, PPM and
    TIFF) are scaled from the whole range of their depth, with all their bits::

        byte = round(255 (v - low) / (high - low))

    A stated range [low, high] is that of the values in the files, for every depth and format: ``(0, 4095)`` for PNGs
    of 16 bits from a camera of 12, ``(0, 1)`` for masks of 0 and 1 with 8 bits. In colour pictures it applies to red,
    green and blue; the colours of palettes, CMYK and L*a*b* are those of RGB, from 0 to 255. Numbers with a sign, of
    32 bits or with fractions need such a range, for nothing in the file says which of them is black.

    A JPEG at least four times as large as asked for is decoded at a half, a quarter or an eighth of its size, which is
    up to ten times as fast.

    Parameters
    ----------
    folder : Path
    image_size : int or (int, int), optional
        Crop each image to the largest part in its middle that has this ratio of height to width, and resize that
        (Lanczos) to this height and width; one number makes squares. Default: nothing is cropped or resized, and all
        images must have one size.
    channels : {1, 3}, optional
        Convert to grey (ITU-R 601-2 luma) or to RGB. Default: 1 if all files are stored as grey, else 3.
    value_range : (float, float), optional
        The values in the files that are black and white. Default: the whole range of each file's depth.
    background : str, optional
        The colour behind transparent pixels: a name as ``white``, or ``#rrggbb``. Default: black.
    skip_bad : bool
        Leave out files that cannot be read or do not fit the range; `FolderDataset.skipped` names them.
    cache : bool
        Keep the decoded images for the next start: see `minigan.data.folder.cache`.

    Raises
    ------
    DataError
        There is no such folder, no image in it, one that cannot be read, has too many pixels or values outside the
        stated range, or (without `image_size`) one of another size; the message names the first such file.
    """
    settings = checked_settings(folder, image_size, channels, value_range, background)
    found = find(folder)
    return FolderDataset(folder, _pictures(folder, found, settings, skip_bad, cache and caching.is_on()))


def _pictures(folder: Path, found: Found, settings: Settings, skip_bad: bool, cache: bool) -> Pictures:
    """The pictures, from the cache or decoded."""
    began, clock = time.time(), time.monotonic()
    key = caching.key_of(folder, found, settings) if cache else None
    if key is not None and (kept := caching.get(key, found)) is not None and (skip_bad or not kept.skipped):
        return kept
    pictures, lasting = decode(folder, found, settings, skip_bad)
    if key is not None and lasting and time.monotonic() - clock >= caching.WORTH:
        caching.put(key, pictures, began)
    return pictures
