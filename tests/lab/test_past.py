"""The way back takes bounded memory."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minigan.lab.past import Action, Actions, Past, Snapshot
from minigan.lab.setup import SetUp
from minigan.training.checkpoint.file import Checkpoint

SETUPS = [SetUp(), SetUp(seed=1)]


def snapshot(size: int = 1) -> Snapshot:
    return Snapshot(SETUPS[0], Checkpoint({"w": np.zeros(size, np.uint8)}, {}), None, (None, None))


def played(past: Past, count: int, size: int = 1) -> Past:
    """The same after so many rounds."""
    kept = snapshot(size)
    past.keep(kept)
    for _ in range(count):
        past.actions.append(Action("round", SETUPS[0]))
        past.keep(kept)
    return past


@given(st.lists(st.tuples(st.sampled_from(("round", "d_step")), st.integers(0, 1)), max_size=30), st.data())
def test_actions_are_a_list_that_can_be_cut(done: list[tuple[str, int]], data: st.DataObject):
    actions, expected = Actions(), [Action(kind, SETUPS[which]) for kind, which in done]
    for action in expected:
        actions.append(action)
    assert list(actions.between(0, len(actions))) == expected
    place = data.draw(st.integers(0, len(expected)))
    actions.cut(place)
    assert list(actions.between(0, len(actions))) == expected[:place]
    actions.append(Action("g_step", SETUPS[0]))
    assert len(actions) == place + 1


def test_half_an_hour_of_playing_is_one_entry():
    actions = Actions()
    for _ in range(100_000):
        actions.append(Action("round", SETUPS[0]))
    assert len(actions) == 100_000
    assert len(actions.runs) == 1


def test_gaps_between_snapshots_grow_with_age():
    past = played(Past(), 20_000)
    places = np.array(list(past.snapshots))
    assert len(places) == 64
    assert places[0] == 0
    gaps, ages = np.diff(places), 20_000 - places[:-1]
    assert gaps[-5:].tolist() == [1] * 5
    assert (gaps <= np.maximum(1, 0.6 * ages))[1:].all()


def test_snapshots_of_large_networks_are_few():
    past = played(Past(most_bytes=1000), 500, size=100)
    assert len(past.snapshots) == 10
    assert len(played(Past(most_bytes=1000), 50, size=10_000).snapshots) == 2


def test_the_first_and_the_last_snapshot_stay():
    past = played(Past(most_snapshots=2), 9)
    assert list(past.snapshots) == [0, 9]
    past.cut(5)
    assert list(past.snapshots) == [0]
    assert (past.place, past.before(5), past.nearest(5)) == (5, 0, 0)
