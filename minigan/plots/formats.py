"""The formats of pictures: the suffix of a file says what is written to it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minigan.errors import ConfigError
from minigan.io.targets import is_stream

__all__ = ["DRAWINGS", "FILMS", "IMAGES", "METADATA", "check_suffix", "format_of"]

#: Formats of images, and of drawings, whose lines may stay lines; and of animations. The first is for pipes.
IMAGES = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".avif": "AVIF",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
DRAWINGS = {".png": "png", ".svg": "svg", ".pdf": "pdf", ".jpg": "jpg", ".jpeg": "jpg", ".webp": "webp"}
FILMS = {".gif": "GIF"}

#: Metadata of drawings that are left out, since they differ from file to file.
METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Producer": None},
}


def format_of(path: str | Path, known: Mapping[str, str]) -> str:
    """The format that the suffix of `path` names; a pipe or a device without a suffix gets the first one.

    Raises
    ------
    ConfigError
        The suffix names none of them, or a format that this installation of Pillow cannot write.
    """
    from PIL import Image

    suffix = Path(path).suffix.lower()
    if not suffix and is_stream(path):
        return next(iter(known.values()))
    Image.init()
    written = {ending: name for ending, name in known.items() if name.islower() or name in Image.SAVE}
    if suffix not in written:
        raise ConfigError(f"expected a file name that ends with one of {', '.join(written)}, got {path}")
    return written[suffix]


def check_suffix(path: str | Path, suffix: str) -> None:
    """Refuse the name of a file of one format that says another; a pipe or a device may have any name."""
    if Path(path).suffix.lower() != suffix and not is_stream(path):
        raise ConfigError(f"expected a file name that ends with {suffix}, got {path}")
