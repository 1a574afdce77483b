"""Histograms of D's outputs on real and on generated data."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.plots.style import GENERATED, REAL, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["save_histogram"]


def save_histogram(
    path: str | Path | None, real: np.ndarray, fake: np.ndarray, *, probabilities: bool = True
) -> "Figure":
    """Draw the histograms of D's outputs on real and on generated data.

    The further they are apart, the better D separates the two. The scale is that of logits, on which probabilities such
    as 0.001 and 0.000001 are far apart.

    Parameters
    ----------
    path : path or None
        PNG, SVG, PDF, JPEG or WebP, by its suffix; None returns the figure without saving it.
    real, fake : array (N,) or (N, 1)
        D's logits, ``log(D / (1 - D))``.
    probabilities : bool
        Whether D is a probability, which gets a scale above; the scores of the Wasserstein and the hinge loss are not.
    """
    real, fake = np.ravel(real), np.ravel(fake)
    every = np.concatenate([real, fake])
    low, high = float(every.min()), float(every.max())
    if probabilities:  # one half, where D is undecided, is always shown
        low, high = min(low, -1.0), max(high, 1.0)
    edges = np.linspace(low, high if high > low else low + 1, 61)
    figure = new_figure(8, 4.4)
    axes = figure.subplots()
    for values, colour, name in ((real, REAL, "real data"), (fake, GENERATED, "generated data")):
        fractions = np.histogram(values, edges)[0] / len(values)
        axes.stairs(fractions, edges, fill=True, color=colour, alpha=0.35)
        axes.stairs(fractions, edges, color=colour, linewidth=1.5, label=f"{name}, {describe(values, probabilities)}")
        axes.axvline(values.mean(), color=colour, linestyle="--", linewidth=1.2)
    axes.set(ylabel="fraction of the data", xlabel="D's logit" if probabilities else "D's score")
    axes.set_ylim(bottom=0)
    axes.margins(x=0.02)
    axes.grid(alpha=0.25)
    if probabilities:
        axes.axvline(0, color="0.3", linewidth=1)
        mark_probabilities(axes)
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    return save_figure(path, figure)


def describe(values: np.ndarray, probabilities: bool) -> str:
    """The mean and, for probabilities, the fraction above 1/2."""
    text = f"mean {values.mean():.3g}"
    return f"{text}, {np.mean(values > 0):.0%} classified as real" if probabilities else text


def mark_probabilities(axes: Any) -> None:
    """Add a scale of probabilities above the logits, with marks that are not too close."""
    low, high = axes.get_xlim()
    kept = {0.0: "0.5"}
    for chance in (0.75, 0.9, 0.99, *(1 - 10.0**-zeros for zeros in range(3, 13))):
        place = float(np.log(chance) - np.log1p(-chance))
        if place - max(kept) > (high - low) / 11:
            power = f"10^{{-{round(-np.log10(1 - chance))}}}"
            texts = (f"{chance:g}", f"{1 - chance:g}") if chance < 0.995 else (f"$1-{power}$", f"${power}$")
            kept |= {place: texts[0], -place: texts[1]}
    shown = {place: text for place, text in kept.items() if low <= place <= high}
    above = axes.secondary_xaxis("top")
    above.set_xticks(list(shown), list(shown.values()))
    above.set_xlabel("D, the probability of being real")
