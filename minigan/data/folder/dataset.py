"""The images of a folder, with the names of their files and what was left out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minigan.data.dataset import Dataset
from minigan.data.folder.files import named_suffixes
from minigan.io.messages import one_line

__all__ = ["FolderDataset", "Pictures"]

#: How many files or suffixes a note names.
NAMED = 5


class Pictures(NamedTuple):
    """What was read from a folder; the cache keeps all of it.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, H, W, C)
    files : sequence of str
        The names of their files, relative to the folder, with ``/`` between the parts; sorted.
    skipped : sequence of (str, str)
        The name of each bad file, and why it is bad.
    others : mapping of str to int
        The suffixes of files that are no pictures, and how many there are of each.
    links : sequence of str
        Links to folders that were not followed.
    outside : int
        How many of the images come from outside the folder, by links.
    sizes : ((int, int), (int, int))
        The least and the greatest height and width that the files state, before an image is turned upright.
    depths : sequence of str
        What the files hold, as ``8-bit RGB``; the most frequent first.
    """

    images: np.ndarray
    files: Sequence[str]
    skipped: Sequence[tuple[str, str]]
    others: Mapping[str, int]
    links: Sequence[str]
    outside: int
    sizes: tuple[tuple[int, int], tuple[int, int]]
    depths: Sequence[str]


class FolderDataset(Dataset):
    """A `Dataset` of picture files.

    Attributes
    ----------
    folder : Path
    pictures : Pictures
    """

    def __init__(self, folder: Path, pictures: Pictures, labels: np.ndarray | None = None) -> None:
        super().__init__(pictures.images, labels, name=f"folder:{folder}")
        self.folder, self.pictures = folder, pictures

    @property
    def files(self) -> Sequence[str]:
        """The names of the images' files, relative to the folder."""
        return self.pictures.files

    @property
    def skipped(self) -> Sequence[tuple[str, str]]:
        """The bad files that were left out, each with the reason."""
        return self.pictures.skipped

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user may want to know about the folder, a line for each thing; empty if all is as expected."""
        notes = []
        if skipped := self.skipped:
            total = len(skipped) + len(self)
            names = [f"{one_line(name)} ({reason})" for name, reason in skipped[:NAMED]]
            notes.append(f"{len(skipped):,} of {total:,} files left out: {_joined(names, skipped)}")
        if others := self.pictures.others:
            count = sum(others.values())
            files = "1 file" if count == 1 else f"{count:,} files"
            notes.append(f"{files} of other kinds left out: {named_suffixes(others)}")
        if links := self.pictures.links:
            names = [one_line(name) for name in links[:NAMED]]
            many = "1 link to a folder" if len(links) == 1 else f"{len(links):,} links to folders"
            notes.append(f"{many} not followed: {_joined(names, links)}")
        if outside := self.pictures.outside:
            notes.append(f"{outside:,} of {len(self):,} images come from outside the folder, by links")
        return tuple(notes)


def _joined(names: Sequence[str], all_names: Sequence[object]) -> str:
    """The names, and how many more there are."""
    more = len(all_names) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")
