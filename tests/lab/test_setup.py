"""A set-up is checked value by value: it comes from a page."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigan import data
from minigan.errors import ConfigError, MiniganError
from minigan.lab import Session, SetUp
from minigan.lab.setup import CHANGEABLE, DRAWN
from minigan.lab.starts import STARTS
from minigan.lab.suited import chosen, models_for, suited

#: Anything that JSON can hold.
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"colour": 1}, "unknown setting 'colour'"),
    ({"data": "stars"}, "data: expected one of digits"),
    ({"data": "folder:"}, "data: expected one of digits"),
    ({"data": "folder:" + "a" * 600}, "at most 500 characters"),
    ({"data": "folder:\x1b[31m"}, "at most 500 characters"),
    ({"model": "resnet"}, "model: expected one of small"),
    ({"batch_size": 1000}, "batch_size: expected a whole number from 2 to 512, got 1000"),
    ({"batch_size": 10**400}, "batch_size: expected a whole number from 2 to 512, got 1000"),
    ({"batch_size": True}, "batch_size: expected a whole number"),
    ({"g_learning_rate": "fast"}, "g_learning_rate: expected a number from 1e-09 to 10, got 'fast'"),
    ({"g_learning_rate": math.nan}, "g_learning_rate: expected a number"),
    ({"penalty": "l2"}, 'penalty: expected one of "", wgan-gp'),
    ({"seed": -1}, "seed: expected a whole number from 0 to 4294967295, got -1"),
    ({"drawn": [[0, 0]] * 2001}, "drawn: expected a list of at most 2,000 points, got 2,001"),
    ({"drawn": [[0, math.inf]]}, "drawn: expected points of two numbers"),
    ({"drawn": [[0, 1, 2]]}, "drawn: expected points of two numbers"),
    ({"drawn": 7}, "drawn: expected a list"),
    ({"start": 7}, "start: expected a text"),
    ({"start": "nothing"}, "start: expected one of"),
    ({"generator": [{"type": "Dense"}] * 21}, "generator: expected a list of at most 20 layers, got 21"),
]


@pytest.mark.parametrize(("values", "text"), WRONG)
def test_a_wrong_value_is_refused_in_words(values: dict[str, Any], text: str):
    with pytest.raises(ConfigError) as error:
        chosen(values)
    assert text in str(error.value)
    assert len(str(error.value)) < 700


@given(st.dictionaries(st.sampled_from([*SetUp().plain(), "other"]), ANYTHING, max_size=4) | ANYTHING)
def test_anything_gives_a_set_up_or_one_clear_error(values: Any):
    try:
        setup = chosen(values)
    except MiniganError as refused:
        text = str(refused)
    else:
        text = "a set-up"
        assert SetUp.of(json.loads(json.dumps(setup.plain()))) == setup
    assert 0 < len(text) < 1000


def test_a_set_up_stays_the_same_on_its_way_through_a_link():
    for name in (*data.NAMES, DRAWN):
        setup = suited(name)
        assert SetUp.of(json.loads(json.dumps(setup.plain()))) == setup


def test_data_may_be_named_by_their_place():
    for name in ("folder:photos", "fashion-mnist:files", "stacked-digits:mnist"):
        assert chosen({"data": name}).data == name


def test_what_is_not_given_suits_the_data():
    assert chosen({"data": "gaussian"}).latent_size == 1
    assert chosen({"data": "digits"}).latent_size == 32
    assert chosen({"data": "digits", "latent_size": 7}).latent_size == 7
    assert chosen({"data": "digits", "model": "wgan-gp28"}).penalty == "wgan-gp"


def test_what_is_not_given_is_that_of_the_start():
    for name, start in STARTS.items():
        setup = chosen({"start": name, "seed": 5}).plain()
        assert (setup["start"], setup["seed"]) == (name, 5)
        assert setup["data"] == start.setup["data"]


def test_the_models_that_are_offered_make_the_data():
    assert models_for((2,)) == ("small", "mlp2d")
    assert models_for((1,)) == ("small", "mlp1d")
    assert models_for((28, 28, 1)) == ("small", "dcgan28", "wgan-gp28", "gan2014-mnist")
    assert models_for((32, 32, 3)) == ("small", "dcgan28", "wgan-gp28")


def test_only_settings_that_keep_networks_and_data_can_be_changed():
    assert {*CHANGEABLE} < {*SetUp().plain()}
    assert not {*CHANGEABLE} & {"data", "generator", "discriminator", "optimizer", "batch_size", "noise", "latent_size"}


def test_a_set_up_that_is_refused_leaves_the_session_as_it_was():
    lab = Session()
    setup, trainer, id = lab.setup, lab.trainer, lab.revision
    for values in (
        {"data": "digits", "model": "mlp2d"},
        {"data": DRAWN},
        {"generator": [{"type": "Dense", "units": 3}]},
    ):
        with pytest.raises(MiniganError):
            lab.do("choose", {"setup": values})
        assert (lab.setup, lab.trainer, lab.revision) == (setup, trainer, id)
