"""The names of settings: ``learning_rate`` in Python and in files, ``--lr`` on the command line."""

from dataclasses import fields
from difflib import get_close_matches

from minigan.errors import ConfigError
from minigan.runs.config import TrainConfig

__all__ = ["flag_of", "in_flags", "named"]


def flag_of(name: str) -> str:
    """The flag of a setting: ``--lr`` for ``learning_rate``."""
    special = {item.name: item.metadata["flag"] for item in fields(TrainConfig)}
    return special.get(name) or f"--{name.replace('_', '-')}"


def named(words: str) -> list[str]:
    """The settings that a text lists, separated by commas: each as its flag, with or without dashes, or as its name.

    Raises
    ------
    ConfigError
        There is no such setting.
    """
    known = {item.name: item.name for item in fields(TrainConfig)}
    known |= {flag_of(name).removeprefix("--").replace("-", "_"): name for name in known}
    found = []
    for word in filter(None, map(str.strip, words.split(","))):
        name = known.get(word.removeprefix("--").replace("-", "_"))
        if name is None:
            close = get_close_matches(word.removeprefix("--").replace("-", "_"), known, 1)
            meant = f"did you mean {flag_of(known[close[0]]).removeprefix('--')}?" if close else "see train --help"
            raise ConfigError(f"--accept: unknown setting {word!r}: {meant}")
        found.append(name)
    return found


def in_flags(message: str) -> str:
    """An error about a setting, with its flag in the place of the name at the beginning."""
    name, colon, rest = message.partition(":")
    known = {item.name for item in fields(TrainConfig)}
    return f"{flag_of(name)}:{rest}" if colon and name in known else message
