"""Draw the pictures of the losses and of the penalties: ``python docs/figures/losses.py``.

Every curve is computed by minigan: the losses and their gradients by the games, the points by the penalties.
"""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from minigan import losses, penalties
from minigan.io.atomic_write import atomic_path
from minigan.layers import Dense
from minigan.model.sequential import Sequential
from minigan.plots.style import DISCRIMINATOR, GENERATED, GENERATOR, REAL
from minigan.random import Stream

IMAGES = Path(__file__).resolve().parents[1] / "images"

#: For what is neither real nor generated, neither D's nor G's: a purple that the colour-blind distinguish, too.
PATH = "#CC79A7"

#: D on real images, D on generated images, G. In some games the first and the last are the same curve.
TERMS = {
    "real": {"label": "D, real images", "color": REAL, "linewidth": 5, "alpha": 0.4},
    "fake": {"label": "D, generated images", "color": GENERATED, "linewidth": 2},
    "generator": {"label": "G", "color": GENERATOR, "linewidth": 2, "linestyle": (0, (4, 2))},
}


def new_figure(width: float, height: float, columns: int) -> tuple[Figure, list[Axes]]:
    """Panels in a row."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    axes = figure.subplots(1, columns, squeeze=False)[0]
    for panel in axes:
        panel.grid(alpha=0.25)
    return figure, list(axes)


# The games


def draw_game(name: str) -> Figure:
    """The three losses of one image, and their gradients, over D's output."""
    game = losses.get(name)
    z = np.linspace(-1.5, 2.5, 401) if name == "least-squares" else np.linspace(-4, 4, 401)
    figure, (left, right) = new_figure(8.4, 3.5, 2)
    for term, style in TERMS.items():
        found = [getattr(game, term)(np.array([[entry]])) for entry in z]
        left.plot(z, [float(value) for value, _ in found], **style)
        right.plot(z, [float(dz[0, 0]) for _, dz in found], **style)
    right.axhline(0, color="0.6", linewidth=0.8)
    if game.decision_threshold is not None:
        for panel in (left, right):
            panel.axvline(game.decision_threshold, color="0.5", linestyle=":", linewidth=1)
        place = (game.decision_threshold, 0.97), (4, 0), ("data", "axes fraction"), "offset points"
        left.annotate("decision threshold", *place, color="0.4", va="top")
    output = "D's output z" if name in ("least-squares", "wasserstein") else "D's logit z"
    left.set(xlabel=output, ylabel="loss")
    right.set(xlabel=output, ylabel="gradient dL/dz")
    figure.legend(handles=left.get_lines()[:3], loc="outside upper center", ncols=3)
    return figure


# The penalties


def draw_penalty(name: str) -> Figure:
    """What a slope costs, and at which points it is measured."""
    penalty = penalties.get(name, 1.0)
    figure, (left, right) = new_figure(8.4, 3.7, 2)
    slopes = np.linspace(0, 2.5, 251)
    left.plot(slopes, [float(penalty.value(np.array([[slope]]))[0]) for slope in slopes], color=DISCRIMINATOR)
    left.set(xlabel="slope ||dD/dx|| at a point", ylabel="penalty, of weight 1")

    rng = Stream(1, "figure")
    angles = 2 * np.pi * np.arange(8) / 8
    real = np.stack([np.cos(angles), np.sin(angles)], axis=1).repeat(6, axis=0)
    real += rng.normal(real.shape, stddev=0.05, dtype=np.float64)
    fake = rng.normal(real.shape, mean=0.0, stddev=0.25, dtype=np.float64)
    if name == "wgan-gp":
        for pair in zip(real, fake):
            right.plot(*np.transpose(pair), color="0.85", linewidth=0.6, zorder=0)
    right.plot(*real.T, "o", color=REAL, markersize=4, label="real")
    right.plot(*fake.T, "o", color=GENERATED, markersize=4, label="generated")
    points = penalty.points(real, fake, rng)
    style = {"markersize": 7, "markerfacecolor": "none"} if name in ("r1", "r2") else {"markersize": 4}
    right.plot(*points.T, "o", color="black", label="where the slope is measured", **style)
    right.set(aspect="equal", xlim=(-1.75, 1.75), ylim=(-1.5, 1.6), xlabel="first number of x", ylabel="second number")
    figure.legend(loc="outside upper center", ncols=3)
    return figure


def dirac_path(weight: float, steps: int = 200, rate: float = 0.1) -> np.ndarray:
    """The way of (psi, theta) in the minimax game of D(x) = psi x and a G that makes nothing but theta; data: 0."""
    psi, theta = Sequential([Dense(1, use_bias=False)]), 1.0
    psi.build((1,), dtype=np.float64)
    psi.flat_data[...] = 1
    game, penalty, path = losses.Minimax(), penalties.R1(weight), [(1.0, theta)]
    for _ in range(steps):
        psi.zero_grads()
        real, fake = np.zeros((1, 1)), np.full((1, 1), theta)
        for loss, x in ((game.real, real), (game.fake, fake)):
            z, caches = psi.forward(x)
            psi.backward(loss(z)[1], caches)
        slope = psi.backward(game.generator(z)[1], caches, param_grads=False)[0, 0]
        penalty(psi, real, fake, Stream(0))
        psi.flat_data -= rate * psi.flat_grad
        psi.mark_updated()
        theta -= rate * slope
        path.append((float(psi.flat_data[0]), float(theta)))
    return np.array(path)


def draw_dirac() -> Figure:
    """The Dirac-GAN without a penalty and with R1."""
    figure, panels = new_figure(7.4, 3.9, 2)
    for panel, weight in zip(panels, (0.0, 1.0)):
        path = dirac_path(weight)
        panel.plot(*path.T, color=PATH, marker=".", markersize=3, linewidth=0.8)
        panel.plot(*path[0], "o", color="black")
        panel.annotate("start", path[0], (6, 4), textcoords="offset points")
        panel.plot(0, 0, "*", color=REAL, markersize=12)
        panel.set(xlabel=r"D's only weight $\psi$", ylabel=r"what G makes, $\theta$", aspect="equal")
        panel.set(title=f"R1, weight {weight:g}" if weight else "no penalty", xlim=(-2.2, 2.2), ylim=(-2.2, 2.2))
    return figure


# Smoothing


def draw_smoothing() -> Figure:
    """The logit of the best D for two densities, under three ways to smooth the labels."""
    x = np.linspace(-4, 6, 501)

    def normal(mean: float, stddev: float) -> np.ndarray:
        return np.exp(-(((x - mean) / stddev) ** 2) / 2) / (stddev * np.sqrt(2 * np.pi))

    p, q = normal(-1, 0.8), normal(2.5, 0.8)
    figure, (densities, logits) = new_figure(8.4, 3.4, 2)
    densities.fill_between(x, p, color=REAL, alpha=0.35, label="data, p")
    densities.fill_between(x, q, color=GENERATED, alpha=0.35, label="generated, q")
    densities.set(xlabel="x", ylabel="density", ylim=(0, 0.62))
    densities.legend(loc="upper center", ncols=2)
    for (smooth, fake_smooth), label, colour in (
        ((0.0, 0.0), "no smoothing", "0.6"),
        ((0.2, 0.0), "one-sided, 0.2", PATH),
        ((0.2, 0.2), "two-sided, 0.2", DISCRIMINATOR),
    ):
        real, fake = losses.NonSaturating(smooth, fake_smooth).targets
        best = np.log((real * p + fake * q) / ((1 - real) * p + (1 - fake) * q))
        logits.plot(x, best, color=colour, label=label)
    logits.axvspan(0.9, 4.1, color=GENERATED, alpha=0.12)
    logits.annotate("G's images", (2.5, 5.2), color=GENERATED, ha="center")
    logits.set(xlabel="x", ylabel="logit of the best D", ylim=(-12, 6.5), xlim=(-3.5, 5))
    logits.legend(loc="lower left")
    return figure


if __name__ == "__main__":
    pictures = {f"loss-{name}": draw_game(name) for name in losses.GAN_LOSSES}
    pictures |= {f"penalty-{name}": draw_penalty(name) for name in penalties.PENALTIES}
    pictures |= {"dirac-gan": draw_dirac(), "label-smoothing": draw_smoothing()}
    for name, figure in pictures.items():
        # The same file every time: no date, and ids that depend on nothing but the drawing.
        matplotlib.rcParams["svg.hashsalt"] = name
        with atomic_path(IMAGES / f"{name}.svg") as temporary:
            figure.savefig(temporary, metadata={"Date": None, "Creator": None})
    print(f"Wrote {', '.join(pictures)} to {IMAGES}")
