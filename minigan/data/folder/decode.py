"""All pictures of a folder, decoded on all threads."""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from minigan.data.folder.dataset import Pictures
from minigan.data.folder.files import Found
from minigan.data.folder.header import Head, PictureError, read_head
from minigan.data.folder.limits import Room
from minigan.data.folder.picture import cost, read_picture
from minigan.data.folder.settings import Settings
from minigan.data.progress import track
from minigan.errors import DataError
from minigan.io.messages import one_line
from minigan.io.safe_read import most_unpacked

__all__ = ["decode"]

T = TypeVar("T")


class Job(NamedTuple):
    """A file to decode."""

    name: str
    path: Path
    head: Head


class Bad(NamedTuple):
    """A file that cannot be used, and why."""

    name: str
    error: PictureError


class Workers:
    """Threads that do one thing to many files; a bad file is an error, or is left out."""

    def __init__(self, pool: ThreadPoolExecutor, skip_bad: bool) -> None:
        self.pool, self.skip_bad = pool, skip_bad

    def attempt(self, function: Callable[..., T], *arguments: Any) -> T | PictureError:
        """The function's result, or why the file is bad."""
        try:
            return function(*arguments)
        except PictureError as error:
            if self.skip_bad:
                return error
            raise DataError(f"{error}; --skip-bad leaves out bad files") from None

    def each(self, description: str, function: Callable[..., T], *items: Any) -> list[T | PictureError]:
        """The results for all items, in their order."""
        results = self.pool.map(lambda *arguments: self.attempt(function, *arguments), *items)
        return list(track(results, len(items[0]), description))


def decode(folder: Path, found: Found, settings: Settings, skip_bad: bool) -> tuple[Pictures, bool]:
    """All pictures of `found`, and whether each bad file will be bad until it is changed.

    Raises
    ------
    DataError
        A file is bad (unless it is to be left out), all are, or they have several sizes and none is stated.
    """
    from PIL import Image

    Image.init()  # otherwise the threads race to load the rarer formats, and some would not know them
    with warnings.catch_warnings(), ThreadPoolExecutor() as pool:  # Pillow decodes outside the GIL
        warnings.simplefilter("ignore")  # about damaged metadata of good pictures, and about many pixels
        workers = Workers(pool, skip_bad)
        paths = [folder / name for name in found.names]
        heads = workers.each("looking at images", read_head, paths)
        jobs = [Job(name, path, head) for name, path, head in zip(found.names, paths, heads) if isinstance(head, Head)]
        bad = [Bad(name, head) for name, head in zip(found.names, heads) if isinstance(head, PictureError)]
        images, results = _images(folder, jobs, bad, settings, workers)
    bad += [Bad(job.name, result) for job, result in zip(jobs, results) if isinstance(result, PictureError)]
    good = [index for index, result in enumerate(results) if result is None]
    if len(good) < len(jobs):
        images, jobs = images[good], [jobs[index] for index in good]
    _check_some(folder, jobs, bad)
    return _pictures(found, images, jobs, sorted(bad)), all(file.error.lasting for file in bad)


def _images(
    folder: Path, jobs: list[Job], bad: list[Bad], settings: Settings, workers: Workers
) -> tuple[np.ndarray, Sequence[PictureError | None]]:
    """The images of all jobs, and for each None or why its file is bad."""
    _check_some(folder, jobs, bad)
    channels = settings.channels or _channels(jobs, settings)
    room = Room()

    def read(job: Job) -> np.ndarray:
        with room.taken(cost(job.head, settings)):
            return read_picture(job.path, settings, channels)

    size, like = settings.size, ""
    if size is None:
        _check_sizes(folder, jobs)
        first = ((job.name, workers.attempt(read, job)) for job in jobs)
        like, pixels = next(((name, found) for name, found in first if isinstance(found, np.ndarray)), ("", None))
        size = (1, 1) if pixels is None else pixels.shape[:2]

    def fill(job: Job, image: np.ndarray) -> None:
        pixels = read(job)
        if pixels.shape != image.shape:
            raise _other_size(job, pixels.shape[:2], image.shape[:2], like)
        image[...] = pixels

    images = _empty(folder, (len(jobs), *size, channels))
    return images, workers.each("reading images", fill, jobs, images)


def _channels(jobs: list[Job], settings: Settings) -> int:
    """1 if all images are grey, also where they are transparent."""
    coloured = len(set(settings.background)) > 1
    return 1 if all(job.head.form.grey and not (coloured and job.head.form.transparent) for job in jobs) else 3


def _check_some(folder: Path, jobs: list[Job], bad: list[Bad]) -> None:
    """Raise if all files are bad."""
    if not jobs:
        raise DataError(f"{one_line(str(folder))}: none of {len(bad):,} files can be used; the first: {bad[0].error}")


def _empty(folder: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Allocate the array of all images."""
    try:
        return np.empty(shape, np.uint8)
    except (MemoryError, ValueError):
        raise DataError(f"{one_line(str(folder))}: images of shape {shape} do not fit into the memory") from None


def _check_sizes(folder: Path, jobs: list[Job]) -> None:
    """Raise before anything is decoded if the images have several sizes, or unpack to too much."""
    size = jobs[0].head.size
    for job in jobs:
        if job.head.size not in (size, size[::-1]):  # an image may be turned later
            raise _other_size(job, job.head.size[::-1], size[::-1], jobs[0].name)
    pixels, packed = sum(job.head.pixels for job in jobs), sum(job.head.packed for job in jobs)
    if 3 * pixels > (most := most_unpacked(packed)):
        found = f"{len(jobs)} images of {size[1]}x{size[0]} (height x width) in {packed:,} bytes"
        raise DataError(f"{one_line(str(folder))}: expected at most {most:,} bytes unpacked, got {found}")


def _other_size(job: Job, found: tuple[int, int], expected: tuple[int, int], like: str) -> DataError:
    """The error for an image of another size than that of the file called `like`."""
    (height, width), (other_height, other_width) = expected, found
    return DataError(
        f"{one_line(str(job.path))}: expected {height}x{width} (height x width) as {one_line(like)} is, "
        f"got {other_height}x{other_width}; state an image size: --image-size {height} or --image-size {height}x{width}"
    )


def _pictures(found: Found, images: np.ndarray, jobs: list[Job], bad: list[Bad]) -> Pictures:
    """The result, with what there is to say about it."""
    widths, heights = zip(*(job.head.size for job in jobs))
    depths = Counter(job.head.form.words for job in jobs)
    return Pictures(
        images=images,
        files=[job.name for job in jobs],
        skipped=[(file.name, file.error.reason) for file in bad],
        others=dict(found.others),
        links=found.links,
        outside=len(found.outside.intersection(job.name for job in jobs)),
        sizes=((min(heights), min(widths)), (max(heights), max(widths))),
        depths=[words for words, _ in depths.most_common()],
    )
