"""The guided tours: their steps as plain values, from the files of ``minigan/lab/tours``.

A tour starts with a set-up of its own. Each of its steps has a text, commands that are carried out when a person comes
to it, and facts: numbers of other views that the text speaks of, with the bounds between which they are.
``tests/lab/test_tours.py`` takes every tour and checks every fact.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from minigan.errors import ConfigError
from minigan.lab.session_like import SessionLike

__all__ = ["tour", "tours"]

FOLDER = Path(__file__).parents[1] / "tours"

#: In the order in which one takes them.
ORDER = (
    "discriminator",
    "generator",
    "game",
    "step",
    "convolution",
    "collapse",
    "vanishing",
    "wgan-gp",
    "back",
)

#: What the list of tours shows.
SUMMARY = ("name", "title", "minutes", "text")


@lru_cache(maxsize=1)
def all_tours() -> dict[str, dict[str, Any]]:
    """The tours by their names."""
    return {name: json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")) for name in ORDER}


def tours(session: SessionLike) -> dict[str, Any]:
    """The names, titles and lengths of the tours; they are the same for every session."""
    return {"tours": [{key: each[key] for key in SUMMARY} for each in all_tours().values()]}


def tour(session: SessionLike, name: str) -> dict[str, Any]:
    """A tour with all its steps.

    Raises
    ------
    ConfigError
        There is none of this name.
    """
    if name not in ORDER:
        raise ConfigError(f"unknown tour {name!r}: expected one of {', '.join(ORDER)}")
    return all_tours()[name]
