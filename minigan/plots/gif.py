"""Animations: pictures of one size, one after the other."""

from collections.abc import Sequence
from pathlib import Path

from minigan.io.atomic_write import atomic_path
from minigan.plots.formats import FILMS, format_of

__all__ = ["save_film"]

#: The longest side of a frame, in pixels, that is shown as large as it is; larger ones are halved.
LARGEST = 1000


def save_film(path: str | Path, frames: Sequence[str | Path], seconds: float = 6.0, most: int | None = None) -> None:
    """Save pictures of one size as an animated GIF that pauses on the last.

    Parameters
    ----------
    path : path
        Its suffix is .gif.
    frames : sequence of paths
        Pictures whose longer side has more than 1,000 pixels are shown at half their size.
    seconds : float
        Duration of all frames together, with at most a quarter of a second for each.
    most : int, optional
        At most this number of frames is shown: the first, the last, and others at even distances.
    """
    from PIL import Image

    name = format_of(path, FILMS)
    if most is not None and len(frames) > most:
        frames = [frames[i * (len(frames) - 1) // (most - 1)] for i in range(most)]
    pictures = []
    for frame in frames:
        with Image.open(frame) as opened:
            # Grids of samples show each pixel of an image four times: a half of them is as sharp.
            picture = opened.reduce(2) if max(opened.size) > LARGEST else opened
            # Median cut keeps more colours than Pillow's default for pictures with transparency, such as matplotlib's.
            pictures.append(picture.copy() if picture.mode == "L" else picture.convert("RGB").quantize(256))
    each = int(min(250, 1000 * seconds / len(pictures)))
    durations = [each] * (len(pictures) - 1) + [2000]
    with atomic_path(path) as temporary:
        pictures[0].save(temporary, format=name, save_all=True, append_images=pictures[1:], duration=durations, loop=0)
