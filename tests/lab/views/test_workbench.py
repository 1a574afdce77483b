"""The workbench: a layer by itself, whose numbers are set by hand."""

import numpy as np
import pytest

from minigan.lab import Session
from minigan.lab.views.workbench import workbench
from minigan.lab.wire import pack, unpack
from tests.loops import loop_over

IMAGE = [[0.3, -1.2, 0.8, 0.1], [1.5, 0.4, -0.6, -0.9], [-0.2, 0.7, 1.1, -1.4], [0.9, -0.5, 0.2, 0.6]]
UPSTREAM = [[0.5, -1.0, 0.3, 2.0], [1.0, 0.2, -0.4, 0.7], [0.1, 0.9, -0.8, 0.6], [-0.3, 1.2, 0.4, -0.5]]

SPECS = [
    {"type": "Dense", "units": 4, "activation": "tanh"},
    {"type": "Conv2D", "filters": 1, "kernel_size": 3, "padding": "same"},
    {"type": "Conv2D", "filters": 2, "kernel_size": 2, "strides": 2, "activation": "leaky_relu"},
    {"type": "Conv2DTranspose", "filters": 1, "kernel_size": 3, "strides": 2, "padding": "same"},
    {"type": "UpSampling2D", "size": 2},
    {"type": "UpSampling2D", "size": 2, "interpolation": "bilinear"},
    {"type": "BatchNorm"},
    {"type": "LayerNorm"},
    {"type": "MaxPooling2D", "pool_size": 2},
    {"type": "AveragePooling2D", "pool_size": 2},
    {"type": "Maxout", "units": 4, "pieces": 2},
    {"type": "Dropout", "rate": 0.5},
    {"type": "ReLU"},
    {"type": "LeakyReLU"},
    {"type": "Tanh"},
    {"type": "Sigmoid"},
    {"type": "MaxPooling2D", "pool_size": 2, "strides": 1, "padding": "same"},
    {"type": "BatchNorm", "epsilon": 0.5},
    *({"type": name} for name in ("Softmax", "ELU", "SiLU", "Softplus", "GELU", "SELU", "PReLU")),
]


@loop_over(spec=SPECS)
def test_every_gradient_is_the_slope_that_is_measured(spec):
    found = workbench(None, spec, IMAGE)
    upstream = np.resize(UPSTREAM, found["dy"].shape).tolist()
    found = workbench(None, spec, IMAGE, dy=upstream)
    assert found["error"] is None
    np.testing.assert_array_equal(found["dy"], upstream)
    gradients = {"dx": found["dx"], **{f"d{name}": item["gradient"] for name, item in found["parameters"].items()}}
    assert [row["name"] for row in found["check"]] == list(gradients)
    for row in found["check"]:
        assert row["error"] < 1e-6
        np.testing.assert_array_equal(row["by_hand"], gradients[row["name"]])
        near = np.where(np.isnan(row["measured"]), row["by_hand"], row["measured"])
        np.testing.assert_allclose(near, row["by_hand"], rtol=1e-6, atol=1e-6)
    assert unpack(pack(found)).keys() == found.keys()


def test_the_numbers_set_by_hand_are_those_that_run():
    kernel = [[0, 0, 0], [0, 2, 0], [0, 0, 0]]
    spec = {"type": "Conv2D", "filters": 1, "kernel_size": 3, "padding": "same"}
    found = workbench(None, spec, IMAGE, {"kernel": kernel, "bias": [1]})
    np.testing.assert_array_equal(found["y"][0, :, :, 0], 2 * np.array(IMAGE) + 1)
    np.testing.assert_array_equal(found["dx"], 2 * np.ones((1, 4, 4, 1)))
    np.testing.assert_array_equal(found["parameters"]["kernel"]["value"][:, :, 0, 0], kernel)
    assert found["parameters"]["bias"]["gradient"] == [16]


def test_an_entry_is_explained_with_its_slope():
    spec = {"type": "Conv2D", "filters": 1, "kernel_size": 3}
    found = workbench(None, spec, IMAGE, entry={"quantity": "dkernel", "index": [1, 1, 0, 0]})
    assert found["entry"]["total"] == pytest.approx(found["parameters"]["kernel"]["gradient"][1, 1, 0, 0], abs=1e-15)
    assert found["entry"]["terms"][0]["text"] == "x[0, 1, 1, 0] * dy[0, 0, 0, 0]"
    assert found["entry"]["moved"]["slope"] == pytest.approx(found["entry"]["total"], rel=1e-9)


def test_at_a_kink_the_slopes_on_both_sides_are_shown_and_the_check_leaves_it_out():
    found = workbench(None, {"type": "ReLU"}, [[0.0, 1.0]], entry={"quantity": "dx", "index": [0, 0]})
    moved = found["entry"]["moved"]
    assert moved["kink"]
    assert (moved["left"], moved["gradient"]) == (0, 0)
    assert moved["right"] == pytest.approx(1)
    (row,) = found["check"]
    assert row["kinks"] == 1
    assert row["error"] < 1e-6
    assert np.isnan(row["measured"][0, 0])


def test_what_no_longer_fits_after_a_change_of_the_layer_is_chosen_again():
    small = {"type": "Conv2D", "filters": 1, "kernel_size": 2}
    large_kernel, large_dy = np.ones((3, 3)).tolist(), np.ones((2, 2)).tolist()
    gone = {"quantity": "y", "index": [0, 5, 5, 0]}
    found = workbench(None, small, IMAGE, {"kernel": large_kernel, "unknown": [1]}, large_dy, gone)
    assert found["error"] is None
    assert found["entry"] is None
    assert found["parameters"]["kernel"]["value"].shape == (2, 2, 1, 1)
    np.testing.assert_array_equal(found["dy"], np.ones((1, 3, 3, 1)))


@loop_over(
    case=[
        ({"type": "Unknown"}, IMAGE, "Unknown"),
        ({}, IMAGE, "the type of the layer"),
        ({"type": ["Dense"]}, IMAGE, "the type of the layer"),
        ({"type": "Dense"}, IMAGE, "Dense: missing a required argument: 'units'"),
        ({"type": "Dense", "units": 2, "wrong": 1}, IMAGE, "unexpected keyword argument 'wrong'"),
        ({"type": "Dense", "units": [2]}, IMAGE, "units"),
        ({"type": "Conv2D", "filters": 1, "kernel_size": 2, "padding": {}}, IMAGE, "padding"),
        ({"type": "Dense", "units": 10**9}, IMAGE, "at most"),
        ({"type": "Conv2D", "filters": 1, "kernel_size": 7}, IMAGE, "windows"),
        ({"type": "Conv2D", "filters": 16, "kernel_size": 8, "padding": "same"}, IMAGE, "at most 512 numbers"),
        ({"type": "BatchNorm"}, [[1.0, 2.0]], "at least 2 values of each channel"),
        ({"type": "ReLU"}, [1.0], "2 to 4 axes"),
        ({"type": "ReLU"}, [[]], "2 to 4 axes"),
        ({"type": "ReLU"}, [[0.0] * 9], "2 to 4 axes of up to 8"),
        ({"type": "ReLU"}, np.zeros((8, 8, 8)).tolist(), "at most 192 in all"),
        ({"type": "ReLU"}, [[1.0], [1.0, 2.0]], "rows of the same length"),
        ({"type": "ReLU"}, [["1"]], "x to be numbers"),
        ({"type": "ReLU"}, [[True]], "x to be numbers"),
        ({"type": "ReLU"}, [[None]], "x to be numbers"),
        ({"type": "ReLU"}, [[1e7]], "at most 1,000,000"),
        ({"type": "ReLU"}, [[float("nan")]], "at most 1,000,000"),
        ({"type": "ReLU"}, [[10**400]], "x to be numbers"),
    ]
)
def test_what_is_wrong_is_said_in_a_sentence(case):
    spec, x, message = case
    error = workbench(None, spec, x)["error"]
    assert message in error
    assert len(error) < 400


def test_wrong_entries_and_parameters_are_refused_too():
    assert "dy to be numbers" in workbench(None, {"type": "ReLU"}, IMAGE, dy=[["a"]])["error"]
    assert "kernel to be" in workbench(None, {"type": "Dense", "units": 2}, IMAGE, {"kernel": "abc"})["error"]
    for entry in ({}, {"quantity": [1], "index": 3}, {"quantity": "y", "index": "ab"}):
        assert workbench(None, {"type": "ReLU"}, IMAGE, entry=entry)["entry"] is None


def test_the_session_has_the_workbench_as_a_view():
    found = Session().view("workbench", {"layer": {"type": "ReLU"}, "x": IMAGE})
    np.testing.assert_array_equal(found["y"], np.maximum(IMAGE, 0))
