"""The three kinds of data, and views that are for some of them."""

from typing import NamedTuple

from minigan.data import Dataset, Points
from minigan.errors import ConfigError
from minigan.lab.session_like import SessionLike

__all__ = ["Images", "images_of", "kind_of", "points_of"]

#: The kinds of data, in words.
KINDS = {"line": "numbers on a line", "points": "points in the plane", "images": "images"}


class Images(NamedTuple):
    """The images that a session trains on, and the values of black and white in those of G."""

    data: Dataset
    value_range: tuple[float, float]


def kind_of(session: SessionLike) -> str:
    """The kind of a session's data: "line", "points" or "images"."""
    data = session.trainer.data
    if isinstance(data, Dataset):
        return "images"
    return "line" if data.shape == (1,) else "points"


def points_of(session: SessionLike, view: str, *kinds: str) -> Points:
    """The points of a session, for a view that is for these kinds.

    Raises
    ------
    ConfigError
        The data are of none of them.
    """
    data = session.trainer.data
    if kind_of(session) not in kinds or not isinstance(data, Points):
        raise misfit(session, view, *kinds)
    return data


def images_of(session: SessionLike, view: str) -> Images:
    """The images of a session, for a view of images.

    Raises
    ------
    ConfigError
        The data are points.
    """
    data = session.trainer.data
    if not isinstance(data, Dataset):
        raise misfit(session, view, "images")
    return Images(data, session.trainer.gan.output_range or data.value_range)


def misfit(session: SessionLike, view: str, *kinds: str) -> ConfigError:
    """The error for a view that is for other data."""
    expected, found = " or ".join(KINDS[each] for each in kinds), KINDS[kind_of(session)]
    return ConfigError(f"the view {view} is for {expected}; {session.trainer.data.name} has {found}")
