"""The pictures that ``minigan plot`` draws of a run."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigan.backend import Array, asarray, asnumpy
from minigan.errors import ConfigError, DataError, RunError
from minigan.losses import GANLoss
from minigan.models import classes_in_turn, draw_noise
from minigan.plots.gradients import save_gradients
from minigan.plots.histogram import save_histogram
from minigan.plots.images import interpolate, nearest, save_classes, save_grid, save_neighbours, save_walk
from minigan.plots.losses import save_losses
from minigan.plots.points import PointsView, gives_probabilities
from minigan.random import Stream
from minigan.runs.build import make_loss
from minigan.runs.outputs import check_picture_folder
from minigan.runs.run_data import load_data
from minigan.runs.start import load_run
from minigan.runs.tables import read_gradients, read_metrics
from minigan.training.events import ignore

__all__ = ["PICTURES", "draw_run"]

#: Rows and generated columns of the picture of neighbours, as in the 2014 paper; rows and steps of a walk.
NEIGHBOURS, WALKS = (5, 5), (6, 10)

#: Maximum number of rows in a picture with a row for each class.
MOST_CLASSES = 20

#: Maximum number of images or points in a histogram, and training examples that are compared at a time.
MOST_JUDGED, BLOCK = 2000, 2048


class PlottedRun:
    """A run's folder and the data that pictures need from it, loaded on first use."""

    def __init__(self, folder: Path, seed: int, truncation: float | None = None) -> None:
        self.folder, self.seed, self.truncation = folder, seed, truncation
        self.config, self.gan = load_run(folder)

    @cached_property
    def data(self) -> Any:
        """The data that the run was trained on."""
        return load_data(self.config, self.gan, self.folder)

    @cached_property
    def metrics(self) -> dict[str, np.ndarray]:
        """The columns of metrics.csv."""
        return read_metrics(self.folder / "metrics.csv")

    @property
    def value_range(self) -> tuple[float, float]:
        """The values of black and white in the images."""
        return self.gan.output_range or (-1.0, 1.0)

    @property
    def loss(self) -> GANLoss:
        """The run's loss."""
        return make_loss(self.config)

    def noise(self, count: int) -> Array:
        """Noise vectors; the same seed gives the same ones."""
        return draw_noise(Stream(self.seed, "plot"), count, self.gan.latent_size, self.config.noise, self.truncation)

    def classes(self, count: int) -> Array | None:
        """All classes in turn, repeated; None for a GAN without classes."""
        return classes_in_turn(count, self.gan.classes)

    def generated(self, noise: Array, labels: Array | None) -> np.ndarray:
        """The generator's output, in host memory."""
        return asnumpy(self.gan.generator.predict(noise, labels=labels))


# What each picture needs: a function returns why a run does not fit, or None


def needs_images(run: PlottedRun) -> str | None:
    """The run must be one of images."""
    return None if len(run.gan.image_shape) == 3 else "it was trained on points, not on images"


def needs_points(size: int) -> Callable[[PlottedRun], str | None]:
    """The run must be one of points with `size` coordinates."""

    def check(run: PlottedRun) -> str | None:
        if run.gan.image_shape != (size,):
            wanted = "points of two coordinates" if size == 2 else "numbers"
            shape = "x".join(map(str, run.gan.image_shape))
            return f"it was not trained on {wanted}, but on data of shape {shape}"
        return None

    return check


def needs_table(name: str) -> Callable[[PlottedRun], str | None]:
    """The run must have the table `name`, with at least one step."""

    def check(run: PlottedRun) -> str | None:
        path = run.folder / name
        if not path.is_file():
            return f"it has no {name}"
        with open(path, "rb") as table:
            return None if len([line for _, line in zip(range(2), table)]) == 2 else f"its {name} has no step"

    return check


# The pictures: each function returns the paths it wrote


def draw_samples(run: PlottedRun, out: Path) -> list[Path]:
    """A grid, or a row for each class."""
    path = out / "samples.png"
    if run.gan.classes:
        rows = min(run.gan.classes, MOST_CLASSES)
        labels = np.repeat(np.arange(rows), 10)
        images = run.generated(run.noise(len(labels)), asarray(labels))
        names = None if run.config.class_names is None else run.config.class_names[:rows]
        save_classes(path, images.reshape(rows, 10, *images.shape[1:]), run.value_range, names)
    else:
        save_grid(path, run.generated(run.noise(64), None), run.value_range)
    return [path]


def draw_neighbours(run: PlottedRun, out: Path) -> list[Path]:
    """Samples, and the training example nearest to the last sample of each row."""
    path = out / "neighbours.png"
    rows, columns = NEIGHBOURS
    images = run.generated(run.noise(rows * columns), run.classes(rows * columns))
    starts = range(0, len(run.data), BLOCK)
    blocks = (asnumpy(run.data.batch(slice(start, start + BLOCK), run.gan.output_range)) for start in starts)
    _, neighbours = nearest(images[columns - 1 :: columns], blocks)
    save_neighbours(path, images, neighbours, run.value_range)
    return [path]


def draw_walks(run: PlottedRun, out: Path) -> list[Path]:
    """Linear and spherical walks between the same noise vectors."""
    rows, steps = WALKS
    ends = asnumpy(run.noise(2 * rows))
    labels = run.classes(rows)
    paths = []
    for kind in ("linear", "spherical"):
        noise = np.stack([interpolate(ends[2 * row], ends[2 * row + 1], steps, kind) for row in range(rows)])
        each = None if labels is None else labels.repeat(steps)
        images = run.generated(asarray(noise.reshape(rows * steps, -1)), each)
        paths.append(out / f"walk-{kind}.png")
        save_walk(paths[-1], images.reshape(rows, steps, *images.shape[1:]), run.value_range, kind)
    return paths


def draw_losses(run: PlottedRun, out: Path) -> list[Path]:
    """Losses, probabilities and accuracies over the steps."""
    path = out / "losses.png"
    epochs = run.metrics["epoch"]
    # The length of an epoch is known once the second has begun.
    steps_per_epoch = int((epochs == 1).sum()) if epochs[-1] > 1 else None
    save_losses(path, run.metrics, steps_per_epoch, run.loss.optimum)
    return [path]


def draw_histogram(run: PlottedRun, out: Path) -> list[Path]:
    """The discriminator's outputs on real and on as many generated examples."""
    path = out / "histogram.png"
    count = min(MOST_JUDGED, len(run.data))
    # In random order: a data set may be sorted by class.
    chosen = Stream(run.seed, "plot").child("data").permutation(len(run.data))[:count]
    judge, noise, asked = run.gan.discriminator.logits, run.noise(count), run.classes(count)
    labels = asarray(run.data.labels[chosen]) if run.gan.classes else None
    real = judge.predict(run.data.batch(chosen, run.gan.output_range), labels=labels)
    fake = judge.predict(run.gan.generator.predict(noise, labels=asked), labels=asked)
    save_histogram(path, asnumpy(real), asnumpy(fake), probabilities=gives_probabilities(run.loss))
    return [path]


def draw_gradients(run: PlottedRun, out: Path) -> list[Path]:
    """The norms of the layers' gradients."""
    path = out / "gradients.png"
    table = read_gradients(run.folder / "gradients.csv")
    save_gradients(path, table["step"], {name: table[name] for name in table if name != "step"})
    return [path]


def draw_view(name: str) -> Callable[[PlottedRun, Path], list[Path]]:
    """A GAN of points at its last step."""

    def draw(run: PlottedRun, out: Path) -> list[Path]:
        path = out / f"{name}.png"
        step = int(run.metrics["step"][-1]) if needs_table("metrics.csv")(run) is None else 0
        PointsView(run.gan, run.loss, run.data, run.config.noise, run.seed).save(path, f"step {step}")
        return [path]

    return draw


class Picture(NamedTuple):
    """A kind of picture: a function that draws it, one that returns why a run does not fit, and what it reads."""

    draw: Callable[[PlottedRun, Path], list[Path]]
    refuse: Callable[[PlottedRun], str | None]
    needs_data: bool = False


#: All pictures by name, in the order in which they are drawn.
PICTURES: dict[str, Picture] = {
    "samples": Picture(draw_samples, needs_images),
    "neighbours": Picture(draw_neighbours, needs_images, needs_data=True),
    "walk": Picture(draw_walks, needs_images),
    "losses": Picture(draw_losses, needs_table("metrics.csv")),
    "histogram": Picture(draw_histogram, lambda run: None, needs_data=True),
    "gradients": Picture(draw_gradients, needs_table("gradients.csv")),
    "plane": Picture(draw_view("plane"), needs_points(2), needs_data=True),
    "figure1": Picture(draw_view("figure1"), needs_points(1), needs_data=True),
}


def draw_run(
    folder: str | Path,
    out: str | Path | None = None,
    kinds: Sequence[str] = (),
    seed: int = 0,
    truncation: float | None = None,
    progress: Callable[[str], None] | None = None,
    listener: Callable[[str], None] | None = None,
) -> list[Path]:
    """Draw pictures of a run from the files in its folder.

    Without `kinds`, the pictures that need the run's data are left out where these are missing.

    ==============  ========================================================================================
    kind            picture
    ==============  ========================================================================================
    ``samples``     images of new noise; with classes, one row for each
    ``neighbours``  images, and the training examples nearest to the last of each row (2014 paper, figure 2)
    ``walk``        walks from one noise vector to another, linear and spherical
    ``losses``      losses, D(x), D(G(z)) and accuracies over the steps
    ``histogram``   D's outputs on real and on generated data
    ``gradients``   norms of the layers' gradients over the steps, from ``gradients.csv``
    ``plane``       for points of two coordinates: the points, D, and the direction that lowers G's loss
    ``figure1``     for numbers: both densities, D, and how G carries noise to data (2014 paper, figure 1)
    ==============  ========================================================================================

    Parameters
    ----------
    folder : path
        Of the run.
    out : path, optional
        A folder for the pictures, made if it does not exist; pictures of the same names are replaced. Default:
        ``pictures`` in the run's folder.
    kinds : sequence of str
        Names from above. Default: all that fit the run.
    seed : int
        Seed of the noise.
    truncation : float, optional
        Limit of the noise, in standard deviations: see `minigan.models.draw_noise`.
    progress : callable, optional
        Called with what it does as each picture begins.
    listener : callable, optional
        Called with a line that says which pictures were left out, and why.

    Returns
    -------
    list of Path
        The files that were written.

    Raises
    ------
    ConfigError
        A kind is unknown.
    RunError
        The folder is no run, a kind does not fit it, or `out` cannot be written.
    CheckpointError
        The run's weights are missing, damaged, or do not fit.
    DataError
        The run's data are missing, and one of `kinds`, or every picture, needs them.
    """
    progress, listener = progress or ignore, listener or ignore
    for name in kinds:
        if name not in PICTURES:
            raise ConfigError(f"unknown picture {name!r}: expected one of {', '.join(PICTURES)}")
    run = PlottedRun(Path(folder), seed, truncation)
    for name in kinds:
        if reason := PICTURES[name].refuse(run):
            raise RunError(f"{name}: does not fit {folder}: {reason}")
    chosen = [*dict.fromkeys(kinds)] or [name for name in PICTURES if PICTURES[name].refuse(run) is None]
    if any(PICTURES[name].needs_data for name in chosen):
        try:
            len(run.data)
        except DataError as error:
            rest = [name for name in chosen if not PICTURES[name].needs_data]
            if kinds or not rest:
                raise
            listener(f"Left out: {', '.join(name for name in chosen if name not in rest)}: {error}")
            chosen = rest
    out = Path(folder) / "pictures" if out is None else Path(out)
    check_picture_folder("--out", out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        paths = []
        for place, name in enumerate(chosen, 1):
            progress(f"drawing {name} ({place} of {len(chosen)})")
            paths += PICTURES[name].draw(run, out)
        return paths
    except OSError as error:
        raise RunError(f"expected a folder that can be written, got {out}: {error.strerror}") from None
