"""Every bug of the museum is caught, for its own reason; none of the mended ones is reported."""

import re

import numpy as np
import pytest

from minigan.gradcheck import Report, check
from tests.gradcheck.museum import (
    EXHIBITS,
    Exhibit,
    global_average,
    global_average_wrong,
    same_conv1d,
    same_conv1d_wrong,
)
from tests.gradcheck.museum_page import PAGE, page
from tests.loops import loop_over

SEEDS = (0, 1)
exhibits = pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda exhibit: exhibit.name)


def called(name: str) -> Exhibit:
    """The exhibit with this name."""
    (found,) = (exhibit for exhibit in EXHIBITS if exhibit.name == name)
    return found


def verdicts(report: Report, mode: str) -> set[str]:
    """Of all rows in a mode."""
    return {row.verdict for row in report if row.mode.startswith(mode)}


def test_the_museum_is_complete():
    assert len(EXHIBITS) >= 15
    assert len({exhibit.name for exhibit in EXHIBITS}) == len(EXHIBITS)


@loop_over(seed=SEEDS)
@exhibits
def test_the_wrong_one_is_caught_for_its_own_reason(exhibit, seed):
    report = exhibit.check_wrong(seed=seed)
    assert not report.ok
    sentences = [row.sentence() for row in report.failures]
    for reason in exhibit.caught_by:
        assert any(reason in sentence for sentence in sentences), f"not reported: {reason}\n{report}"
    for sentence in sentences:
        assert any(reason in sentence for reason in exhibit.caught_by), f"reported besides: {sentence}"


@loop_over(seed=SEEDS)
@exhibits
def test_the_mended_one_is_right(exhibit, seed):
    exhibit.check_mended(seed=seed).assert_ok()


@exhibits
def test_the_message_names_the_code_and_the_seed(exhibit):
    with pytest.raises(AssertionError, match=rf"\(seed 7\):\n +{exhibit.wrong.__name__}: "):
        exhibit.check_wrong(seed=7).assert_ok()


# Why they look right.


def test_an_upstream_gradient_of_ones_hides_what_batch_norm_forgets():
    exhibit = called("BatchNorm forgets the variance")
    ones = np.ones(exhibit.inputs[0])
    exhibit.check_wrong(dy=ones).assert_ok()
    exhibit.check_mended(dy=ones).assert_ok()
    assert not exhibit.check_wrong().ok


def test_even_sizes_hide_the_padding():
    for size in (6, 8, 28):
        check(same_conv1d, (2, size), (3,), backward=same_conv1d_wrong).assert_ok()
    for size in (5, 7, 27):
        assert not check(same_conv1d, (2, size), (3,), backward=same_conv1d_wrong).ok


def test_one_image_hides_the_broadcast():
    check(global_average, (1, 2, 3, 2), backward=global_average_wrong).assert_ok()


def test_a_positive_slope_hides_the_sign_of_y():
    check(called("LeakyReLU by the sign of y").wrong(0.2), (3, 5)).assert_ok()


@pytest.mark.parametrize("name", ["Max pooling pays every tie in full", "Max pooling shares ties"])
def test_without_ties_max_pooling_is_right(name):
    exhibit = called(name)
    check_at = np.random.default_rng(0).permutation(exhibit.inputs[0].size).reshape(exhibit.inputs[0].shape)
    for code in (exhibit.wrong, exhibit.mended):
        target, options = (exhibit.forward, {"backward": code}) if exhibit.forward else (code(), {})
        report = check(target, check_at.astype(float), **options)
        report.assert_ok()
        assert not any(row.kinks for row in report)


@pytest.mark.parametrize("name", ["Max pooling pays every tie in full", "Max pooling shares ties"])
def test_ties_are_kinks_and_no_failures(name):
    report = called(name).check_mended()
    report.assert_ok()
    entries, together = (row for row in report if row.mode.startswith("differences"))
    assert entries.kinks == 4  # two windows with a tie
    assert entries.error < entries.tolerance
    assert "shifted together" in together.quantity
    assert together.kinks == 0


@pytest.mark.parametrize(
    "name", ["Dropout forgets the scale", "BatchNorm with moving averages, differentiated with the batch's"]
)
def test_the_adjoint_identity_does_not_see_what_both_passes_share(name):
    report = called(name).check_wrong()
    assert verdicts(report, "adjoint identity") == {"ok"}
    assert "WRONG" in verdicts(report, "differences")


def test_differences_do_not_see_the_seventh_digit():
    report = called("A float32 accumulator").check_wrong()
    assert verdicts(report, "differences") == {"ok"}
    assert "WRONG" in verdicts(report, "complex step")


# The page.

NUMBER = re.compile(r"(-?\b\d+(?:\.\d+)?(?:e[+-]?\d+)?)")


def test_the_page_is_up_to_date():
    written, new = (NUMBER.split(" ".join(text.split())) for text in (PAGE.read_text(encoding="utf-8"), page()))
    assert written[::2] == new[::2], "run: python -m tests.gradcheck.museum_page"
    assert np.allclose([float(number) for number in written[1::2]], [float(number) for number in new[1::2]], rtol=1e-3)
