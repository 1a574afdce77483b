"""Draw the picture of a convolution as one matrix product: ``python docs/figures/im2col.py``.

The numbers in it are the ones that minigan computes: the windows by `windows`, the matrix by `im2col`, the output
by `conv2d`.
"""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from minigan import kernels
from minigan.io.atomic_write import atomic_path
from minigan.kernels.reference.convolution import im2col
from minigan.kernels.reference.windows import windows

#: One colour a window, that is, a row of the matrix and a pixel of the output.
COLOURS = ("#f9c6c4", "#c3daf1", "#cbe9c5", "#e2d0f0")
BLANK = "#ffffff"


def draw() -> Figure:
    """The image's four windows, the matrix of them, the kernel as a column, and the output."""
    image = np.arange(16.0).reshape(1, 4, 4, 1)
    kernel = np.array([[0.0, 1, 0], [1, -4, 1], [0, 2, 0]]).reshape(3, 3, 1, 1)
    matrix = im2col(image, (3, 3), (1, 1))
    output = kernels.conv2d(image, kernel, (1, 1), ((0, 0), (0, 0)))
    if not (windows(image, (3, 3), (1, 1)).reshape(4, 9) == matrix).all():
        raise ValueError("the rows of the matrix are not the windows")

    figure = Figure(figsize=(9.6, 6.52), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 24), ylim=(16.3, 0), aspect="equal")
    axes.axis("off")

    text(axes, 7.35, 0.8, "the image x, 4 x 4, and its windows (p, q), 3 x 3", bold=True)
    for place, colour in enumerate(COLOURS):
        p, q = divmod(place, 2)
        inside = np.full((4, 4), BLANK)
        inside[p : p + 3, q : q + 3] = colour
        table(axes, image[0, :, :, 0], 1.0 + 3.3 * place, 1.5, inside, size=0.7)
        text(axes, 2.4 + 3.3 * place, 4.75, f"({p}, {q})", grey=True)
    text(axes, 20.0, 0.8, "the kernel w, 3 x 3", bold=True)
    table(axes, kernel[:, :, 0, 0], 18.5, 1.5)

    rows = np.repeat(np.array(COLOURS)[:, None], 9, axis=1)
    text(axes, 6.5, 7.1, "X = im2col(x): a window a row", bold=True)
    table(axes, matrix, 2.0, 8.7, rows)
    for tap in range(9):
        text(axes, 2.5 + tap, 8.3, "({}, {})".format(*divmod(tap, 3)), grey=True)
    for place in range(4):
        text(axes, 1.25, 9.2 + place, "({}, {})".format(*divmod(place, 2)), grey=True)
    text(axes, 6.5, 13.4, "Column (i, j): the pixel i rows and", grey=True)
    text(axes, 6.5, 14.0, "j columns into each window", grey=True)

    text(axes, 12.0, 10.7, "@", size=18)
    text(axes, 13.5, 5.7, "W", bold=True)
    table(axes, kernel.reshape(9, 1), 13.0, 6.2)
    text(axes, 13.5, 15.8, "w row by row", grey=True)
    text(axes, 15.0, 10.7, "=", size=18)
    text(axes, 16.5, 8.2, "Z", bold=True)
    table(axes, output.reshape(4, 1), 16.0, 8.7, rows)
    axes.annotate("", (20.1, 10.7), (17.4, 10.7), arrowprops={"arrowstyle": "->", "lw": 1.4})
    text(axes, 18.7, 10.3, "reshape", grey=True)
    text(axes, 21.5, 8.9, "the output y, 2 x 2", bold=True)
    table(axes, output[0, :, :, 0], 20.5, 9.7, np.array(COLOURS).reshape(2, 2))
    return figure


def table(
    axes: Axes, numbers: np.ndarray, left: float, top: float, colours: np.ndarray | None = None, size: float = 1.0
) -> None:
    """Numbers in square cells, each in its colour."""
    for (row, column), value in np.ndenumerate(numbers):
        x, y = left + size * column, top + size * row
        colour = BLANK if colours is None else colours[row, column]
        axes.add_patch(Rectangle((x, y), size, size, facecolor=colour, edgecolor="#888888", lw=0.8))
        text(axes, x + size / 2, y + size / 2, f"{value:g}", size=8 + 3 * size)


def text(axes: Axes, x: float, y: float, words: str, size: float = 11, bold: bool = False, grey: bool = False) -> None:
    """Words around a point: bold for a title, small and grey for a note."""
    axes.text(
        x,
        y,
        words,
        ha="center",
        va="center_baseline",
        fontsize=9 if grey else size,
        fontweight="bold" if bold else "normal",
        color="#444444" if grey else "black",
    )


if __name__ == "__main__":
    # The same file every time: no date, and ids that depend on nothing but the drawing.
    matplotlib.rcParams["svg.hashsalt"] = "im2col"
    path = Path(__file__).with_suffix(".svg")
    with atomic_path(path) as temporary:
        draw().savefig(temporary, metadata={"Date": None, "Creator": None})
    print(f"Wrote {path}")
