"""Checks of the places for outputs, before the work whose results they are for."""

from pathlib import Path

from minigan.errors import ConfigError
from minigan.io.targets import check_target
from minigan.plots.formats import DRAWINGS, FILMS, IMAGES, check_suffix

__all__ = ["check_output", "check_picture_folder"]


def check_output(flag: str, path: Path, suffix: str) -> None:
    """Refuse a file that cannot be written, and a name that says another format than `suffix`.

    Raises
    ------
    ConfigError
        The name ends otherwise; it is a folder, a socket or a disk; its folder does not exist; it may not be written.
    """
    try:
        check_target(path)
        check_suffix(path, suffix)
    except ConfigError as error:
        raise ConfigError(f"{flag}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{flag}: expected a file that can be written, got {path}: {error.strerror}") from None


def check_picture_folder(flag: str, path: Path) -> None:
    """Refuse a folder that is a file, or has the name of a picture: each picture's own name is fixed.

    Raises
    ------
    ConfigError
        It is no folder.
    """
    if path.exists() and not path.is_dir():
        raise ConfigError(f"{flag}: expected a folder, got the file {path}")
    if not path.exists() and path.suffix.lower() in {**IMAGES, **DRAWINGS, **FILMS}:
        raise ConfigError(f"{flag}: expected a folder for the pictures, got {path}, the name of a picture")
