"""Pictures to look at: each ``save_`` function returns its picture, and saves it where a path is given."""

import inspect
import io
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from minigan import models, plots
from minigan.benchmarking import benchmark
from minigan.data import load
from minigan.gradcheck import check
from minigan.layers import Tanh
from minigan.losses import NonSaturating
from minigan.plots.scatter import save_scatter

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(-1, 1, (6, 5, 4, 3)).astype(np.float32)
ROWS = IMAGES.reshape(2, 3, 5, 4, 3)
LINE = np.arange(1.0, 9.0)
FLAT = RNG.normal(size=(7, 2))
RANGE = (-1.0, 1.0)
COLUMNS = ("step", "d_loss", "g_loss", "d_real", "d_fake", "real_accuracy", "fake_accuracy")
METRICS = dict.fromkeys(COLUMNS, LINE / 10)

#: The arguments of each after the path.
CALLS: dict[str, tuple[Any, ...]] = {
    "save_grid": (IMAGES, RANGE),
    "save_classes": (ROWS, RANGE, ["cats", "dogs"]),
    "save_neighbours": (IMAGES, IMAGES[:2], RANGE),
    "save_walk": (ROWS, RANGE, "linear"),
    "save_losses": (METRICS, 4),
    "save_histogram": (LINE, LINE),
    "save_gradients": (LINE, {"generator/dense": LINE}),
    "save_plane": (FLAT, FLAT, np.full((5, 5), 0.5), FLAT, (-3.0, 3.0, -3.0, 3.0)),
    "save_figure1": (LINE, LINE, LINE, LINE / 9),
    "save_benchmark": (benchmark(np.abs, LINE, repeats=1).timings, {"abs": 1.0}),
    "save_gradcheck": (check(Tanh(), (2, 3)).rows,),
}

#: An animation is a file: there is nothing of it to look at without one.
FILMS = {"save_film"}


def every_picture() -> dict[str, Any]:
    gan = models.build("mlp2d")
    view = plots.PointsView(gan, NonSaturating(), load("ring"), "normal")
    return {
        **{name: getattr(plots, name)(None, *arguments) for name, arguments in CALLS.items()},
        "save_scatter": save_scatter(None, FLAT),
        "PointsView.save": view.save(None, "step 0"),
        "Report.plot": check(Tanh(), (2, 3)).plot(),
    }


def test_all_functions_are_tried():
    assert {name for name in plots.__all__ if name.startswith("save_")} == {*CALLS, *FILMS}


def test_without_a_path_each_returns_its_picture_and_writes_nothing(tmp_path, monkeypatch):
    import matplotlib.pyplot as plt

    monkeypatch.chdir(tmp_path)
    for name, picture in every_picture().items():
        assert isinstance(picture, Figure | Image.Image), name
    assert list(tmp_path.iterdir()) == []
    assert plt.get_fignums() == [], "no figure stays open"


def test_with_a_path_the_same_picture_is_saved(tmp_path):
    """The picture that a notebook shows has the pixels of the file."""
    for name, arguments in CALLS.items():
        path = tmp_path / f"{name}.png"
        assert isinstance(getattr(plots, name)(path, *arguments), Figure | Image.Image), name
        picture = getattr(plots, name)(None, *arguments)
        shown = Image.open(io.BytesIO(picture._repr_png_()))
        with Image.open(path) as saved:
            np.testing.assert_array_equal(np.asarray(saved.convert("RGB")), np.asarray(shown.convert("RGB")), name)


@pytest.mark.parametrize("name", CALLS)
def test_the_help_says_that_none_returns_the_picture(name):
    function = getattr(plots, name)
    assert "None returns the" in " ".join(inspect.getdoc(function).split())
