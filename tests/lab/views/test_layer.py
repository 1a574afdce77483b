"""Inside a layer: its arrays, its formula and its code."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from minigan.errors import ConfigError
from minigan.lab.views.layer import layer, slice_of_layer
from minigan.lab.views.stations import stations
from tests.lab.rounds import dropped, images, make_trainer, record, session_of
from tests.lab.test_watching import KINDS


def every_layer(session):
    """All layers of all passes, as arguments of a view."""
    for item in stations(session)["passes"]:
        for found in item["layers"]:
            yield {"pass_": item["id"], "layer": found["index"]}


@pytest.mark.parametrize("kind", KINDS)
def test_each_layer_of_each_pass_has_text_formula_source_and_arrays(kind):
    session = session_of(record(make_trainer(**kind)))
    for where in every_layer(session):
        found = layer(session, **where)
        assert found["text"].endswith(".")
        assert found["formula"].startswith("<math"), found["type"]
        assert "def forward" in "\n".join((found["shared"] or found["source"])["lines"])
        names = [item["name"] for item in found["arrays"]]
        assert len(names) == len({*names})
        assert {"x", "y", "dy", "dx"} <= {*names}
        for item in found["arrays"]:
            part = slice_of_layer(session, **where, name=item["name"])
            assert part["shape"] == item["shape"]
            assert np.isfinite(part["values"]).all()
            assert item["text"], (found["type"], item["name"])


def test_the_arrays_are_those_of_the_pass():
    session = session_of(record(make_trainer(images)))
    for where in every_layer(session):
        kept = session.recording.passes[where["pass_"]].layers[where["layer"]]
        arrays = {item["name"]: item["values"] for item in layer(session, **where)["arrays"]}
        for name in ("x", "y", "dy", "dx"):
            np.testing.assert_array_equal(arrays[name], getattr(kept, name))
        for name, parameter in kept.layer.parameters.items():
            np.testing.assert_array_equal(arrays[name], parameter.data)
        for name, gradient in kept.gradients.items():
            np.testing.assert_array_equal(arrays[f"d{name}"], gradient)


def test_only_passes_that_train_a_network_have_gradients_of_its_parameters():
    session = session_of(record(make_trainer()))
    names = {
        name: [item["name"] for item in layer(session, **{"pass_": name, "layer": 0})["arrays"]]
        for name in ("g_forward", "d_real", "d_fake", "d_again")
    }
    assert {name for name, arrays in names.items() if "dkernel" in arrays} == {"g_forward", "d_real", "d_fake"}


def test_dropout_shows_its_mask():
    session = session_of(record(make_trainer(dropped)))
    found = layer(session, **{"pass_": "d_real", "layer": 2})
    arrays = {item["name"]: item["values"] for item in found["arrays"]}
    assert found["type"] == "Dropout"
    np.testing.assert_allclose(arrays["y"], arrays["x"] * arrays["cache.mask"] / 0.5)
    np.testing.assert_allclose(arrays["dx"], arrays["dy"] * arrays["cache.mask"] / 0.5)
    assert {*arrays["cache.mask"].ravel()} == {0, 1}


def test_the_source_of_a_dense_layer_is_its_own_and_that_which_all_affine_layers_share():
    session = session_of(record(make_trainer()))
    found = layer(session, **{"pass_": "d_real", "layer": 0})
    kept = session.recording.passes["d_real"].layers[0].layer
    for part, kind, first in (
        (found["source"], type(kept), "    def product(self, x: Array) -> Array:"),
        (found["shared"], type(kept).__mro__[1], None),
    ):
        lines = Path(inspect.getsourcefile(kind)).read_text(encoding="utf-8").splitlines()
        assert part["lines"] == lines[part["first"] - 1 : part["first"] - 1 + len(part["lines"])]
        assert first is None or part["lines"][0] == first
    assert found["source"]["file"] == "minigan/layers/dense.py"
    assert found["shared"]["file"] == "minigan/layers/affine.py"


def test_a_large_array_is_sent_in_slices_only():
    session = session_of(record(make_trainer(images)))
    session.recording.passes["d_real"].layers[0].x = np.zeros((8, 64, 64, 1), np.float32)
    (x, *_) = layer(session, **{"pass_": "d_real", "layer": 0})["arrays"]
    assert x["values"] is None
    assert x["slots"] == {"example": True, "channels": 1, "inputs": 1}
    assert slice_of_layer(session, **{"pass_": "d_real", "layer": 0, "name": "x"})["values"].shape == (64, 64)


def test_what_does_not_exist_is_refused():
    session = session_of(record(make_trainer()))
    for where, message in (
        (
            {"pass_": "penalty", "layer": 0},
            "expected pass to be one of g_forward, d_real, d_fake, d_again, got 'penalty'",
        ),
        ({"pass_": "d_real", "layer": 9}, "expected layer to be a whole number from 0 to 1"),
    ):
        with pytest.raises(ConfigError, match=message):
            layer(session, **where)
    with pytest.raises(ConfigError, match="expected name to be one of x, kernel"):
        slice_of_layer(session, name="z", **{"pass_": "d_real", "layer": 0})
