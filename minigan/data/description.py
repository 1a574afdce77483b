"""What a data set is, in one line, and whether its values look as if they were meant so."""

import numpy as np

from minigan.data.dataset import Dataset
from minigan.data.folder import FolderDataset
from minigan.data.points import Points
from minigan.io.messages import one_line

__all__ = ["classes_text", "describe", "range_notice"]

#: A smaller share of the stated range than this is reported; photographs in the dark use more.
SHARE = 0.1

#: Ranges that images often have, the narrowest first.
USUAL = ((0, 1), (-1, 1))

#: Images that are looked at to see whether each is of one colour.
LOOKED_AT = 1000

#: Names of classes that fit into a line.
SHOWN = 5

COLOURS = {1: "grey", 3: "RGB"}


def describe(data: Dataset | Points, output_range: tuple[float, float] | None = None) -> str:
    """One line on the data: how many, their size, what was changed, their values, their classes, what was left out.

    Parameters
    ----------
    data : Dataset or Points
    output_range : (float, float), optional
        What the ends of the value range become in a batch.

    Examples
    --------
    >>> from minigan import data
    >>> describe(data.load("digits"), (-1, 1))
    '5,000 images, 28x28 grey, values 0..255 -> -1..1, 10 classes'
    >>> describe(data.load("ring"))
    '50,000 points of 2 coordinates, 8 modes, 8 classes'
    """
    if isinstance(data, Points):
        parts = [counted(len(data), "point") + " of " + counted(data.shape[0], "coordinate")]
        if data.modes is not None:
            parts.append(counted(len(data.modes), "mode"))
    else:
        low, high = data.value_range
        scaled = "" if output_range is None else f" -> {output_range[0]:g}..{output_range[1]:g}"
        parts = [counted(len(data), "image"), shapes_text(data), f"values {low:g}..{high:g}{scaled}"]
    if data.labels is not None:
        parts.append(classes_text(data))
    if isinstance(data, FolderDataset):
        parts += left_out_text(data)
    return ", ".join(parts)


def counted(count: int, noun: str) -> str:
    """A number with its noun."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def shapes_text(data: Dataset) -> str:
    """The images' size and colours and, for pictures from files that were changed, what they were before."""
    height, width, channels = data.shape
    now = f"{height}x{width} {COLOURS[channels]}"
    if not isinstance(data, FolderDataset):
        return now
    least, greatest = data.pictures.sizes
    depth = data.pictures.depths[0]
    before = "x".join(map(str, least)) + ("" if least == greatest else f" to {greatest[0]}x{greatest[1]}")
    smaller = greatest[0] > height or greatest[1] > width
    greyer = channels == 1 and not depth.endswith(COLOURS[1])
    keep = [*["--image-size"][: int(smaller)], *["--channels 3"][: int(greyer)]]
    hint = f" ({' and '.join(keep)} keep{'s' if len(keep) == 1 else ''} more)" if keep else ""
    return f"{before} {depth} -> {now}{hint}"


def classes_text(data: Dataset | Points) -> str:
    """How many classes there are, with their names if these are few and no numbers."""
    if data.labels is None:
        return "no labels"
    names = data.class_names
    count = len(np.unique(data.labels)) if names is None else len(names)
    text = f"{count:,} class" + ("" if count == 1 else "es")
    if names is None or len(names) > SHOWN or all(name.isdigit() for name in names):
        return text
    return f"{text} ({', '.join(map(one_line, names))})"


def left_out_text(data: FolderDataset) -> list[str]:
    """The files that gave no image."""
    others, bad = sum(data.pictures.others.values()), len(data.skipped)
    parts = []
    if others:
        parts.append(f"{counted(others, 'file')} of other kinds left out")
    if bad:
        parts.append(f"{counted(bad, 'file')} skipped that cannot be read")
    return parts


def range_notice(data: Dataset | Points) -> str | None:
    """A warning about images whose values use so little of their range that it may not be the one meant.

    Of the range the values must use a tenth. Images of one colour each are reported, too: nothing can be learnt from
    them.
    """
    if isinstance(data, Points):
        return None
    low, high = data.value_range
    least, greatest = float(data.images.min()), float(data.images.max())
    used = f"values from {least:g} to {greatest:g} of {low:g}..{high:g}"
    if greatest == least:
        return f"{used}: all images are of one colour; are these the right data?"
    if greatest - least < SHARE * (high - low):
        return f"{used}: the images are nearly of one colour; {range_question(data, least, greatest)}"
    step = -(-len(data) // LOOKED_AT)
    some = data.images[::step].reshape(-1, int(np.prod(data.shape)))
    contrast = some.max(axis=1).astype(float) - some.min(axis=1)
    if data.shape[0] * data.shape[1] > 1 and np.median(contrast) < SHARE / 4 * (high - low):
        return (
            f"most images are nearly of one colour: within an image the values differ by {np.median(contrast):g} of "
            f"{low:g}..{high:g}; are these the right data?"
        )
    return None


def range_question(data: Dataset, least: float, greatest: float) -> str:
    """Which range may have been meant."""
    if isinstance(data, FolderDataset) and not data.pictures.depths[0].startswith(("1-bit", "8-bit")):
        return "do the files use all their bits? If not, --data-range LOW HIGH states the range of their values"
    usual = next((pair for pair in USUAL if pair[0] <= least and greatest <= pair[1]), (least, greatest))
    return "is --data-range {:g} {:g} meant?".format(*usual)
