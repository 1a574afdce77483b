"""Where minigan keeps what takes long to get again: downloads, decoded pictures, compiled kernels."""

import os
from pathlib import Path

__all__ = ["cache_folder", "is_on"]


def cache_folder() -> Path:
    """The folder: ``MINIGAN_DATA`` if set, else the user's cache folder for minigan."""
    setting = os.environ.get("MINIGAN_DATA")
    if setting:
        return Path(setting).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("minigan"))


def is_on() -> bool:
    """Whether the user wants what was made once to be kept; ``MINIGAN_CACHE=0`` says no."""
    return os.environ.get("MINIGAN_CACHE", "1") != "0"
