"""Curves take bounded memory."""

from hypothesis import given
from hypothesis import strategies as st

from minigan.lab.history import MOST_NOTICES, History, Rows
from minigan.training.events import Notice


def rows(count: int, most: int = 10) -> Rows[int]:
    table = Rows[int](most)
    for step in range(1, count + 1):
        table.add(step, -step)
    return table


@given(st.integers(1, 500))
def test_rows_are_even_and_end_with_the_last(count: int):
    table = rows(count)
    assert len(table) <= 10
    assert table.values == [-step for step in table.steps]
    *others, last = table.steps
    assert last == count
    assert all(step % table.stride == 0 for step in others)
    assert count < 10 or len(table) >= 5


@given(st.integers(1, 300), st.integers(0, 300))
def test_rows_after_a_cut_go_on_as_before(count: int, step: int):
    table = rows(count)
    before = table.steps
    table.cut(step)
    assert table.steps == [row for row in before if row <= step]
    for again in range(min(step, count) + 1, count + 1):
        table.add(again, -again)
    assert table.steps[-1] == before[-1]
    assert {row for row in before if row <= step} - {min(step, count)} <= {*table.steps} | {before[-1]}


def test_old_notices_are_forgotten():
    history = History()
    for step in range(300):
        history.notice(Notice(step, "kind", "text"))
    assert len(history.notices) == MOST_NOTICES
    assert history.notices[-1].step == 299
    history.cut(250, (None, None))
    assert history.notices[-1].step == 250
