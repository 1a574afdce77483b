"""The state of a session, its curves, and what the form offers."""

import gc
import time
import weakref

import numpy as np
import pytest

from minigan import data, losses, models, optimizers, penalties
from minigan.lab import SetUp
from minigan.lab.layer_specs import TYPES
from minigan.lab.views import words
from minigan.lab.views.remember import remembered
from minigan.training.events import Notice
from tests.lab.views.sessions import KINDS, images_session, points_session
from tests.loops import loop_over

#: The names of the two networks.
PARTS = ("generator", "discriminator")

#: The data sets that are there without a download or a path.
AT_HAND = [name for name in words.DATA if name not in ("mnist", "fashion-mnist", "cifar10", "drawn", "folder")]


@pytest.fixture(scope="module")
def session():
    return points_session()


@loop_over(kind=list(KINDS))
def test_the_state_names_the_kind_of_the_data(kind):
    session = KINDS[kind]()
    state = session.view("state")
    assert state["kind"] == kind
    assert state["data"]["shape"] == session.trainer.data.shape
    assert state["data"]["count"] == len(session.trainer.data)
    assert state["data"]["modes"] == {"line": 1, "points": 8, "images": None}[kind]


def test_the_state_has_the_numbers_of_the_last_round_and_of_the_place(session):
    state = session.view("state")
    assert (state["step"], state["place"], state["d_done"]) == (2, 2, 0)
    assert state["metrics"]["step"] == 2
    assert state["setup"] == session.setup.plain()
    assert {"g_learning_rate", "loss"} <= set(state["changeable"])
    assert (state["marks"][0], state["marks"][-1]) == (0, 2)


def test_the_state_lists_the_layers_with_their_shapes_and_parameters():
    session = images_session()
    networks = session.view("state")["networks"]
    for name in PARTS:
        network = getattr(session.trainer.gan, name)
        assert [row["name"] for row in networks[name]] == [layer.name for layer in network.layers]
        assert sum(row["parameters"] for row in networks[name]) == sum(
            p.data.size for p in network.parameters().values()
        )
        for row, next_row in zip(networks[name], networks[name][1:]):
            assert row["output_shape"] == next_row["input_shape"]


def test_a_changed_setting_is_in_the_next_state():
    session = points_session()
    assert session.view("state")["setup"]["loss"] == "non-saturating"
    session.do("change", {"settings": {"loss": "hinge"}})
    assert session.view("state")["setup"]["loss"] == "hinge"


def test_the_state_takes_less_than_a_millisecond(session):
    session.view("state")
    seconds = []
    for _ in range(20):
        start = time.perf_counter()
        session.view("state")
        seconds.append(time.perf_counter() - start)
    assert np.median(seconds) < 1e-3


def test_many_marks_are_thinned_and_the_ends_stay():
    session = points_session()
    for _ in range(100):
        session.round()
    places = sorted(session.past.snapshots)
    marks = session.view("state")["marks"]
    assert len(marks) <= 64
    assert (marks[0], marks[-1]) == (places[0], places[-1])
    assert set(marks) <= set(places)
    assert marks == sorted(marks)


def test_curves_have_every_round_or_are_thinned_evenly_with_both_ends():
    session = points_session()
    for _ in range(28):
        session.round()
    curves = session.view("curves")
    np.testing.assert_array_equal(curves["step"], np.arange(1, 31))
    for name in ("d_loss", "g_loss", "d_real", "fake_accuracy", "g_grad_norm"):
        np.testing.assert_array_equal(curves[name], [getattr(event, name) for event in session.history])
    thin = session.view("curves", {"points": 7})
    assert len(thin["step"]) == 7
    assert (thin["step"][0], thin["step"][-1]) == (1, 30)
    assert set(np.diff(thin["step"])) <= {4, 5}
    np.testing.assert_array_equal(thin["d_loss"], curves["d_loss"][(thin["step"] - 1).astype(int)])


def test_curves_have_the_gradients_of_each_layer_and_the_quality_that_was_measured():
    session = points_session()
    for _ in range(98):
        session.round()
    curves = session.view("curves")
    assert set(curves["layers"]) == {f"{part}/{layer}" for part in PARTS for layer in ("dense", "dense_1")}
    squares = sum(curves["layers"][f"discriminator/{layer}"] ** 2 for layer in ("dense", "dense_1"))
    np.testing.assert_allclose(np.sqrt(squares), curves["d_grad_norm"], rtol=1e-5)
    np.testing.assert_array_equal(curves["quality"]["step"], [50, 100])
    now = session.view("quality", {"count": 1000})
    for name in ("kl", "js", "modes", "good"):
        assert curves["quality"][name][-1] == now[name]


def test_the_last_notices_of_the_monitor_are_in_the_state():
    session = points_session()
    for step in range(30):
        session.history.notice(Notice(step, "D winning", "D is right about all."))
    notices = session.view("state")["notices"]
    assert [notice["step"] for notice in notices] == list(range(10, 30))
    assert notices[-1] == {"step": 29, "kind": "D winning", "text": "D is right about all."}


def test_every_data_set_names_the_networks_that_make_such_data(session):
    models_of = {item["name"]: item["models"] for item in session.view("choices")["data"]}
    assert models_of["gaussian"] == ("small", "mlp1d")
    assert models_of["ring"] == models_of["drawn"] == ("small", "mlp2d")
    assert set(models_of["digits"]) == {"small", "dcgan28", "wgan-gp28", "gan2014-mnist"}


@loop_over(name=AT_HAND)
def test_the_words_for_a_data_set_give_its_kind_and_shape(name):
    loaded = data.load(name)
    assert words.DATA[name].shape == loaded.shape
    assert words.DATA[name].kind == (
        "images" if len(loaded.shape) == 3 else "line" if loaded.shape == (1,) else "points"
    )


def test_curves_before_the_first_round_are_empty():
    session = points_session()
    session.do("go", {"place": 0})
    assert all(len(session.view("curves")[name]) == 0 for name in ("step", "d_loss"))


def test_every_choice_has_a_sentence(session):
    choices = session.view("choices")
    assert [item["name"] for item in choices["losses"]] == list(losses.GAN_LOSSES)
    assert [item["name"] for item in choices["penalties"]] == ["", *penalties.PENALTIES]
    assert [item["name"] for item in choices["optimizers"]] == list(optimizers.OPTIMIZERS)
    assert [item["name"] for item in choices["noises"]] == list(models.NOISE_KINDS)
    assert [item["type"] for item in choices["layer_types"]] == list(TYPES)
    for name in ("data", "losses", "penalties", "optimizers", "noises", "activations"):
        assert all(len(item["text"]) > 5 and item["text"].endswith(".") for item in choices[name]), name


def test_the_default_set_up_of_a_data_set_is_one(session):
    for name, setup in session.view("choices")["defaults"].items():
        assert SetUp.of(setup).data.partition(":")[0] == name


def test_what_is_remembered_is_made_once_and_freed_with_its_owner():
    class Owner:
        pass

    owner, made = Owner(), []

    def make() -> Owner:
        made.append(1)
        return Owner()

    value = weakref.ref(remembered(owner, "value", make))
    assert remembered(owner, "value", make) is value()
    assert remembered(owner, "value", make, key="another") is not value()
    assert len(made) == 2
    last = weakref.ref(remembered(owner, "value", make, key="another"))
    del owner
    gc.collect()
    assert value() is last() is None
