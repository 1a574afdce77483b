"""Draw what each metric says of known faults: ``python docs/figures/metrics.py``.

The samples are real digits with a fault put in, 1,000 of each kind; they are compared with 1,000 other real digits.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from minigan import data
from minigan.io.atomic_write import atomic_path
from minigan.metrics import (
    density_coverage,
    digit_features,
    frechet_distance,
    kernel_distance,
    memorisation,
    nearest_neighbour_accuracy,
    parzen,
    precision_recall,
)

COUNT = 1000

#: The figures, and how each is written.
COLUMNS = {
    "Fréchet\ndistance": ".1f",
    "kernel\ndistance": ".3f",
    "precision": ".2f",
    "recall": ".2f",
    "density": ".2f",
    "coverage": ".2f",
    "1-NN\naccuracy": ".2f",
    "Parzen,\nnats": ".0f",
    "memori-\nsation": ".2f",
}


def faults(digits: data.Dataset) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Reference images, images that choose the width of the windows, and samples by their fault; pixels from 0 to 1."""
    images = digits.images.astype(np.float32) / 255
    reference, validation, fresh = images[:COUNT], images[COUNT : 2 * COUNT], images[2 * COUNT : 3 * COUNT]
    rest, labels = images[3 * COUNT :], digits.labels[3 * COUNT :]
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.25, fresh.shape).astype(np.float32)
    moved = [np.roll(fresh, (row, column), axis=(1, 2)) for row in (-1, 1) for column in (-1, 1)]
    return (
        reference,
        validation,
        {
            "none: other real digits": fresh,
            "blurred": sum(moved) / np.float32(4),
            "noisy": np.clip(fresh + noise, 0, 1),
            "moved by a pixel": np.roll(fresh, (1, 1), axis=(1, 2)),
            "no 0, 1, 2, 3, 4": rest[labels > 4][:COUNT],
            "the same 20 again and again": np.tile(fresh[:20], (COUNT // 20, 1, 1, 1)),
            "copies of the reference": reference[::-1],
        },
    )


def figures(samples: np.ndarray, reference: np.ndarray, validation: np.ndarray) -> list[float]:
    """One row: the figures of `COLUMNS`."""
    seen, real = digit_features(samples, (0, 1)), digit_features(reference, (0, 1))
    pixels, true = samples.reshape(COUNT, -1), reference.reshape(COUNT, -1)
    return [
        frechet_distance(seen, real),
        kernel_distance(seen, real, subsets=10).mean,
        *precision_recall(seen, real),
        *density_coverage(seen, real),
        nearest_neighbour_accuracy(pixels, true).accuracy,
        parzen(pixels, true, validation.reshape(COUNT, -1)).mean,
        memorisation(pixels, true).ratio,
    ]


def draw() -> Figure:
    """A row a fault: six of the samples, and what each metric says."""
    reference, validation, rows = faults(data.load("digits"))
    figure = Figure(figsize=(11, 4.6), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    for place, title in enumerate(COLUMNS):
        axes.text(5.05 + 0.69 * place, 0.35, title, ha="center", va="center", fontsize=9)
    axes.text(0.1, 0.35, "fault", va="center", fontsize=9)
    for line, (fault, samples) in enumerate(rows.items()):
        y = 0.95 + 0.55 * line
        axes.text(0.1, y, fault, va="center", fontsize=10)
        strip = np.concatenate(list(samples[:5, :, :, 0]), axis=1)
        axes.imshow(strip, cmap="gray_r", extent=(2.3, 4.6, y + 0.23, y - 0.23), aspect="auto", vmin=0, vmax=1)
        values = figures(samples, reference, validation)
        for place, (value, form) in enumerate(zip(values, COLUMNS.values())):
            axes.text(
                5.05 + 0.69 * place, y, f"{value:{form}}".replace("-", "−"), ha="center", va="center", fontsize=10
            )
        axes.plot((0.1, 10.9), (y - 0.275, y - 0.275), color="#cccccc", linewidth=0.6)
    axes.set(xlim=(0, 11), ylim=(4.6, 0))
    return figure


if __name__ == "__main__":
    path = Path(__file__).parents[1] / "images" / "metrics-faults.png"
    with atomic_path(path) as temporary:
        draw().savefig(temporary, dpi=110)
    print(f"Wrote {path}")
