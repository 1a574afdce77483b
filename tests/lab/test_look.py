"""The command look: a round like any other, whose passes are recorded."""

from contextlib import suppress

import numpy as np
import pytest

from minigan.errors import MiniganError
from tests.lab.views.sessions import KINDS, everything, points_session
from tests.loops import loop_over


def bits(session) -> dict:
    """The state of training, without what a clock or a command has to do with."""
    return {name: value for name, value in everything(session).items() if name not in ("session", "numbers")}


@loop_over(kind=list(KINDS))
def test_a_look_has_the_bits_of_a_round(kind):
    looked, plain = KINDS[kind](), KINDS[kind]()
    for session, command in ((looked, "look"), (plain, "round")):
        for network in (session.trainer.gan.generator, session.trainer.gan.discriminator):
            network.run_unfused()
        session.do(command)
        session.do("round")
    assert bits(looked) == bits(plain)
    assert looked.history.last[0].d_loss == plain.history.last[0].d_loss
    assert looked.recording.round == 3
    assert plain.recording is None


def test_in_the_middle_of_a_round_the_round_is_ended_first():
    looked, plain = points_session(d_steps=2), points_session(d_steps=2)
    for session in (looked, plain):
        session.do("d_step")
    looked.do("look")
    plain.do("round")
    assert bits(looked) == bits(plain)
    assert list(looked.recording.passes) == ["g_forward", "d_real", "d_fake", "d_again"]
    looked.do("d_step")
    looked.do("d_step")
    looked.do("look")
    assert (looked.trainer.step, looked.recording.round) == (5, 5)


def test_what_is_measured_and_shown_between_two_steps_is_no_part_of_the_recording():
    session = points_session(d_steps=3)
    session.between = lambda: session.view("points")
    for _ in range(12):
        session.do("look")
        assert len(session.recording.passes) == 4
        assert all(item.x.shape[0] == 16 for item in session.recording.passes.values())


def test_back_over_a_look_and_forward_again_gives_the_same_recording():
    session = points_session()
    session.do("look")
    first = session.recording
    session.do("back")
    assert session.recording is first
    session.do("look")
    assert session.recording is not first
    for name, item in first.passes.items():
        for found, again in zip(item.layers, session.recording.passes[name].layers):
            np.testing.assert_array_equal(found.y, again.y)
            np.testing.assert_array_equal(found.dx, again.dx)


def test_looking_into_a_recorded_round_changes_no_bit_of_the_training():
    session = points_session(penalty="wgan-gp", loss="wasserstein")
    session.do("look")
    before = everything(session)
    for station in session.view("stations")["stations"]:
        for array in station["arrays"]:
            session.view("station", {"station": station["id"], "name": array["name"]})
    for item in session.view("stations")["passes"]:
        for place in range(len(item["layers"])):
            where = {"pass": item["id"], "layer": place}
            found = session.view("layer", where)
            for array in found["arrays"]:
                session.view("slice", {**where, "name": array["name"]})
            for quantity in found["quantities"]:
                index = [0] * next(len(a["shape"]) for a in found["arrays"] if a["name"] == quantity)
                session.view("entry", {**where, "quantity": quantity, "index": index})
    assert everything(session) == before


def test_another_start_forgets_the_recording():
    session = points_session()
    session.do("look")
    session.do("seed", {"seed": 5})
    assert session.view("stations") is None


#: What a page may send for any option.
ANYTHING = [
    None,
    True,
    -1,
    10**30,
    0.5,
    float("nan"),
    "",
    "x" * 1000,
    "d_real",
    [],
    [0, 0],
    [[[]]],
    {},
    {"type": "Dense"},
]


def test_whatever_a_page_asks_is_answered_or_refused_in_a_sentence():
    session = points_session()
    session.do("look")
    before = everything(session)
    options = {
        "station": ("station", "name", "example", "channel", "input", "row", "column"),
        "layer": ("pass", "layer"),
        "slice": ("pass", "layer", "name", "example", "channel", "input", "row", "column"),
        "entry": ("pass", "layer", "quantity", "index"),
        "workbench": ("layer", "x", "parameters", "dy", "entry"),
    }
    right = {
        "station": "d_real",
        "name": "x",
        "pass": "d_real",
        "layer": 0,
        "quantity": "y",
        "index": [0, 0],
        "x": [[1.0, 2.0], [3.0, 4.0]],
    }
    for view, names in options.items():
        usual = {name: right[name] for name in names if name in right}
        if view == "workbench":
            usual["layer"] = {"type": "BatchNorm"}
        for name in names:
            for value in ANYTHING:
                with suppress(MiniganError):
                    session.view(view, {**usual, name: value})
    assert everything(session) == before


def test_a_run_of_both_networks_at_once_has_no_stations():
    session = points_session()
    session.trainer.simultaneous = True
    before = everything(session)
    with pytest.raises(MiniganError, match="other rounds"):
        session.do("look")
    assert everything(session) == before
