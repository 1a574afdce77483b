"""Networks fit their data, or there is a clear error before much memory is taken."""

import tracemalloc
from typing import Any

import numpy as np
import pytest

from minigan import data
from minigan.data import Points
from minigan.errors import ConfigError, DataError, MiniganError
from minigan.lab import Session
from minigan.lab.build import build_trainer, load_data
from minigan.lab.layer_specs import TYPES, checked_spec, checked_specs, layer_of, settings_of_type, spec_of
from minigan.lab.setup import DRAWN, SetUp
from minigan.lab.suited import chosen, models_for

#: Data that need no network.
IMAGES = [pytest.param(name, marks=pytest.mark.slow) for name in ("digits", "stacked-digits")]
AT_HAND = ("gaussian", "ring", "grid", "spiral", "moons", "line", *IMAGES)

DENSE = {"type": "Dense", "units": 1}


@pytest.mark.parametrize("name", AT_HAND)
def test_each_data_set_trains_with_the_networks_that_suit_it(name: str):
    for model in models_for(data.load(name).shape):
        lab = Session(chosen({"data": name, "model": model, "batch_size": 4}))
        lab.do("round")
        assert lab.trainer.gan.generator.output_shape == lab.trainer.data.shape
        assert not lab.trainer.gan.generator.fuse


def test_points_drawn_by_hand_are_the_data():
    lab = Session(chosen({"data": DRAWN, "drawn": [[0, 0], [3, 1.5]]}))
    points = lab.trainer.data
    assert isinstance(points, Points)
    nearest = np.linalg.norm(points.points[:, None] - np.array([[0, 0], [3, 1.5]]), axis=2)
    assert nearest.min(axis=1).max() < 0.2
    assert 0.45 < (nearest[:, 0] < 1).mean() < 0.55
    lab.do("round")


def test_pictures_of_a_folder_are_resized(tmp_path):
    from PIL import Image

    rng = np.random.default_rng(0)
    for number in range(6):
        Image.fromarray(rng.integers(0, 256, (40, 50, 3), np.uint8)).save(tmp_path / f"{number}.png")
    lab = Session(chosen({"data": f"folder:{tmp_path}", "batch_size": 4}))
    assert lab.trainer.data.shape == (28, 28, 3)
    lab.do("round")
    with pytest.raises(DataError):
        lab.do("choose", {"setup": {"data": f"folder:{tmp_path}/none"}})


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"generator": [{"type": "Dense", "units": 3}]}, "let it end with a Dense of 2 units"),
    ({"discriminator": [{"type": "Dense", "units": 3}]}, "let it end with Flatten and a Dense of 1 unit"),
    ({"discriminator": [{**DENSE, "activation": "relu"}]}, "sigmoid or linear as its last activation, got relu"),
    ({"discriminator": [DENSE, {"type": "Tanh"}]}, "sigmoid or linear as its last activation, got tanh"),
    ({"data": "digits", "generator": [DENSE]}, "let it end with a Conv2D of 1 filters, or a Reshape to it"),
    (
        {
            "data": "digits",
            "generator": [{"type": "Dense", "units": 784}, {"type": "Reshape", "target_shape": [28, 28, 1]}],
        },
        "tanh or sigmoid or relu as its last activation",
    ),
    ({"generator": [{"type": "Conv2D", "filters": 2}]}, "layers do not fit"),
    ({"model": "dcgan28"}, "model: expected one of small, mlp2d for data of shape (2,), got dcgan28"),
    ({"data": DRAWN}, "draw some first"),
    (
        {"discriminator": [{"type": "Dense", "units": 8192}, {"type": "Dense", "units": 8192}, DENSE]},
        "at most 5,000,000 weights in all",
    ),
    (
        {"data": "digits", "discriminator": [{"type": "UpSampling2D", "size": 8}] * 5 + [{"type": "Flatten"}]},
        "expected at most 32,000,000 numbers for a batch of 32",
    ),
    ({"data": "digits", "start": "ring"}, "start: 'ring' has other layers than this set-up"),
]


@pytest.mark.parametrize(("values", "text"), WRONG, ids=[text for _, text in WRONG])
def test_networks_that_do_not_fit_are_refused_in_words(values: dict[str, Any], text: str):
    load_data(chosen({"data": "digits"}))  # before memory is measured
    tracemalloc.start()
    try:
        with pytest.raises(MiniganError) as error:
            Session(SetUp.of({**chosen(values).plain(), **values}))
        assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    finally:
        tracemalloc.stop()
    assert text in str(error.value)


def test_the_range_of_images_is_that_of_the_last_activation():
    for name, expected in (("tanh", (-1, 1)), ("sigmoid", (0, 1)), ("relu", (0, 1))):
        last = [{"type": "Dense", "units": 784, "activation": name}, {"type": "Reshape", "target_shape": "28, 28, 1"}]
        assert build_trainer(chosen({"data": "digits", "generator": last})).gan.output_range == expected


# Layers as plain values


@pytest.mark.parametrize("kind", TYPES)
def test_a_layer_keeps_its_settings_on_its_way_to_a_page_and_back(kind: str):
    spec = checked_spec("layer", {"type": kind})
    assert spec_of(layer_of(spec)) == spec
    for setting in settings_of_type(kind):
        others: dict[str, Any] = {"bool": [False], "choice": setting.choices, "text": ["2, 2"]}
        for value in others.get(setting.kind, [setting.low, setting.high]):
            changed = checked_spec("layer", {"type": kind, setting.name: value})
            if kind == "ReLU":
                continue
            assert spec_of(layer_of(changed))[setting.name] in (changed[setting.name], (2, 2, 2, 2))


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (7, "expected a type of Dense"),
        ({"type": "Lambda"}, "expected a type of Dense"),
        ({"type": ["Dense"]}, "expected a type of Dense"),
        ({"type": "Dense", "units": 10**6}, "Dense units: expected a whole number from 1 to 8192, got 1000000"),
        ({"type": "Dense", "units": "many"}, "Dense units: expected a whole number"),
        ({"type": "Dense", "use_bias": 1}, "Dense use_bias: expected true or false, got 1"),
        ({"type": "Dense", "activation": "step"}, "Dense activation: expected one of"),
        ({"type": "Dense", "filters": 3}, "Dense has no setting 'filters': expected one of units"),
        ({"type": "Flatten", "axis": 1}, "Flatten has no setting 'axis': expected none"),
        ({"type": "Reshape", "target_shape": "7, x"}, "expected 1 to 4 whole numbers from 1 to 65536"),
        ({"type": "Reshape", "target_shape": [1, [2, [3, [4, [5]]]]]}, "expected 1 to 4 whole numbers"),
        ({"type": "LeakyReLU", "negative_slope": float("inf")}, "expected a number from -1 to 1"),
    ],
    ids=str,
)
def test_a_wrong_spec_is_refused_in_words(spec: Any, text: str):
    with pytest.raises(ConfigError) as error:
        checked_specs("generator", [spec], 5)
    assert "generator, layer 1" in str(error.value)
    assert text in str(error.value)
