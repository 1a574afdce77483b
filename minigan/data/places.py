"""The place on the disk in the name of a data set, such as ``photos`` in ``folder:photos``."""

import os.path

__all__ = ["KINDS", "absolute", "place_of", "with_place"]

#: What may stand before a colon, with a path or another name behind it.
KINDS = ("folder", "mnist", "fashion-mnist", "cifar10", "stacked-digits")


def place_of(name: str) -> str | None:
    """The path that the name of a data set has in it; None for sets that are found by their name.

    Examples
    --------
    >>> place_of("folder:photos"), place_of("stacked-digits:mnist:files"), place_of("a.npy"), place_of("mnist")
    ('photos', 'files', 'a.npy', None)
    """
    kind, colon, rest = name.partition(":")
    if kind == "stacked-digits" and colon:
        return place_of(rest)
    if kind in KINDS and colon:
        return rest or None
    return name if name.lower().endswith((".npy", ".npz")) else None


def with_place(name: str, place: str) -> str:
    """The same name with another path in it."""
    old = place_of(name)
    return name if old is None else name[: len(name) - len(old)] + place


def absolute(place: str) -> str:
    """The path from the root of the disk, which means the same in every folder."""
    return os.path.abspath(os.path.expanduser(place))
