"""The stations of a recorded round: complete, with the numbers of the trainer and the lines of the steps."""

import inspect

import numpy as np
import pytest

from minigan.errors import ConfigError, MiniganError
from minigan.lab.stepping import Steps
from minigan.lab.views.code import code_of
from minigan.lab.views.stations import STATIONS, station, stations
from minigan.lab.watching import watch
from minigan.training import steps
from minigan.training.events import StepEnd
from tests.lab.rounds import images, make_trainer, record, session_of
from tests.lab.test_watching import KINDS


def arrays_of(session, found: dict) -> dict[str, np.ndarray]:
    """The first slice of each array of a station."""
    return {
        item["name"]: station(session, found["id"], item["name"], example=0 if len(item["shape"]) > 2 else None)[
            "values"
        ]
        for item in found["arrays"]
    }


def test_without_a_recorded_round_there_are_no_stations():
    assert stations(session_of(None)) is None
    with pytest.raises(ConfigError, match="no round is recorded yet"):
        station(session_of(None), "noise", "noise")


@pytest.mark.parametrize("kind", KINDS)
def test_each_station_has_text_formula_code_and_arrays(kind):
    session = session_of(record(make_trainer(**kind)))
    found = stations(session)
    assert found["round"] == 2
    names = [item["id"] for item in found["stations"]]
    assert names == [item.id for item in STATIONS if item.id != "penalty" or kind.get("penalty")]
    passes = [item["id"] for item in found["passes"]]
    for item in found["stations"]:
        assert item["title"]
        assert item["text"].endswith(".")
        assert item["formula"].startswith("<math")
        assert set(item["passes"]) <= {*passes}
        code = item["code"]
        assert code["running"]
        assert code["first"] < code["running"][0] < code["first"] + len(code["lines"])
        assert item["arrays"]
        for name, values in arrays_of(session, item).items():
            assert np.isfinite(values).all(), (item["id"], name)


def test_the_numbers_are_those_of_the_trainer():
    trainer = make_trainer()
    walk = Steps(trainer)
    before = trainer.gan.discriminator.state_dict()
    with watch(trainer) as recording:
        (event,) = [event for event in walk.round() if isinstance(event, StepEnd)]
    session = session_of(recording)
    at = {item["id"]: arrays_of(session, item) for item in stations(session)["stations"]}
    assert at["losses"]["total"] == np.float32(event.d_loss)
    assert at["d_again"]["value"] == np.float32(event.g_loss)
    assert at["d_real"]["D(x)"].mean() == pytest.approx(event.d_real, rel=1e-6)
    assert at["d_fake"]["D(G(z))"].mean() == pytest.approx(event.d_fake, rel=1e-6)
    squares = [np.square(values, dtype=float).sum() for name, values in at["d_backward"].items()]
    assert np.sqrt(sum(squares)) == pytest.approx(event.d_grad_norm, rel=1e-6)
    after = trainer.gan.discriminator.state_dict()
    for name in before:
        np.testing.assert_array_equal(at["d_update"][f"{name}.before"], np.atleast_2d(before[name]))
        np.testing.assert_array_equal(at["d_update"][f"{name}.after"], np.atleast_2d(after[name]))
        np.testing.assert_array_equal(at["d_update"][f"{name}.gradient"], at["d_backward"][name])


def test_the_numbers_of_one_station_lead_to_those_of_the_next():
    session = session_of(record(make_trainer(penalty="wgan-gp", loss="least-squares")))
    at = {item["id"]: arrays_of(session, item) for item in stations(session)["stations"]}
    recording = session.recording
    np.testing.assert_array_equal(at["dz"]["dz_real"], recording.loss.real(at["d_real"]["real_logits"])[1])
    np.testing.assert_array_equal(at["dz"]["dz_fake"], recording.loss.fake(at["d_fake"]["fake_logits"])[1])
    np.testing.assert_array_equal(at["through_d"]["dfake"], at["into_g"]["dfake"])
    norms = np.linalg.norm(at["penalty"]["g"], axis=1)
    assert at["penalty"]["penalty"] == pytest.approx(0.5 * np.mean((norms - 1) ** 2), rel=1e-5)
    for name in ("dense.kernel", "dense_1.bias"):
        both = at["d_backward"][name] + at["penalty"][name]
        np.testing.assert_allclose(at["d_update"][f"{name}.gradient"], both, rtol=1e-5, atol=1e-7)


def test_a_probability_is_shown_where_the_loss_has_one():
    for loss, expected in ("minimax", True), ("hinge", False), ("wasserstein", False), ("least-squares", False):
        session = session_of(record(make_trainer(loss=loss)))
        found = {item["id"]: item for item in stations(session)["stations"]}
        assert ("D(x)" in [item["name"] for item in found["d_real"]["arrays"]]) is expected
        assert ("σ" in found["d_real"]["formula"]) is expected


def test_of_several_steps_of_d_the_text_says_that_the_last_is_shown():
    session = session_of(record(make_trainer(d_steps=3)))
    assert (
        "D takes 3 steps in a round, each with new noise: this is the last one."
        in stations(session)["stations"][0]["text"]
    )


def test_images_are_shown_one_example_and_channel_at_a_time():
    session = session_of(record(make_trainer(images)))
    fakes = [station(session, "g_forward", "fake", example=example)["values"] for example in range(8)]
    np.testing.assert_array_equal(np.stack(fakes)[..., None], session.recording.passes["g_forward"].y)


def test_a_station_or_an_array_that_does_not_exist_is_refused():
    session = session_of(record(make_trainer()))
    with pytest.raises(ConfigError, match=r"expected station to be one of noise, .*, got 'penalty'"):
        station(session, "penalty", "g")
    with pytest.raises(ConfigError, match="expected name to be one of noise, fake, got 'real'"):
        station(session, "g_forward", "real")


def test_the_code_is_that_of_the_steps_with_the_statements_marked():
    code = code_of(steps.generator_step, ("dfake = discriminator.backward(",))
    lines = inspect.getsource(steps).splitlines()
    assert code["file"] == "minigan/training/steps.py"
    assert code["lines"] == lines[code["first"] - 1 : code["first"] - 1 + len(code["lines"])]
    assert [lines[number - 1].strip() for number in code["running"]] == [
        "dfake = discriminator.backward(dz, d_caches, param_grads=False)"
    ]


def test_a_statement_that_is_no_longer_in_the_code_is_an_error():
    for text in ("no such statement", "gan"):
        with pytest.raises(MiniganError, match="statements with"):
            code_of(steps.generator_step, (text,))
