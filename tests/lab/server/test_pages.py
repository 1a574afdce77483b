"""Several pages: one steers, all see the same, and none holds up another."""

import time

import numpy as np

from minigan.errors import NonFiniteError
from minigan.lab.views import VIEWS
from tests.lab.server.client import PATIENCE


def test_a_page_gets_the_state_at_once_and_after_each_change(place):
    with place.page() as page:
        first = page.wait_for(lambda state: True)
        assert (first["step"], first["steering"], first["pages"], first["problem"]) == (0, True, 1, None)
        page.do("round")
        assert page.wait_for(lambda state: state["step"] == 1)["revision"] > first["revision"]
        page.do("speed", rounds_per_second=5)
        page.wait_for(lambda state: state["rounds_per_second"] == 5)


def test_arrays_travel_as_they_are(place, session):
    with place.page() as page:
        page.do("round")
        found = page.view("field", size=7)["values"]
    assert found.dtype == np.float32
    assert np.array_equal(found, session.view("field", {"size": 7})["values"])


def test_the_first_page_steers_and_the_others_watch(place, session):
    with place.page() as first, place.page() as second:
        first.do("round")
        assert second.wait_for(lambda state: state["step"] == 1)["steering"] is False
        assert second.state["pages"] == 2
        assert second.view("points")["fake"].shape[1] == 2
        assert "another page steers" in second.refused(do="round")
        assert session.trainer.step == 1


def test_a_page_takes_over_the_steering(place):
    with place.page() as first, place.page() as second:
        assert second.ask(steer=True) is None
        assert second.wait_for(lambda state: state["steering"])
        assert not first.wait_for(lambda state: not state["steering"])["steering"]
        second.do("round")
        assert "another page steers" in first.refused(do="round")


def test_when_the_page_that_steers_goes_the_one_that_is_connected_longest_steers(place):
    with place.page() as second:
        second.wait_for(lambda state: True)
        with place.page() as third, place.page() as fourth:
            fourth.ask(steer=True)
            third.wait_for(lambda state: state["pages"] == 3)
            fourth.socket.close()
            assert second.wait_for(lambda state: state["pages"] == 2 and state["steering"])
            assert not third.wait_for(lambda state: state["pages"] == 2)["steering"]


def test_the_session_plays_on_without_a_page_and_a_page_that_comes_back_finds_it(place, session):
    with place.page() as page:
        page.do("play")
    step = session.trainer.step
    deadline = time.monotonic() + PATIENCE
    while session.trainer.step < step + 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with place.page() as page:
        assert page.wait_for(lambda state: state["steering"])["playing"]
        page.do("pause")
        assert page.view("state")["step"] >= step + 3


def test_a_command_is_carried_out_though_its_page_goes_at_once(place):
    with place.page() as page:
        for _ in range(5):
            page.send(do="round")
    with place.page() as page:
        page.wait_for(lambda state: state["step"] == 5)


def test_nothing_is_printed_if_a_command_fails_after_its_page_has_gone(place, session, monkeypatch, capfd):
    def fail() -> None:
        time.sleep(0.2)
        raise NonFiniteError("nan")

    monkeypatch.setattr(session, "round", fail)
    with place.page() as page:
        page.send(do="round")
        page.send(view="state")
    with place.page() as page:
        page.wait_for(lambda state: state["pages"] == 1)
        page.do("pause")
    assert capfd.readouterr().err == ""


def test_a_view_sees_every_command_that_its_page_sent_before(place):
    with place.page() as page:
        for step in range(1, 20):
            page.send(do="round")
            page.send(view="points")
            assert page.view("state")["step"] == step


def test_training_goes_on_while_pages_ask_for_views_without_end_and_each_gets_answers(place, session):
    with place.page() as first, place.page() as second:
        first.do("play")
        answers, step, deadline = [0, 0], session.trainer.step, time.monotonic() + PATIENCE
        for page in (first, second):
            for _ in range(20):
                page.send(view="field", **{"with": {"size": 60}})
        while session.trainer.step < step + 10 or min(answers) < 20:
            for number, page in enumerate((first, second)):
                while page.take()["kind"] != "answer":
                    pass
                answers[number] += 1
                page.send(view="field", **{"with": {"size": 60}})
            assert time.monotonic() < deadline


def test_a_page_that_does_not_read_holds_up_no_other_and_gets_the_newest_state_later(place, session, monkeypatch):
    monkeypatch.setitem(VIEWS, "large", lambda session: {"value": np.zeros(2**20, np.uint8)})
    with place.page(max_queue=1) as slow, place.page() as page:
        for _ in range(40):
            slow.send(view="large")
        page.ask(steer=True)
        for step in range(1, 31):
            page.do("round")
            page.wait_for(lambda state, step=step: state["step"] >= step)
        states = [slow.state]
        for number in range(1, 41):
            slow.answer(number)
            states.append(slow.state)
        slow.wait_for(lambda state: state["step"] == 30)
        assert len({state["step"] for state in states if state}) < 25


def test_an_error_in_training_ends_the_playing_and_stays_in_the_state_until_the_next_command(
    place, session, monkeypatch
):
    def explode() -> None:
        raise NonFiniteError("the loss of D is nan")

    with place.page() as page, monkeypatch.context() as patch:
        patch.setattr(session, "round", explode)
        page.do("play")
        state = page.wait_for(lambda state: state["problem"] is not None)
        assert (state["playing"], state["problem"]) == (False, "the loss of D is nan")
        patch.undo()
        page.do("seed", seed=1)
        page.wait_for(lambda state: state["problem"] is None)
        page.do("round")


def test_playing_keeps_to_the_rounds_per_second(place, session):
    with place.page() as page:
        page.do("speed", rounds_per_second=20)
        start = time.monotonic()
        page.do("play")
        page.wait_for(lambda state: state["step"] >= 10)
        assert time.monotonic() - start > 9 / 20 - 0.05
        page.do("speed", rounds_per_second=0.001)
        page.do("pause")
        step = page.view("state")["step"]
        page.do("play")
        page.do("speed")
        page.wait_for(lambda state: state["step"] > step + 2)


def test_pages_are_answered_and_see_the_state_in_the_middle_of_a_long_command(place, session, monkeypatch):
    one = session.round
    monkeypatch.setattr(session, "round", lambda: [one() for _ in range(100)] and None)
    with place.page() as first, place.page() as second:
        number = first.send(do="round")
        assert 0 < second.wait_for(lambda state: state["step"] > 0)["step"] < 100
        assert second.view("state")["step"] < 100
        first.answer(number)
        assert first.view("state")["step"] == 100
