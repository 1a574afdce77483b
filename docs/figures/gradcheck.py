"""Draw the pictures of how to check a gradient: ``python -m docs.figures.gradcheck``.

Nothing in them is sketched: every point is an error that was measured.
"""

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from minigan.gradcheck import check
from minigan.io.atomic_write import atomic_path
from minigan.layers import Dense
from minigan.random import Stream
from tests.gradcheck.museum import average_pool, average_pool_wrong

HERE = Path(__file__).resolve().parent

STEPS = 10.0 ** np.arange(0, -16.1, -0.25)


def draw_steps() -> Figure:
    """The error of four kinds of difference in the kernel's gradient of a Dense layer with tanh, over the step."""
    layer = Dense(4, activation="tanh")
    layer.build((5,), Stream(0, "figure"), np.float64)
    rng = Stream(1, "figure")
    x, dy = rng.normal((3, 5), dtype=np.float64), rng.normal((3, 4), dtype=np.float64)
    _, cache = layer.forward(x)
    layer.backward(dy, cache)
    gradient = layer.kernel.grad.copy()
    kernel, bias = layer.kernel.data, layer.bias.data

    def loss(moved: np.ndarray) -> complex:
        """``<y, dy>`` in the dtype of the kernel."""
        layer.kernel.data, layer.bias.data = moved, bias.astype(moved.dtype)
        y, _ = layer.forward(x.astype(moved.dtype))
        return (y * dy.astype(moved.dtype)).sum()

    def one_sided(way: np.ndarray, h: float) -> float:
        return (loss(kernel + h * way) - loss(kernel)) / h

    def central(way: np.ndarray, h: float) -> float:
        return (loss(kernel + h * way) - loss(kernel - h * way)) / (2 * h)

    def central_float32(way: np.ndarray, h: float) -> float:
        above, below = (loss((kernel + sign * h * way).astype(np.float32)) for sign in (1, -1))
        return float(above - below) / (2 * h)

    def complex_step(way: np.ndarray, h: float) -> float:
        return loss(kernel + 1j * h * way).imag / h

    def errors(derivative: Callable[[np.ndarray, float], float]) -> np.ndarray:
        """The largest error of any entry at each step, in units of the largest derivative."""
        ways = np.eye(kernel.size).reshape(-1, *kernel.shape)
        found = np.array([[derivative(way, h) for way in ways] for h in STEPS])
        return abs(found - gradient.ravel()).max(axis=1) / abs(gradient).max()

    figure = Figure(figsize=(8.4, 4.8), layout="constrained", facecolor="white")
    axes = figure.subplots()
    curves = {  # in colours that the colour-blind distinguish
        "complex step, float64": (complex_step, "black"),
        "central difference, float32": (central_float32, "#E69F00"),
        "one-sided difference, float64": (one_sided, "#CC79A7"),
        "central difference, float64": (central, "#0072B2"),
    }
    for label, (derivative, colour) in curves.items():
        # An error of exactly 0 has no place on a logarithmic scale.
        axes.loglog(STEPS, np.maximum(errors(derivative), 1e-17), color=colour, marker=".", label=label)
    axes.axhline(1e-7, color="0.5", linestyle="--", linewidth=0.8)
    axes.annotate("allowed for differences", (1e-16, 1e-7), (0, 3), textcoords="offset points", color="0.4")
    axes.annotate(r"rounding, like $\epsilon / h$", (1e-12, 1e-9), color="#0072B2")
    axes.annotate("truncation, like $h^2$", (6e-5, 3e-11), color="#0072B2")
    axes.annotate("truncation, like $h$", (3e-7, 2e-4), color="#CC79A7", ha="right")
    axes.set(xlabel="step h", ylabel="largest error, relative", xlim=(3e-17, 3), ylim=(3e-18, 30))
    axes.grid(alpha=0.25)
    figure.legend(loc="outside upper center", ncols=2)
    return figure


if __name__ == "__main__":
    # The same file every time: no date, and ids that depend on nothing but the drawing.
    matplotlib.rcParams["svg.hashsalt"] = "gradcheck"
    steps = HERE / "gradcheck-steps.svg"
    with atomic_path(steps) as temporary:
        draw_steps().savefig(temporary, metadata={"Date": None, "Creator": None})
    report = check(average_pool, (4, 9), backward=average_pool_wrong, name="average_pool_wrong")
    print(f"Wrote {steps} and {report.plot(HERE / 'gradcheck-report.png')}")
