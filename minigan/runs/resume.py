"""Resuming: cuts the tables back to a checkpoint, and compares its settings with those of now."""

import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from minigan.errors import ConfigError, RunError
from minigan.io.atomic_write import sync
from minigan.io.safe_read import open_file
from minigan.runs.config import TrainConfig
from minigan.runs.names import flag_of, named

__all__ = ["check_settings", "cut_tables", "lines_of_tables", "settings_of"]

#: Bytes of a table that are read at a time.
PIECE = 2**20

# Tables


def lines_of_tables(paths: Iterable[Path]) -> dict[str, int]:
    """The number of lines of each table, by name. They are synced to the disk first: no checkpoint may count more.

    Raises
    ------
    OSError
        One is missing, or could not be synced.
    """
    lines = {}
    for path in paths:
        sync(path, os.O_RDWR)
        with open_file(path) as file:
            lines[path.name] = sum(piece.count(b"\n") for piece in iter(lambda: file.read(PIECE), b""))
    return lines


def cut_tables(folder: Path, lines: Mapping[str, int]) -> None:
    """Cut the tables back to the lines they had at a checkpoint: later steps will be written again.

    Raises
    ------
    RunError
        One is missing or has fewer lines; then none is cut.
    """
    try:
        lengths = {folder / name: length_of_lines(folder / name, count) for name, count in lines.items()}
        for path, length in lengths.items():
            os.truncate(path, length)
    except OSError as error:
        raise RunError(f"expected a table that can be written, got {error.filename}: {error.strerror}") from None


def length_of_lines(path: Path, count: int) -> int:
    """The length of the first `count` lines, in bytes."""
    with open_file(path) as file:
        for number in range(count):
            if not file.readline().endswith(b"\n"):
                raise RunError(
                    f"expected a table of at least {count} lines, as at the checkpoint, got {number} in {path}"
                )
        return file.tell()


# Settings


#: Settings that say how long a run is; it has one of them.
LENGTHS = ("epochs", "steps")

#: Settings that came after version 0.1.0, with the values by which its runs were made.
ADDED = {"textbook": False, "on_usr1": "save", "skip_bad": False, "flip": False}


def settings_of(config: TrainConfig) -> dict[str, Any]:
    """The settings as plain values."""
    return json.loads(json.dumps(asdict(config)))


def check_settings(
    saved: Mapping[str, Any], config: TrainConfig, accepted: Collection[str] = (), free: Collection[str] = ()
) -> list[str]:
    """Refuse settings that differ from those of the checkpoint, unless their names are accepted.

    Parameters
    ----------
    saved : mapping
        The result of `settings_of` when the checkpoint was made.
    config : TrainConfig
        The settings to resume with.
    accepted : collection of str
        Settings that may differ, by their names or their flags.
    free : collection of str
        Names of settings that always may, such as the number of threads.

    Returns
    -------
    list of str
        One line for each accepted difference.

    Raises
    ------
    ConfigError
        A setting differs and is not accepted: the message has all of these, with both values; or there is no setting
        of a name.
    """
    now = settings_of(config)
    saved = {**ADDED, **saved}
    accepted = named(",".join(accepted))
    if {*LENGTHS} & {*accepted}:  # each replaces the other
        accepted = [*accepted, *LENGTHS]
    lines = {
        name: f"{name}: {saved.get(name)!r} at the checkpoint, now {now.get(name)!r}"
        for name in sorted({*saved, *now} - {*free})
        if saved.get(name) != now.get(name)
    }
    refused = {name: flag_of(name) + line.removeprefix(name) for name, line in lines.items() if name not in accepted}
    if refused:
        accept = ",".join(flag_of(name).removeprefix("--") for name in dict.fromkeys([*accepted, *refused]))
        raise ConfigError(f"settings differ from the checkpoint: {'; '.join(refused.values())}; add --accept {accept}")
    return list(lines.values())
