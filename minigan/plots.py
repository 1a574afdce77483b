"""Every picture minigan makes: grids of samples, the course of a run, and its film."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigan.files import atomic_path

__all__ = ["save_film", "save_grid", "save_losses", "to_pixels"]


def to_pixels(images: np.ndarray, value_range: tuple[float, float]) -> np.ndarray:
    """Images with values in `value_range` as bytes: the low end black, the high end white, the rest cut off."""
    low, high = value_range
    return np.rint((np.clip(images, low, high) - low) * (255 / (high - low))).astype(np.uint8)


def tile(pixels: np.ndarray, columns: int, gap: int = 2) -> np.ndarray:
    """Images (N, H, W, C) side by side, row by row, on a dark ground."""
    n, h, w, c = pixels.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    sheet = np.full((rows * (h + gap) + gap, columns * (w + gap) + gap, c), 40, np.uint8)
    for place, image in enumerate(pixels):
        row, column = divmod(place, columns)
        top, left = gap + row * (h + gap), gap + column * (w + gap)
        sheet[top : top + h, left : left + w] = image
    return sheet


def save_grid(
    path: str | Path, images: np.ndarray, value_range: tuple[float, float], columns: int = 8, scale: int = 2
) -> None:
    """Save images (N, H, W, C), C 1 or 3, as one PNG.

    Parameters
    ----------
    path : path
    images : array
    value_range : (float, float)
        Black and white.
    columns : int
        Images in a row.
    scale : int
        Pixels of the file for each pixel of an image, across and down.
    """
    from PIL import Image

    sheet = tile(to_pixels(images, value_range), columns).repeat(scale, 0).repeat(scale, 1)
    with atomic_path(path) as temporary:
        Image.fromarray(sheet[..., 0] if sheet.shape[2] == 1 else sheet).save(temporary, format="PNG")


def save_film(path: str | Path, frames: Sequence[str | Path], seconds: float = 6.0) -> None:
    """Save pictures of one size as an animated GIF that rests on the last.

    Parameters
    ----------
    path : path
    frames : sequence of paths
    seconds : float
        How long all frames together take, at a quarter of a second each at the most.
    """
    from PIL import Image

    pictures = []
    for frame in frames:
        with Image.open(frame) as picture:
            pictures.append(picture.copy())
    each = int(min(250, 1000 * seconds / len(pictures)))
    durations = [each] * (len(pictures) - 1) + [2000]
    with atomic_path(path) as temporary:
        pictures[0].save(temporary, format="GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0)


def save_losses(path: str | Path, metrics: Mapping[str, np.ndarray], steps_per_epoch: int) -> None:
    """Draw the course of a run: the losses, D's two probabilities, and how often D is right.

    The dashed lines are where the game of the GAN paper ends if all goes well: D can no longer tell, so
    ``D = 1/2``, its loss ``log 4``, the generator's ``log 2``, and half of its judgements are right.

    Parameters
    ----------
    path : path
        PNG, SVG or PDF, by its suffix.
    metrics : mapping
        The columns of ``metrics.csv``.
    steps_per_epoch : int
        For the scale on top.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(9, 8), layout="constrained")
    loss, probability, accuracy = figure.subplots(3, sharex=True)
    curve(loss, metrics, "d_loss", "discriminator", "C0")
    curve(loss, metrics, "g_loss", "generator", "C1")
    level(loss, np.log(4), "log 4", "C0")
    level(loss, np.log(2), "log 2", "C1")
    loss.set(ylabel="loss")
    curve(probability, metrics, "d_real", "D(x), real images", "C2")
    curve(probability, metrics, "d_fake", "D(G(z)), generated images", "C3")
    level(probability, 0.5, "1/2", "0.4")
    probability.set(ylabel="mean probability of being real", ylim=(0, 1))
    curve(accuracy, metrics, "real_accuracy", "on real images", "C2")
    curve(accuracy, metrics, "fake_accuracy", "on generated images", "C3")
    level(accuracy, 0.5, "1/2", "0.4")
    accuracy.set(ylabel="D's accuracy", ylim=(0, 1.02), xlabel="step")
    accuracy.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (loss, probability, accuracy):
        axes.grid(alpha=0.25)
        axes.legend(loc="upper right", framealpha=0.9)
    loss.secondary_xaxis(
        "top", functions=(lambda step: step / steps_per_epoch, lambda epoch: epoch * steps_per_epoch)
    ).set_xlabel("epoch")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)


def curve(axes, metrics: Mapping[str, np.ndarray], column: str, label: str, colour: str) -> None:  # type: ignore[no-untyped-def]
    """A column over the steps: pale as it is, bold as the mean over its surroundings."""
    steps, values = metrics["step"], metrics[column]
    width = max(1, min(25, len(values) // 10))
    weights = np.convolve(np.ones(len(values)), np.ones(width), "same")
    axes.plot(steps, values, color=colour, alpha=0.25, linewidth=0.8)
    means = np.convolve(values, np.ones(width), "same") / weights
    # A line of one step would not be seen.
    axes.plot(steps, means, color=colour, label=label, marker="o" if len(steps) == 1 else "")


def level(axes, value: float, label: str, colour: str) -> None:  # type: ignore[no-untyped-def]
    """A dashed line at a height, named at its left end."""
    axes.axhline(value, color=colour, linestyle="--", linewidth=1)
    axes.annotate(
        label, (0, value), (3, 3), xycoords=("axes fraction", "data"), textcoords="offset points", color=colour
    )


def save_gradcheck(path: str | Path, rows: Sequence[Any]) -> Path:
    """Draw what a gradient check found: the V of every quantity, and where the worst gradients are wrong.

    Parameters
    ----------
    path : path
        PNG, SVG or PDF, by its suffix.
    rows : sequence of minigan.gradcheck.Row
        With their sweeps.
    """
    from matplotlib.figure import Figure

    maps = sorted((row for row in rows if row.error_map is not None), key=lambda row: -(row.error or 0))[:3]
    figure = Figure(figsize=(4.5 + 3.2 * max(1, len(maps)), 4.2), layout="constrained")
    curves, *panels = figure.subplots(1, 1 + len(maps), width_ratios=[1.6] + [1] * len(maps), squeeze=False)[0]
    for row in rows:
        # An error of exactly 0 has no place on a logarithmic scale.
        curves.loglog(row.sweep.steps, np.maximum(row.sweep.errors, 1e-17), marker=".", label=f"{row.quantity}")
        curves.axhline(row.tolerance or np.nan, color="0.5", linestyle="--", linewidth=0.8)
    curves.set(xlabel="step h", ylabel="relative error", title=rows[0].target if rows else "")
    curves.grid(alpha=0.25)
    curves.legend(fontsize="small")
    for axes, row in zip(panels, maps):
        flat = row.error_map.reshape(len(row.error_map), -1) if row.error_map.ndim else row.error_map.reshape(1, 1)
        picture = axes.imshow(flat, aspect="auto", cmap="magma", vmin=0)
        axes.set(title=f"error of {row.quantity} {row.error_map.shape}", xlabel="other axes", ylabel="first axis")
        figure.colorbar(picture, ax=axes)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)
    return Path(path)
