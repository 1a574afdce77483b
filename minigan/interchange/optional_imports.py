"""Optional packages: file formats need them, the rest of minigan does not."""

from importlib import import_module
from typing import Any

from minigan.errors import ConfigError

__all__ = ["have", "need"]


def need(package: str, what: str, install: str = "") -> Any:
    """The module of that name.

    Parameters
    ----------
    package : str
        What to import.
    what : str
        The task that needs it, for the error message.
    install : str
        What pip installs to bring it; default: the package.

    Raises
    ------
    ConfigError
        It is not installed; the message gives the command that installs it.
    """
    try:
        return import_module(package)
    except ImportError:
        raise ConfigError(
            f"{what} needs the package {package}, which is not installed: pip install {install or package}"
        ) from None


def have(package: str) -> bool:
    """Whether the package can be imported."""
    try:
        import_module(package)
    except ImportError:
        return False
    return True
