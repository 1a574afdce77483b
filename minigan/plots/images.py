"""Pictures of images: grids, nearest neighbours, walks between two noise vectors, one row for each class."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from minigan.errors import ConfigError, ShapeError
from minigan.plots.pixels import (
    GAP,
    check_images,
    enlargement,
    save_pixels,
    tile,
    to_pixels,
    with_border,
    with_captions,
)

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["between", "interpolate", "nearest", "save_classes", "save_grid", "save_neighbours", "save_walk"]


def save_grid(
    path: str | Path | None, images: np.ndarray, value_range: tuple[float, float], columns: int = 8, scale: int = 2
) -> "Image":
    """Save images (N, H, W, C), C 1 or 3, side by side as one picture.

    Parameters
    ----------
    path : path or None
        PNG, JPEG, WebP, AVIF or TIFF, by its suffix; None returns the image without saving it.
    images : array
    value_range : (float, float)
        The values of black and white.
    columns : int
        Images in a row.
    scale : int
        Pixels of the file for each pixel of an image, in both directions.
    """
    return save_pixels(path, enlarged(tile(to_pixels(images, value_range), columns), scale))


def enlarged(sheet: np.ndarray, scale: int) -> np.ndarray:
    """Repeat every pixel `scale` times in both directions."""
    return sheet.repeat(scale, 0).repeat(scale, 1)


# Nearest neighbours: has the generator memorised the training set?


def nearest(images: np.ndarray, blocks: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The nearest of all training examples to each image, by the L2 distance of their pixels.

    ``|a - b|^2 = |a|^2 - 2 <a, b> + |b|^2``: one product of matrices for each block.

    Parameters
    ----------
    images : array (N, ...)
    blocks : iterable of arrays (M, ...)
        The training set in parts, so that it need not fit into memory; scaled like the images.

    Returns
    -------
    places : array of int (N,)
        Each neighbour's index in the training set; of several at the same distance, the first.
    neighbours : array like `images`

    Raises
    ------
    ShapeError
        The examples have another shape than the images, or there are none.
    """
    queries = images.reshape(len(images), -1)
    least = np.full(len(images), np.inf)
    places, neighbours, start = np.zeros(len(images), int), np.empty_like(images), 0
    for block in blocks:
        if block.shape[1:] != images.shape[1:]:
            raise ShapeError(f"expected training examples of {images.shape[1:]}, got {block.shape[1:]}")
        examples = block.reshape(len(block), -1)
        # Without the squares of the queries, which do not change the order.
        squares = np.einsum("md,md->m", examples, examples) - 2 * (queries @ examples.T)
        best = squares.argmin(axis=1)
        found = squares[np.arange(len(images)), best]
        closer = found < least
        least[closer], places[closer], neighbours[closer] = found[closer], start + best[closer], block[best[closer]]
        start += len(block)
    if not start:
        raise ShapeError("expected at least one training example, got none")
    return places, neighbours


def save_neighbours(
    path: str | Path | None, images: np.ndarray, neighbours: np.ndarray, value_range: tuple[float, float]
) -> "Image":
    """Save rows of generated images, each followed by the nearest training example in a yellow border.

    The right-most column shows the training example nearest to the image at its left, the last generated one of its
    row.

    Parameters
    ----------
    path : path or None
        PNG, JPEG, WebP, AVIF or TIFF, by its suffix; None returns the image without saving it.
    images : array (R * S, H, W, C)
        Generated images: R rows of S, row by row.
    neighbours : array (R, H, W, C)
        The training example nearest to the last image of each row, by `nearest`.
    value_range : (float, float)
        The values of black and white.

    Raises
    ------
    ShapeError
        The images do not fill R rows, or the neighbours have another shape.

    Notes
    -----
    Goodfellow et al., arXiv:1406.2661, figure 2.
    """
    check_images("images", images)
    check_images("neighbours", neighbours)
    rows = len(neighbours)
    if len(images) % rows or images.shape[1:] != neighbours.shape[1:]:
        raise ShapeError(f"expected images that fill {rows} rows, one for each neighbour, got {images.shape}")
    made = images.reshape(rows, -1, *images.shape[1:])
    both = np.concatenate([made, neighbours[:, np.newaxis]], axis=1)
    columns, scale = both.shape[1], enlargement(images.shape[1])
    sheet = enlarged(tile(to_pixels(both.reshape(-1, *images.shape[1:]), value_range), columns), scale)
    left = scale * (columns - 1) * (images.shape[2] + GAP)
    sheet = with_border(sheet, left, sheet.shape[1], scale * GAP)
    words = [("generated", scale * GAP, "l"), ("nearest real", sheet.shape[1] - scale * GAP, "r")]
    return save_pixels(path, with_captions(sheet, words))


# Walks between two noise vectors


def interpolate(start: np.ndarray, end: np.ndarray, steps: int, kind: str = "linear") -> np.ndarray:
    """Interpolate noise vectors from `start` to `end`, both included.

    With t from 0 to 1, and the angle ``omega`` between a = start and b = end,

    - linear: ``(1 - t) a + t b``. It stays inside the cube of uniform noise.
    - spherical: ``sin((1 - t) omega) / sin(omega) a + sin(t omega) / sin(omega) b``. It keeps the length, whereas
      the middle of a line is shorter than nearly all normal noise that G was trained with.

    Parameters
    ----------
    start, end : array (D,)
    steps : int
        At least 2.
    kind : {"linear", "spherical"}

    Returns
    -------
    array (steps, D)

    Raises
    ------
    ConfigError
        `kind` is neither; `steps` is less than 2.

    Notes
    -----
    White, "Sampling generative networks", arXiv:1609.04468, section 2.1.
    """
    if kind not in ("linear", "spherical"):
        raise ConfigError(f"unknown walk {kind!r}: expected linear or spherical")
    if steps < 2:
        raise ConfigError(f"expected a walk of at least 2 steps, got {steps}")
    return between(start, end, np.linspace(0, 1, steps, dtype=start.dtype), kind)


def between(start: np.ndarray, end: np.ndarray, t: np.ndarray, kind: str = "linear") -> np.ndarray:
    """The noise vectors (T, D) at the places `t` (T,) of the way from `start` to `end`: see `interpolate`."""
    t = t[:, np.newaxis]
    lengths = float(np.linalg.norm(start) * np.linalg.norm(end))
    omega = float(np.arccos(np.clip(float(start @ end) / lengths, -1, 1))) if lengths else 0.0
    # Parallel vectors have no unique arc between them: a straight line then.
    if kind == "linear" or np.sin(omega) < 1e-4:
        return (1 - t) * start + t * end
    return (np.sin((1 - t) * omega) * start + np.sin(t * omega) * end) / start.dtype.type(np.sin(omega))


def save_walk(
    path: str | Path | None, images: np.ndarray, value_range: tuple[float, float], title: str = ""
) -> "Image":
    """Save rows of images, each a walk from one noise vector to another.

    If the images change smoothly along a row, G has learnt more than a list of images; if suddenly, it may not have.

    Parameters
    ----------
    path : path or None
        PNG, JPEG, WebP, AVIF or TIFF, by its suffix; None returns the image without saving it.
    images : array (R, S, H, W, C)
        R walks of S steps.
    value_range : (float, float)
        The values of black and white.
    title : str
        Written above, in the middle, such as "linear".
    """
    rows = check_rows(images)
    sheet = rows_of(rows, value_range)
    words = [("one noise", 4.0, "l"), (title, sheet.shape[1] / 2, "m"), ("another noise", sheet.shape[1] - 4.0, "r")]
    return save_pixels(path, with_captions(sheet, words))


# Classes


def save_classes(
    path: str | Path | None, images: np.ndarray, value_range: tuple[float, float], names: Sequence[str] | None = None
) -> "Image":
    """Save the images of a conditional generator: one row for each class, with its name at the left.

    Parameters
    ----------
    path : path or None
        PNG, JPEG, WebP, AVIF or TIFF, by its suffix; None returns the image without saving it.
    images : array (K, S, H, W, C)
        S images of each of K classes.
    value_range : (float, float)
        The values of black and white.
    names : sequence of str, optional
        Names of the classes; default: their numbers.
    """
    rows = check_rows(images)
    names = [str(number) for number in range(len(rows))] if names is None else list(names)
    if len(names) != len(rows):
        raise ShapeError(f"expected a name for each of {len(rows)} classes, got {len(names)}")
    return save_pixels(path, with_captions(rows_of(rows, value_range), [], names))


def check_rows(images: np.ndarray) -> np.ndarray:
    """Refuse an array that is not rows of images."""
    if images.ndim != 5 or images.shape[4] not in (1, 3) or 0 in images.shape:
        raise ShapeError(f"expected rows of images (R, S, H, W, C) with C of 1 or 3, got {images.shape}")
    return images


def rows_of(images: np.ndarray, value_range: tuple[float, float]) -> np.ndarray:
    """Rows (R, S, H, W, C) as one enlarged sheet."""
    flat = images.reshape(-1, *images.shape[2:])
    return enlarged(tile(to_pixels(flat, value_range), images.shape[1]), max(1, enlargement(images.shape[2]) - 1))
