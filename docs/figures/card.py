"""Draw ``docs/_static/social-card.png``, the picture that is shown where a link to a page is shared."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from minigan.io.atomic_write import atomic_path
from minigan.plots.style import GENERATED, REAL

DOCS = Path(__file__).resolve().parents[1]


def main() -> None:
    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 1200), ylim=(630, 0))
    axes.axis("off")
    digits = np.asarray(Image.open(DOCS / "images/digits.png").convert("L"))
    axes.imshow(digits, cmap="gray", extent=(700, 1140, 535, 95))
    grid = np.linspace(90, 440, 400)
    for centre, width, height, colour in ((220, 42, 130, REAL), (305, 42, 100, GENERATED)):
        curve = 250 - height * np.exp(-(((grid - centre) / width) ** 2))
        axes.fill_between(grid, curve, 250, color=colour, alpha=0.85, linewidth=0)
    axes.text(90, 345, "minigan", fontsize=64, fontweight="bold", color="black")
    axes.text(92, 405, "GANs from scratch", fontsize=27, color="#333333")
    axes.text(92, 470, "Every gradient by hand,", fontsize=21, color=REAL)
    axes.text(92, 510, "and every gradient checked.", fontsize=21, color=GENERATED)
    with atomic_path(DOCS / "_static/social-card.png") as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})


if __name__ == "__main__":
    main()
