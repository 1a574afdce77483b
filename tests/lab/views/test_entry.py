"""One number of a layer: its sum is the number, and the measured slope its gradient."""

from importlib import import_module

import numpy as np
import pytest

from minigan.errors import ConfigError
from minigan.explaining.registry import EXPLAINERS
from minigan.lab.views.entry import entry
from minigan.lab.views.layer import layer_arrays, quantities_of
from minigan.lab.wire import pack
from minigan.layers import GaussianNoise
from tests.lab.rounds import dropped, images, make_trainer, points, record, session_of

KINDS = [
    {"make": points},
    {"make": points, "penalty": "wgan-gp", "loss": "wasserstein"},
    {"make": dropped},
    {"make": images, "d_steps": 2},
]


def entries_of(session, count: int = 3):
    """Some entries of every quantity of every layer in every pass."""
    rng = np.random.default_rng(0)
    for item in session.recording.passes.values():
        for place, found in enumerate(item.layers):
            for quantity in quantities_of(found):
                shape = layer_arrays(found)[quantity].values.shape
                for _ in range(count):
                    yield item.id, place, quantity, [int(rng.integers(size)) for size in shape]


@pytest.mark.parametrize("kind", KINDS)
def test_the_total_is_the_entry_and_the_slope_is_the_gradient(kind):
    session = session_of(record(make_trainer(**kind)))
    for pass_id, place, quantity, index in entries_of(session):
        found = entry(session, pass_id, place, quantity, index)
        kept = session.recording.passes[pass_id].layers[place]
        array = layer_arrays(kept)[quantity].values
        # The round has float32, whose rounding is that of the terms where they cancel.
        scale = max(float(abs(array).max()), sum(abs(term["value"]) for term in found["terms"]))
        assert found["value"] == array[tuple(index)]
        assert found["total"] == pytest.approx(found["value"], rel=1e-5, abs=3e-6 * scale)
        if quantity == "y":
            assert found["moved"] is None
        elif not found["moved"]["kink"]:
            assert found["moved"]["slope"] == pytest.approx(found["total"], rel=1e-6, abs=1e-9)
            step = found["moved"]["plus"] - found["moved"]["minus"]
            assert step / (2 * found["moved"]["h"]) == pytest.approx(found["total"], rel=1e-4, abs=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_every_layer_that_has_an_explanation_has_every_quantity(kind):
    session = session_of(record(make_trainer(**kind)))
    for item in session.recording.passes.values():
        for found in item.layers:
            trained = [name for name, p in found.layer.parameters.items() if p.trainable]
            with_parameters = item.id in ("g_forward", "d_real", "d_fake")
            forward = [] if isinstance(found.layer, GaussianNoise) else ["y"]
            expected = [*forward, "dx", *(f"d{name}" for name in trained if with_parameters)]
            assert quantities_of(found) == (expected if type(found.layer) in EXPLAINERS else [])


@pytest.mark.parametrize("kind", KINDS)
def test_the_sources_are_entries_of_arrays_of_the_layer(kind):
    session = session_of(record(make_trainer(**kind)))
    for pass_id, place, quantity, index in entries_of(session, count=1):
        found = entry(session, pass_id, place, quantity, index)
        arrays = layer_arrays(session.recording.passes[pass_id].layers[place])
        assert {*found["sources"]} <= {*arrays}
        for name, places in found["sources"].items():
            for at in places:
                arrays[name].values[tuple(at)]
        for part in (found, *found["inside"]):
            for term in part["terms"]:
                for factor in term["factors"]:
                    if factor["array"] is not None:
                        value = float(arrays[factor["array"]].values[tuple(factor["index"])])
                        assert factor["value"] == pytest.approx(value, rel=1e-4, abs=1e-5)


def test_what_an_activation_hides_is_shown_inside():
    session = session_of(record(make_trainer()))
    found = entry(session, "d_real", 0, "y", [0, 1])
    (z,) = found["inside"]
    assert z["quantity"] == "z"
    assert [term["text"] for term in z["terms"]] == ["x[0, 0] * kernel[0, 1]", "x[0, 1] * kernel[1, 1]", "bias[1]"]
    assert found["sources"] == {"x": [(0, 0), (0, 1)], "kernel": [(0, 1), (1, 1)], "bias": [(1,)]}


def test_a_long_sum_is_sent_in_part_and_a_very_long_one_refused(monkeypatch):
    session = session_of(record(make_trainer(images)))
    found = entry(session, "d_real", 0, "dkernel", [1, 1, 0, 0])
    assert (len(found["terms"]), found["more"]) == (200, 8 * 8 * 8 - 200)
    assert len(pack(found)) < 100_000
    monkeypatch.setattr(import_module("minigan.lab.views.entry"), "LONGEST", 100)
    with pytest.raises(ConfigError, match="a sum of about 512 terms here, and up to 100 can be shown"):
        entry(session, "d_real", 0, "dkernel", [1, 1, 0, 0])


def test_where_the_digits_of_the_round_and_of_the_sum_differ_the_text_says_why():
    session = session_of(record(make_trainer(images)))
    notes = {bool(entry(session, *where)["note"]) for where in entries_of(session)}
    assert notes == {True, False}
    # The bias before a BatchNorm has the gradient 0; in float32 rounding is left of it.
    found = entry(session, "g_forward", 3, "dbias", [0])
    assert f"The round has {found['value']:.7g} here: its numbers have float32" in found["note"]
    assert abs(found["total"]) < 1e-6


def test_what_does_not_exist_is_refused():
    session = session_of(record(make_trainer()))
    with pytest.raises(ConfigError, match="expected quantity to be one of y, dx, dkernel, dbias, got 'z'"):
        entry(session, "d_real", 0, "z", [0, 0])
    with pytest.raises(ConfigError, match="expected quantity to be one of y, dx, got 'dkernel'"):
        entry(session, "d_again", 0, "dkernel", [0, 0])
    for index in ([0], [0, 0, 0], [8, 0], [0, -1], [0, 0.5]):
        with pytest.raises(ConfigError, match="expected index to be"):
            entry(session, "d_real", 0, "y", index)
