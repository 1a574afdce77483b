"""Ctrl-C between two steps: the first ends the run in order, the second at once."""

import signal
import threading

import numpy as np
import pytest

from minigan.io.atomic_write import load_arrays
from minigan.runs import load_run, train_run
from minigan.runs.interrupt import StopRequest
from minigan.runs.tables import read_metrics
from minigan.training import StepEnd

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture
def handlers():
    """The handlers before, which must be those afterwards: Python's, also where the tests run in the background."""
    found = signal.signal(signal.SIGINT, signal.default_int_handler)
    before = [signal.getsignal(number) for number in SIGNALS]
    yield before
    assert [signal.getsignal(number) for number in SIGNALS] == before
    signal.signal(signal.SIGINT, found)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_only_asks(handlers, number):
    with StopRequest() as stop:
        assert not stop.asked
        signal.raise_signal(number)
        assert stop.asked


def test_the_second_signal_interrupts(handlers):
    def press_twice():
        with StopRequest():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        press_twice()


def test_the_handlers_are_back_after_the_first_signal(handlers):
    with StopRequest():
        assert [signal.getsignal(number) for number in SIGNALS] != handlers
        signal.raise_signal(signal.SIGINT)
        assert [signal.getsignal(number) for number in SIGNALS] == handlers


def test_the_handlers_are_back_after_an_error(handlers):
    def fail():
        with StopRequest():
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()


def test_the_handlers_are_back_without_a_signal(handlers):
    with StopRequest() as stop:
        pass
    assert not stop.asked


def test_outside_the_main_thread_nothing_is_caught_and_nothing_fails(handlers):
    seen = []

    def work():
        with StopRequest() as stop:
            seen.append((stop.asked, [signal.getsignal(number) for number in SIGNALS]))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, handlers)]


@pytest.mark.parametrize("number", SIGNALS)
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
