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
    """Draw what a gradient check found: the V of every quantity, and where the gradients that are wrong are wrong.

    An error of exactly 0 has no place on the logarithmic scale, and is left out.

    Parameters
    ----------
    path : path
        PNG, SVG or PDF, by its suffix.
    rows : sequence of minigan.gradcheck.Row
        Those of one or several targets.

    Returns
    -------
    Path
        Of the picture.
    """
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(row.target for row in rows))
    wrong = [row for row in rows if row.error_map is not None and row.verdict == "WRONG"]
    maps = sorted(wrong, key=lambda row: -row.error)[:6]
    count = max(1, len(names) + len(maps))
    columns = min(3, count)
    lines = -(-count // columns)
    figure = Figure(figsize=(5.2 * columns, 4.2 * lines), layout="constrained")
    panels = list(figure.subplots(lines, columns, squeeze=False).flat)
    for axes, name in zip(panels, names):
        draw_sweeps(axes, [row for row in rows if row.target == name], name)
    for axes, row in zip(panels[len(names) :], maps):
        draw_errors(axes, row)
    for axes in panels[len(names) + len(maps) :]:
        axes.remove()
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)
    return Path(path)


def draw_sweeps(axes, rows: Sequence[Any], title: str) -> None:  # type: ignore[no-untyped-def]
    """The error over the step: a colour a quantity, full lines for its gradient, broken ones for the other kinds."""
    from matplotlib.lines import Line2D

    colours: dict[str, str] = {}
    styles: dict[str, Any] = {"differences": "-"}
    for row in rows:
        errors = row.sweep.errors if row.sweep is not None else np.zeros(1)
        drawn = (errors > 0) & np.isfinite(errors)
        if drawn.any():
            kind = row.mode.split(",")[0]
            style = styles.setdefault(kind, ("--", "-.", ":")[(len(styles) - 1) % 3])
            colour = colours.setdefault(row.quantity, f"C{len(colours)}")
            label = f"{row.quantity}, {kind}"
            axes.plot(row.sweep.steps, np.where(drawn, errors, np.nan), style, color=colour, marker=".", label=label)
    keys = [Line2D([], [], color=colour, marker=".", label=name) for name, colour in colours.items()]
    if len(styles) > 1:
        keys += [Line2D([], [], color="0.3", linestyle=style, label=kind) for kind, style in styles.items()]
    exact = [row.error for row in rows if row.mode.startswith("complex") and row.error]
    if exact:
        keys.append(axes.axhline(max(exact), color="0.6", linewidth=3, zorder=0, label="complex step, the worst"))
    allowed: dict[float, str] = {}
    for kind in styles:
        limits = [row.tolerance for row in rows if row.mode.split(",")[0] == kind and row.tolerance]
        if limits:
            allowed.setdefault(min(limits), kind)
    for tolerance, kind in allowed.items():
        text, place = "allowed" if kind == "differences" else f"allowed, {kind}", (1, tolerance)
        axes.axhline(tolerance, color="0.6", linewidth=0.8, zorder=0)
        written = axes.annotate(text, place, (-3, 2), xycoords=("axes fraction", "data"), textcoords="offset points")
        written.set(ha="right", fontsize="small", color="0.4")
    axes.set(xscale="log", yscale="log", xlabel="step h", ylabel="largest error, relative", title=title)
    axes.grid(alpha=0.25)
    if keys:
        axes.legend(handles=keys, fontsize="small", loc="best", framealpha=0.6)
    else:
        axes.text(0.5, 0.5, "no differences to draw", transform=axes.transAxes, ha="center", color="0.4")


def draw_errors(axes, row: Any) -> None:  # type: ignore[no-untyped-def]
    """The error of every entry; the first half of the axes goes down, the second half across, in blocks."""
    from matplotlib.ticker import MaxNLocator

    errors = row.error_map
    half = errors.ndim // 2
    down, across = errors.shape[:half], errors.shape[half:]
    sheet = errors.reshape(int(np.prod(down)), int(np.prod(across)))
    picture = axes.imshow(sheet, aspect="auto", cmap="magma_r", vmin=0, interpolation="nearest")
    for sizes, line in ((down, axes.axhline), (across, axes.axvline)):
        block = sizes[-1] if len(sizes) > 1 else 0
        for place in range(1, int(np.prod(sizes[:-1]))):
            line(place * block - 0.5, color="0.5", linewidth=0.8)
    y, x = np.unravel_index(int(sheet.argmax()), sheet.shape)
    axes.plot(x, y, "o", markersize=9, markerfacecolor="none", markeredgecolor="C0", markeredgewidth=1.5)
    worst = ", ".join(str(int(place)) for place in np.unravel_index(int(errors.argmax()), errors.shape))
    axes.set(title=f"{row.target}: error of {row.quantity}, worst at ({worst})")
    axes.set(ylabel=axis_names(range(half)), xlabel=axis_names(range(half, errors.ndim)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if not half:
        axes.set_yticks([])
    axes.figure.colorbar(picture, ax=axes)


def axis_names(numbers: Sequence[int]) -> str:
    """What the lines or columns of a sheet stand for: ``axes 0, 1``."""
    return f"{'axis' if len(numbers) == 1 else 'axes'} {', '.join(map(str, numbers))}" if numbers else ""
