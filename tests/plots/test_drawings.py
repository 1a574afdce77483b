"""Drawings of D's outputs and of gradients: the numbers they show."""

import numpy as np
import pytest
from matplotlib.colors import LogNorm
from PIL import Image

from minigan import plots
from minigan.plots import gradients

# Histograms


def fractions(axes) -> list[np.ndarray]:
    """The filled hills, real data first."""
    return [patch.get_data().values for patch in axes.patches if patch.get_fill()]


def test_histograms_are_fractions_of_each_set_in_the_same_bins(drawn):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(2, 1, (400, 1)), rng.normal(-2, 1, 1000)
    figure = drawn(plots.save_histogram, real, fake)
    axes = figure.axes[0]
    edges = axes.patches[0].get_data().edges
    for values, found in zip((real, fake), fractions(axes), strict=True):
        np.testing.assert_allclose(found, np.histogram(values, edges)[0] / values.size)
        np.testing.assert_allclose(found.sum(), 1)
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[0] == f"real data, mean {real.mean():.3g}, {np.mean(real > 0):.0%} classified as real"
    assert texts[1] == f"generated data, mean {fake.mean():.3g}, {np.mean(fake > 0):.0%} classified as real"


@pytest.mark.parametrize("spread", [0.1, 1.0, 4.0, 30.0])
def test_the_scale_above_gives_the_probability_of_a_logit(drawn, spread):
    values = np.linspace(-spread, spread, 100)
    (above,) = drawn(plots.save_histogram, values, values).axes[0].child_axes
    ticks = dict(zip(above.get_xticks(), [label.get_text() for label in above.get_xticklabels()], strict=True))
    assert ticks[0.0] == "0.5"
    places = np.sort(list(ticks))
    width = places[-1] - places[0]
    assert len(places) == 1 or np.diff(places).min() > 0.05 * width
    for place, text in ticks.items():
        number = text.replace("$", "").replace("10^{", "1e").replace("}", "")
        chance = 1 - float(number[2:]) if number.startswith("1-") else float(number)
        np.testing.assert_allclose(np.log(chance / (1 - chance)), place, rtol=1e-3, atol=1e-9)


def test_scores_have_no_scale_of_probabilities(drawn):
    axes = drawn(plots.save_histogram, np.full(5, 7.0), np.full(5, 7.0), probabilities=False).axes[0]
    assert axes.child_axes == []
    assert axes.get_xlim()[0] > 6
    assert fractions(axes)[0].sum() == 1


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_same_numbers_make_the_same_file_whatever_its_kind(tmp_path, suffix):
    for name in ("a", "b"):
        plots.save_histogram(tmp_path / f"{name}.{suffix}", np.arange(9.0), np.arange(5.0))
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


# Gradients


NORMS = {
    "generator/dense": np.array([1.0, 10.0, 0.0]),
    "generator/conv2d": np.array([2.0, 20.0, np.nan]),
    "discriminator/dense": np.array([0.01, 0.1, 1.0]),
}


def test_each_network_has_a_map_with_its_layers_from_top_to_bottom(drawn):
    figure = drawn(plots.save_gradients, np.array([1, 2, 3]), NORMS)
    generator, discriminator, scale = figure.axes
    assert generator.get_title("left") == "generator"
    assert [label.get_text() for label in generator.get_yticklabels()] == ["dense", "conv2d"]
    assert [label.get_text() for label in discriminator.get_yticklabels()] == ["dense"]
    assert generator.get_ylim() == (2, 0), "the first layer is above"
    table = generator.collections[0].get_array()
    np.testing.assert_array_equal(table[:, :2], [[1, 10], [2, 20]])
    assert np.ma.getmaskarray(table)[:, 2].all(), "0 and NaN are left white"
    assert generator.collections[0].norm is discriminator.collections[0].norm
    assert isinstance(generator.collections[0].norm, LogNorm)
    assert (generator.collections[0].norm.vmin, generator.collections[0].norm.vmax) == (0.01, 20)
    assert "L2 norm" in scale.get_ylabel()


@pytest.mark.parametrize("value", [0.0, 3.0, np.nan])
def test_a_run_of_one_step_or_without_gradients_is_drawn_too(tmp_path, value):
    plots.save_gradients(tmp_path / "a.png", np.array([1]), {"generator/dense": np.array([value])})
    with Image.open(tmp_path / "a.png") as picture:
        picture.load()


def test_a_long_run_is_drawn_by_geometric_means():
    steps = np.arange(1, 4001)
    table = np.stack([10.0 ** (steps % 2), np.where(steps > 2000, 0.0, 5.0)])
    starts, means = gradients.condensed(steps, table)
    assert means.shape == (2, len(starts)) == (2, 500)
    assert (starts[0], starts[1]) == (1, 9)
    np.testing.assert_allclose(means[0], 10**0.5)
    np.testing.assert_allclose(means[1], np.repeat([5.0, 0.0], 250))
