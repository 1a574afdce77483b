"""Signals between two steps: the first that asks to stop ends the run in order, the second at once; SIGUSR1 saves."""

import signal
import threading

import numpy as np
import pytest

from minigan.io.atomic_write import load_arrays
from minigan.runs import load_run, resume_run, train_run
from minigan.runs.build import build_run
from minigan.runs.tables import read_metrics
from minigan.training import DiscriminatorEnd, Notice, Saved, StepEnd, Stopped
from minigan.training.interrupt import SaveRequest, StopRequest, signals

STOPS = signals(*StopRequest.NAMES)
SAVES = signals(*SaveRequest.NAMES)
HANG_UP = signals("SIGHUP")

needs_usr1 = pytest.mark.skipif(not SAVES, reason="the platform has no SIGUSR1")
needs_hup = pytest.mark.skipif(not HANG_UP, reason="the platform has no SIGHUP")


def handlers_now() -> list:
    return [signal.getsignal(number) for number in STOPS + SAVES]


@pytest.fixture
def handlers():
    """The handlers before, which must be those afterwards: Python's, also where the tests run in the background."""
    found = {number: signal.getsignal(number) for number in STOPS + SAVES}
    for number in found:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    before = handlers_now()
    yield before
    now = handlers_now()
    for number, handler in found.items():
        signal.signal(number, handler)
    assert now == before


# Requests


@pytest.mark.parametrize("number", STOPS)
def test_the_first_signal_only_asks(handlers, number):
    with StopRequest() as stop:
        assert not stop.asked
        signal.raise_signal(number)
        assert stop.asked == number


@pytest.mark.parametrize("number", STOPS)
def test_the_second_signal_interrupts(handlers, number):
    def press_twice():
        with StopRequest():
            signal.raise_signal(number)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        press_twice()


@needs_hup
@pytest.mark.parametrize("number", STOPS)
def test_sighup_after_a_stop_signal_is_no_second_one(handlers, number):
    with StopRequest() as stop:
        signal.raise_signal(number)
        for _ in range(3):
            signal.raise_signal(signal.SIGHUP)
        assert stop.asked


@pytest.mark.parametrize("number", STOPS)
def test_the_handlers_of_all_but_sighup_are_back_after_the_first_signal(handlers, number):
    before = dict(zip(STOPS, handlers))
    with StopRequest():
        assert [signal.getsignal(other) for other in STOPS] != handlers[: len(STOPS)]
        signal.raise_signal(number)
        assert all(signal.getsignal(other) == before[other] for other in STOPS if other not in HANG_UP)


@pytest.mark.parametrize("request_of", [StopRequest, SaveRequest])
def test_the_handlers_are_back_after_an_error(handlers, request_of):
    def fail():
        with request_of():
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()


@pytest.mark.parametrize("request_of", [StopRequest, SaveRequest])
def test_the_handlers_are_back_without_a_signal(handlers, request_of):
    with request_of() as asked:
        assert handlers_now() != handlers
    assert not asked.asked


@pytest.mark.parametrize("number", STOPS + SAVES)
def test_a_signal_that_is_ignored_stays_ignored(handlers, number):
    before = signal.signal(number, signal.SIG_IGN)
    with SaveRequest() as save, StopRequest() as stop:
        signal.raise_signal(number)
        assert not stop.asked
        assert not save.take()
    assert signal.getsignal(number) == signal.SIG_IGN
    signal.signal(number, before)


@needs_usr1
def test_a_program_s_own_handler_of_sigusr1_stays(handlers):
    called = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: called.append(number))
    with SaveRequest() as save:
        signal.raise_signal(signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)
    assert (called, save.take()) == ([signal.SIGUSR1], 0)


def test_a_handler_that_is_not_python_s_stays(handlers, monkeypatch):
    monkeypatch.setattr(signal, "getsignal", lambda number: None)
    with StopRequest(), SaveRequest():
        monkeypatch.undo()
        assert handlers_now() == handlers


@needs_usr1
def test_sigusr1_is_taken_once_for_each_time(handlers):
    with SaveRequest() as save:
        assert not save.take()
        for _ in range(2):
            signal.raise_signal(signal.SIGUSR1)
            assert save.take() == signal.SIGUSR1
            assert not save.take()


def test_outside_the_main_thread_nothing_is_caught_and_nothing_fails(handlers):
    seen = []

    def work():
        with StopRequest() as stop, SaveRequest() as save:
            seen.append((stop.asked, save.take(), handlers_now()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(0, 0, handlers)]


def test_a_platform_without_the_signals_is_served(handlers, monkeypatch):
    for name in ("SIGHUP", "SIGUSR1", "SIGBREAK"):
        monkeypatch.delattr(signal, name, raising=False)
    with StopRequest() as stop, SaveRequest() as save:
        signal.raise_signal(signal.SIGTERM)
        assert (stop.asked, save.take()) == (signal.SIGTERM, 0)


# Runs


@pytest.mark.parametrize("number", STOPS)
def test_a_run_ends_after_its_step_with_everything_saved(make_config, tmp_path, handlers, number, no_curves):
    def press(event):
        if isinstance(event, StepEnd) and event.step == 3:
            signal.raise_signal(number)

    assert not train_run(make_config(steps=1000), tmp_path, press)
    assert read_metrics(tmp_path / "metrics.csv")["step"].tolist() == [1, 2, 3]
    assert (tmp_path / "samples" / "step-000003.png").is_file()
    _, gan = load_run(tmp_path)

    again = tmp_path / "again"
    assert train_run(make_config(steps=3), again)
    saved = load_arrays(again / "generator.npz")
    np.testing.assert_array_equal(gan.generator.state_dict()["dense.kernel"], saved["dense.kernel"])


def test_an_impatient_second_signal_leaves_whole_files(make_config, tmp_path, handlers, no_curves):
    def press(event):
        if isinstance(event, StepEnd) and event.step == 7:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train_run(make_config(steps=1000), tmp_path, press)
    assert read_metrics(tmp_path / "metrics.csv")["step"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    load_run(tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


@needs_usr1
def test_sigusr1_saves_a_checkpoint_and_the_run_goes_on_as_without_it(make_config, tmp_path, handlers, no_curves):
    events = []

    def press(event):
        events.append(event)
        if isinstance(event, StepEnd) and event.step in (2, 3):
            signal.raise_signal(signal.SIGUSR1)

    config = make_config(steps=4, keep=9)
    assert train_run(config, tmp_path / "asked", press)
    saved = [event.path.name for event in events if isinstance(event, Saved) and event.what == "checkpoint"]
    assert saved == [f"step-00000000{step}.checkpoint" for step in (0, 2, 3, 4)]
    assert [(n.step, n.kind) for n in events if isinstance(n, Notice)] == [(2, "saved"), (3, "saved")]
    assert train_run(config, tmp_path / "plain")
    for name in ("generator.npz", "discriminator.npz", "notices.csv", "checkpoints/step-000000004.checkpoint"):
        same = [(tmp_path / run / name).read_bytes() for run in ("asked", "plain")]
        assert same[0] == same[1], name


@needs_usr1
@pytest.mark.parametrize("event_kind", [StepEnd, DiscriminatorEnd])
def test_sigusr1_stops_a_run_that_asks_for_it_and_the_run_can_go_on(
    make_config, tmp_path, handlers, no_curves, event_kind
):
    events = []

    def press(event):
        events.append(event)
        if isinstance(event, event_kind) and event.step == 2:
            signal.raise_signal(signal.SIGUSR1)

    config = make_config(steps=6, d_steps=2, on_usr1="stop")
    assert not train_run(config, tmp_path / "stopped", press)
    assert events[-1] == Stopped(2, signal.SIGUSR1)
    assert resume_run(tmp_path / "stopped")
    assert train_run(config, tmp_path / "whole")
    saved = [load_arrays(tmp_path / run / "generator.npz")["dense.kernel"] for run in ("stopped", "whole")]
    np.testing.assert_array_equal(*saved)


@needs_usr1
def test_sigusr1_while_the_data_are_read_neither_ends_the_process_nor_is_lost(
    make_config, tmp_path, handlers, no_curves, monkeypatch
):
    def build_slowly(config):
        signal.raise_signal(signal.SIGUSR1)
        return build_run(config)

    monkeypatch.setattr("minigan.runs.start.build_run", build_slowly)
    events = []
    assert train_run(make_config(steps=3, keep=9), tmp_path, events.append)
    assert [(n.step, n.kind) for n in events if isinstance(n, Notice)] == [(1, "saved")]
    assert (tmp_path / "checkpoints" / "step-000000001.checkpoint").is_file()


def test_what_sigusr1_does_may_be_different_in_a_resumed_run(make_config, tmp_path, no_curves):
    train_run(make_config(steps=1), tmp_path)
    assert resume_run(tmp_path, {"on_usr1": "stop"})
