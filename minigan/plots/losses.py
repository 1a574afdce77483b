"""The curves of a run: losses, D's probabilities, D's accuracy."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.plots.style import DISCRIMINATOR, GENERATED, GENERATOR, REAL, new_figure, save_figure, smooth

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["save_losses"]

#: Pieces of a long line: about the width of the picture in pixels.
PIECES = 1000

#: The losses at an equilibrium that are written as logarithms.
NAMED = {"log 4": np.log(4), "log 2": np.log(2), "-log 2": -np.log(2), "-log 4": -np.log(4)}


def save_losses(
    path: str | Path | None,
    metrics: Mapping[str, np.ndarray],
    steps_per_epoch: int | None,
    optimum: tuple[float | None, float | None] | None = (float(np.log(4)), float(np.log(2))),
) -> "Figure":
    """Draw the curves of a run: the losses, D's mean probabilities, and D's accuracy.

    Every bold line is a moving mean, with the single steps pale behind it. The dashed lines are the equilibrium, where
    D cannot distinguish the data: ``D = 1/2``, its accuracy is 1/2, and with the loss of the GAN paper its loss is
    ``log 4`` and the generator's ``log 2``.

    Parameters
    ----------
    path : path or None
        PNG, SVG, PDF, JPEG or WebP, by its suffix; None returns the figure without saving it.
    metrics : mapping
        The columns of ``metrics.csv``.
    steps_per_epoch : int, optional
        For the scale of epochs, drawn once an epoch is complete; None draws none.
    optimum : (float, float), optional
        D's and G's loss at the equilibrium; None for a loss without a known value there.
    """
    from matplotlib.ticker import MaxNLocator

    figure = new_figure(9, 8)
    loss, probability, accuracy = figure.subplots(3, sharex=True)
    curves(loss, metrics, {"d_loss": ("discriminator", DISCRIMINATOR), "g_loss": ("generator", GENERATOR)})
    for end, colour in zip(optimum or (), (DISCRIMINATOR, GENERATOR)):
        if end is not None:
            level(loss, end, format_level(end), colour)
    loss.set(ylabel="loss", ylim=loss_limits(metrics, optimum))
    both = {"d_real": ("D(x), real data", REAL), "d_fake": ("D(G(z)), generated data", GENERATED)}
    curves(probability, metrics, both)
    probability.set(ylabel="D's mean probability of real", ylim=(-0.02, 1.02))
    both = {"real_accuracy": ("on real data", REAL), "fake_accuracy": ("on generated data", GENERATED)}
    curves(accuracy, metrics, both)
    accuracy.set(ylabel="D's accuracy", ylim=(-0.02, 1.02), xlabel="step")
    for axes in (probability, accuracy):
        level(axes, 0.5, "1/2", "0.3")
    accuracy.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    accuracy.margins(x=0.01)
    if steps_per_epoch and len(metrics["step"]) and metrics["step"][-1] >= steps_per_epoch:
        ways = (lambda step: step / steps_per_epoch, lambda epoch: epoch * steps_per_epoch)
        epochs = accuracy.secondary_xaxis(-0.26, functions=ways)
        epochs.set_xlabel("epoch")
        epochs.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    return save_figure(path, figure)


def curves(axes: Any, metrics: Mapping[str, np.ndarray], lines: Mapping[str, tuple[str, str]]) -> None:
    """Draw columns over the steps: single values pale, moving means bold; the legend is above."""
    for column, (label, colour) in lines.items():
        steps, values = metrics["step"], metrics[column]
        # A line of one step would not be visible.
        marker = "o" if len(steps) == 1 else ""
        axes.plot(*extremes(steps, values), color=colour, alpha=0.2, linewidth=0.7, zorder=1)
        means = smooth(values, window(len(values)))
        axes.plot(*extremes(steps, means), color=colour, label=label, marker=marker, zorder=3)
    axes.grid(alpha=0.25)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.98), ncols=2, frameon=False)


def extremes(steps: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest point of each of `PIECES` pieces of a long line, which looks the same in the picture.

    So a run of a million steps is drawn with as little memory as one of a thousand.
    """
    length = len(values) // PIECES
    if length < 3:
        return steps, values
    whole = values[: length * PIECES].reshape(PIECES, length)
    known = np.isfinite(whole)
    ends = [np.where(known, whole, np.inf).argmin(axis=1), np.where(known, whole, -np.inf).argmax(axis=1)]
    places = np.sort(np.stack(ends, axis=1), axis=1) + length * np.arange(PIECES)[:, np.newaxis]
    chosen = np.concatenate([places.reshape(-1), np.arange(length * PIECES, len(values))])
    return steps[chosen], values[chosen]


def window(count: int) -> int:
    """The number of steps of a moving mean, by the number of steps of the run."""
    return max(1, min(25, count // 10), count // 50) | 1


def loss_limits(metrics: Mapping[str, np.ndarray], ends: Sequence[float | None] | None) -> tuple[float, float]:
    """The range of the vertical axis: it holds the means, the equilibrium and all but 1% of the single steps."""
    shown = [np.array([end for end in ends or () if end is not None], float)]
    for column in ("d_loss", "g_loss"):
        values = metrics[column][np.isfinite(metrics[column])]
        if values.size:
            shown += [np.quantile(values, [0.005, 0.995]), smooth(values, window(len(values)))]
    every = np.concatenate(shown)
    if not every.size:
        return 0.0, 1.0
    margin = 0.06 * (every.max() - every.min()) or 0.5
    return float(every.min() - margin), float(every.max() + margin)


def format_level(value: float) -> str:
    """Format a number: ``log 4`` instead of 1.38629."""
    return next((name for name, number in NAMED.items() if abs(value - number) < 1e-6), f"{value:.3g}")


def level(axes: Any, value: float, label: str, colour: str) -> None:
    """Draw a dashed horizontal line with its label outside, at the right."""
    axes.axhline(value, color=colour, linestyle="--", linewidth=1, zorder=2)
    place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "va": "center"}
    axes.annotate(label, (1, value), (4, 0), color=colour, **place)
