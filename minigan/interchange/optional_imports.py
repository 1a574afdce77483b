"""Optional packages: file formats need them, the rest of minigan does not."""

from importlib import import_module
from typing import Any

from minigan.errors import ConfigError

__all__ = ["have", "need"]

#: How to install the packages that the extra leaves out. PyTorch is large, and has a build for each kind of machine.
ELSEWHERE = {"torch": "pip install torch"}


def need(package: str, what: str) -> Any:
    """The module of that name.

    Parameters
    ----------
    package : str
        What to import.
    what : str
        The task that needs it, for the error message.

    Raises
    ------
    ConfigError
        It is not installed; the message gives the command that installs it.
    """
    try:
        return import_module(package)
    except ImportError:
        command = ELSEWHERE.get(package, "pip install 'minigan[interchange]'")
        raise ConfigError(f"{what} needs the package {package}, which is not installed: {command}") from None


def have(package: str) -> bool:
    """Whether the package can be imported."""
    try:
        import_module(package)
    except ImportError:
        return False
    return True
