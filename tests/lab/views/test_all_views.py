"""What holds for every view: looking changes nothing, what it shows can be sent, and wrong options are refused."""

from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from minigan.errors import ConfigError
from minigan.lab.views import VIEWS
from minigan.lab.wire import pack, unpack
from tests.lab.views.sessions import FITTING, KINDS, everything
from tests.loops import loop_over

#: Each view with each kind of data that it fits.
CASES = [(kind, view) for kind, views in FITTING.items() for view in sorted(views)]

#: The views of the part Play and of the session.
OWN = set().union(*FITTING.values())

#: What a page may send in the place of a whole number.
NO_COUNTS: list[Any] = [0.5, "10", None, True, [3], {}, -1, 10**9, float("nan"), "x" * 100_000]

#: The number options of each view, with a kind of data for it.
COUNTS = [
    ("points", "points", "count"),
    ("points", "field", "size"),
    ("points", "arrows", "count"),
    ("points", "bent_grid", "lines"),
    ("points", "bent_grid", "points"),
    ("points", "quality", "count"),
    ("points", "curves", "points"),
    ("points", "histogram", "bins"),
    ("line", "line", "points"),
    ("line", "line", "samples"),
    ("images", "samples", "count"),
    ("images", "walk", "first"),
    ("images", "walk", "second"),
    ("images", "nearest", "index"),
]


@pytest.fixture(scope="module")
def sessions():
    """One session of each kind, for views that change nothing."""
    return {kind: make() for kind, make in KINDS.items()}


@loop_over(case=CASES)
def test_looking_changes_no_bit_of_the_training(case, sessions):
    kind, view = case
    before = everything(sessions[kind])
    sessions[kind].view(view)
    assert everything(sessions[kind]) == before


@loop_over(kind=list(KINDS))
def test_looking_between_two_steps_leaves_the_next_steps_as_they_were(kind):
    looked_at, left_alone = KINDS[kind](), KINDS[kind]()
    for session in (looked_at, left_alone):
        session.d_step()
        if session is looked_at:
            before = everything(session)
            for view in FITTING[kind]:
                session.view(view)
            assert everything(session) == before
        session.g_step()
        session.round()
    after = [everything(session) for session in (looked_at, left_alone)]
    assert after[0] == after[1]


@loop_over(case=CASES)
def test_two_looks_show_the_same_and_what_they_show_can_be_sent(case, sessions):
    kind, view = case
    first, second = (pack({"result": sessions[kind].view(view)}) for _ in range(2))
    assert first == second
    assert unpack(first)["result"].keys() == sessions[kind].view(view).keys()


@loop_over(case=CASES)
def test_the_page_gets_numbers_of_types_that_it_can_read(case, sessions):
    kind, view = case
    for name, value in sessions[kind].view(view).items():
        if isinstance(value, np.ndarray):
            assert value.dtype in ("float32", "float64", "uint8", "int64"), name
            assert value.dtype == np.uint8 or np.isfinite(value).all(), name


@loop_over(kind=list(KINDS))
def test_a_view_of_other_data_says_what_it_is_for(kind, sessions):
    for view in OWN - FITTING[kind]:
        with pytest.raises(ConfigError, match=f"the view {view} is for .*; .* has "):
            sessions[kind].view(view)


@loop_over(case=COUNTS)
def test_what_is_no_whole_number_in_its_bounds_is_refused_in_one_short_line(case, sessions):
    kind, view, option = case
    for value in NO_COUNTS:
        with pytest.raises(ConfigError, match=rf"\b{option}\b.*(whole number|null)") as caught:
            sessions[kind].view(view, {option: value})
        assert len(str(caught.value)) < 150


def test_every_view_of_this_part_was_looked_at():
    assert set(VIEWS) >= OWN


@pytest.mark.filterwarnings("error")
@loop_over(case=CASES)
def test_networks_whose_numbers_overflow_are_shown_without_a_warning_or_refused_in_words(case):
    kind, view = case
    for factor in (1e15, 1e30):
        session = KINDS[kind](**({} if kind == "images" else {"loss": "wasserstein"}))
        for network in (session.trainer.gan.generator, session.trainer.gan.discriminator):
            network.flat_data *= factor
        with suppress(ConfigError):
            pack({"result": session.view(view)})
