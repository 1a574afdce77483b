"""Checkpoints of format 1, which minigan 0.1.0 wrote, are read: the names of its monitor and trainer are translated.

``monitor-0.1.0.json`` is the monitor of such a checkpoint after the first 2000 steps of `swinging_run`. Complete
runs of 0.1.0 are in ``tests/old_runs``.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from minigan.training.checkpoint.file import DamagedCheckpointError, read_checkpoint, read_score
from minigan.training.checkpoint.format_1 import as_format_2
from minigan.training.events import Diversity
from minigan.training.monitor.monitor import Monitor
from tests.training.checkpoint.test_file import forged
from tests.training.checkpoint.test_trainer_state import swinging_run

OLD = json.loads((Path(__file__).parent / "monitor-0.1.0.json").read_text(encoding="utf-8"))
HEAD = b"minigan checkpoint 1\n"
OLD_OPTIMIZER = {"rule": "Adam", "iterations": 3, "learning_rate": 0.1, "momentum": 0.5}
OLD_TRAINER = {"step": 7, "blur": 4, "g_optimizer": OLD_OPTIMIZER, "d_optimizer": OLD_OPTIMIZER}


def translated(monitor: dict) -> dict:
    """The monitor's part of a manifest of format 1, in format 2."""
    return as_format_2({"figure": None, "state": {"monitor": monitor}})["state"]["monitor"]


def leaves(state: object, path: str = "") -> Iterator[tuple[str, object]]:
    """All numbers of nested lists and mappings, with their paths."""
    if isinstance(state, dict | list):
        for name, value in state.items() if isinstance(state, dict) else enumerate(state):
            yield from leaves(value, f"{path}/{name}")
    else:
        yield path, state


def monitor_after(steps: int) -> Monitor:
    monitor = Monitor(16)
    for event in list(swinging_run(3000))[:steps]:
        monitor(event)
        if event.step == 1000:
            monitor(Diversity(1000, generated=5.0, real=20.0))
    return monitor


def test_a_monitor_of_format_1_has_the_state_of_one_that_saw_the_same_steps():
    expected, found = dict(leaves(monitor_after(2000).state())), dict(leaves(translated(OLD)))
    assert found.keys() == expected.keys()
    # The sine of another machine may be another one in its last digit.
    assert found == pytest.approx(expected, rel=1e-9)


def test_a_monitor_of_format_1_goes_on_as_one_that_saw_the_same_steps():
    whole, loaded = monitor_after(2000), Monitor(16)
    loaded.load_state(translated(OLD))
    events = [*list(swinging_run(3000))[2000:], Diversity(3000, generated=5.0, real=20.0)]
    said = [[notice.text for notice in whole(event)] for event in events]
    assert [[notice.text for notice in loaded(event)] for event in events] == said
    assert sum(map(len, said)) >= 2
    assert said[-1], "mode collapse, at the second measurement"


def test_detectors_are_translated_by_their_kind():
    watches = [{**watch, "held": float(place), "told": place == 3} for place, watch in enumerate(OLD["watches"], 1)]
    assert translated({**OLD, "watches": watches})["detectors"] == {
        "exploding": {"lasted": 1.0, "reported": False},
        "oscillation": {"lasted": 2.0, "reported": False},
        "D winning": {"lasted": 3.0, "reported": True},
        "D beaten": {"lasted": 4.0, "reported": False},
        "accuracy at 50%": {"lasted": 5.0, "reported": False},
        "mode collapse": {"lasted": 1.0, "reported": False},
    }


def test_a_critic_s_monitor_has_two_detectors_and_mode_collapse():
    detectors = translated({**OLD, "watches": OLD["watches"][:2]})["detectors"]
    assert list(detectors) == ["exploding", "oscillation", "mode collapse"]


def test_a_file_of_format_1_is_read_with_the_names_of_format_2(tmp_path):
    state = {"trainer": OLD_TRAINER, "monitor": OLD, "run": {"figure": 1, "blur": 2}}
    path = forged(tmp_path / "a", {"arrays": [], "figure": 1.25, "state": state, "versions": {}}, head=HEAD)
    checkpoint = read_checkpoint(path)
    assert checkpoint.score == read_score(path) == 1.25
    optimizer = {"kind": "Adam", "iterations": 3, "learning_rate": 0.1, "momentum": 0.5}
    assert checkpoint.state == {
        "trainer": {"step": 7, "instance_noise": 4, "g_optimizer": optimizer, "d_optimizer": optimizer},
        "monitor": translated(OLD),
        "run": {"figure": 1, "blur": 2},
    }


def test_a_user_s_own_state_in_format_1_comes_back_as_it_is(tmp_path):
    for state in ({}, {"step": 7}, {"trainer": None, "monitor": None}):
        manifest = {"arrays": [], "figure": None, "state": state, "versions": {}}
        assert read_checkpoint(forged(tmp_path / "a", manifest, head=HEAD)).state == state


@pytest.mark.parametrize(
    "manifest",
    [
        {"arrays": [], "score": None, "state": {}, "versions": {}},
        {"arrays": [], "figure": "best", "state": {}, "versions": {}},
        {"arrays": [], "figure": None, "state": {"trainer": {}}, "versions": {}},
        {"arrays": [], "figure": None, "state": {"monitor": {"course": 5}}, "versions": {}},
        {"arrays": [], "figure": None, "state": {"monitor": {**OLD, "watches": [5]}}, "versions": {}},
    ],
    ids=["format 2's name", "a score of another kind", "no trainer", "no statistics", "no detector"],
)
def test_other_parts_than_those_of_format_1_are_refused(tmp_path, manifest):
    with pytest.raises(DamagedCheckpointError):
        read_checkpoint(forged(tmp_path / "a", manifest, head=HEAD))
