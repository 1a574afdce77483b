"""The densities of data and of generated numbers, with D and the map of G: figure 1 of the GAN paper."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.errors import ConfigError, ShapeError
from minigan.plots.style import new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["kernel_density", "save_figure1"]

#: The paper's colours, in colour-blind safe tones; the line styles differ as well.
DATA, MODEL, DISCRIMINATOR = "#000000", "#009E73", "#0072B2"


def kernel_density(samples: np.ndarray, x: np.ndarray, bandwidth: float | None = None) -> np.ndarray:
    """Estimate the density of samples on a line, ``p(x) = 1/(N h) sum_i phi((x - x_i) / h)`` with phi normal.

    Parameters
    ----------
    samples : array (N,) or (N, 1)
    x : array (K,)
    bandwidth : float, optional
        h. Default: Silverman's rule, ``0.9 min(s, IQR / 1.34) N^(-1/5)``, but at least the distance of two x, so that
        samples that are all equal are still visible.

    Returns
    -------
    array (K,)

    Raises
    ------
    ConfigError
        `bandwidth` is not above 0.

    Notes
    -----
    Silverman, Density Estimation for Statistics and Data Analysis (1986), equation 3.31.
    """
    samples = np.ravel(samples).astype(np.float64)
    if bandwidth is None:
        low, high = np.quantile(samples, [0.25, 0.75])
        spread = min(float(samples.std()), float(high - low) / 1.34) or float(samples.std())
        bandwidth = max(0.9 * spread * len(samples) ** -0.2, float(abs(x[-1] - x[0])) / max(len(x) - 1, 1))
    if not bandwidth > 0:
        raise ConfigError(f"expected a bandwidth above 0, got {bandwidth}")
    distances = (x[:, np.newaxis] - samples) / bandwidth
    return np.exp(-0.5 * distances**2).sum(axis=1) / (len(samples) * bandwidth * np.sqrt(2 * np.pi))


def save_figure1(
    path: str | Path | None,
    x: np.ndarray,
    p_data: np.ndarray,
    p_g: np.ndarray,
    probability: np.ndarray,
    noise: np.ndarray | None = None,
    generated: np.ndarray | None = None,
    *,
    top: float | None = None,
    title: str = "",
    limits: tuple[float, float] | None = None,
) -> "Figure":
    """Draw figure 1 of the GAN paper for a GAN whose data are numbers.

    Above: the density of the data (dotted), of generated numbers (solid), and D (dashed). Below: an arrow from every
    noise z to x = G(z); where arrows are dense, G generates many numbers.

    Parameters
    ----------
    path : path or None
        PNG, SVG, PDF, JPEG or WebP, by its suffix; None returns the figure without saving it.
    x : array (K,)
        Ascending; its ends are those of the picture.
    p_data, p_g : array (K,)
        Densities at x: known, or estimated by `kernel_density`.
    probability : array (K,)
        D(x).
    noise, generated : array (M,), optional
        Evenly spaced quantiles of the noise, and G of them; left out where noise is not one number.
    top : float, optional
        The upper end of the densities' scale: the same for all frames of an animation. Default: from the data.
    title : str
        Such as "step 300".
    limits : (float, float), optional
        The ends of D's scale, where D is a score and not a probability. Default: 0 and 1.

    Raises
    ------
    ShapeError
        The arrays are not equally long.

    Notes
    -----
    Goodfellow et al., arXiv:1406.2661, figure 1.
    """
    for name, values in (("p_data", p_data), ("p_g", p_g), ("probability", probability)):
        if values.shape != x.shape or x.ndim != 1:
            raise ShapeError(f"expected {name} at every x {x.shape}, got {values.shape}")
    shapes = [None if values is None else values.shape for values in (noise, generated)]
    if shapes[0] != shapes[1]:
        raise ShapeError(f"expected as many generated numbers as noise, got {shapes[0]} and {shapes[1]}")
    figure = new_figure(7.5, 4 if noise is None else 5.6)
    if noise is None or generated is None:
        above = figure.subplots()
    else:
        above, below = figure.subplots(2, height_ratios=[2.4, 1])
        draw_map(below, noise, generated, (float(x[0]), float(x[-1])))
    top = 1.15 * max(float(np.max(p_data)), 1e-9) if top is None else top
    lines = above.plot(x, p_data, ":", color=DATA, linewidth=2.4, label="p_data")
    lines += above.plot(x, p_g, "-", color=MODEL, linewidth=2, label="p_g")
    right_axis = above.twinx()
    lines += right_axis.plot(x, probability, "--", color=DISCRIMINATOR, linewidth=2, label="D")
    low, high = limits or (0, 1)
    right_axis.axhline((low + high) / 2, color=DISCRIMINATOR, linewidth=0.6, alpha=0.6)
    above.set(xlim=(x[0], x[-1]), ylim=(0, top), ylabel="density", title=title)
    right_axis.set(ylim=(low, high + 0.02 * (high - low)))
    if limits is None:
        right_axis.set_yticks([0, 0.5, 1])
    right_axis.set_ylabel("D(x)", color=DISCRIMINATOR)
    right_axis.tick_params(axis="y", colors=DISCRIMINATOR)
    names = ["data", "generated", "D, the probability of real" if limits is None else "D's score"]
    figure.legend(handles=lines, labels=names, loc="outside upper center", ncols=3, frameon=False)
    return save_figure(path, figure)


def draw_map(axes: Any, noise: np.ndarray, generated: np.ndarray, ends: tuple[float, float]) -> None:
    """Draw two lines, x above and z below, and arrows from z to x.

    Both lines are equally long, whatever their scales; arrows that leave the picture end at its edge.
    """
    left, right = ends
    noise, generated = np.ravel(noise), np.ravel(generated)
    low, high = float(noise.min()), float(noise.max())
    inner = (right - left) * 0.1
    start = left + inner + (noise - low) / ((high - low) or 1.0) * (right - left - 2 * inner)
    for height in (0, 1):
        axes.axhline(height, color="black", linewidth=1)
    inside = (generated >= left) & (generated <= right)
    for z, x, kept in zip(start, np.clip(generated, left, right), inside):
        head = {"arrowstyle": "-|>" if kept else "-", "color": MODEL, "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (x, 1), (z, 0), arrowprops=head)
    for place, number in ((left + inner, low), (right - inner, high)):
        axes.annotate(f"{number:.3g}", (place, 0), (0, -4), textcoords="offset points", ha="center", va="top")
    for height, name in ((0, "z"), (1, "x")):
        axes.annotate(name, (1, height), (6, 0), ("axes fraction", "data"), "offset points", va="center")
    axes.set(xlim=ends, ylim=(-0.35, 1.08), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
