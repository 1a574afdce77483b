"""Properties of every metric, on sets that hypothesis makes: the order does not matter, and copies are copies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minigan import metrics
from minigan.errors import ShapeError

#: Few values, so that examples repeat and distances are equal, and some of other sizes.
VALUES = st.one_of(
    st.sampled_from([-1.0, 0.0, 0.1, 0.3, 1.0]),
    st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-12),
)


@st.composite
def two_sets(draw):
    """Generated and real vectors (N, D) of one length, equally many."""
    shape = (draw(st.integers(4, 12)), draw(st.integers(1, 5)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    make = arrays(np.float64, shape, elements=VALUES).map(lambda a: a.astype(dtype))
    generated, real = draw(make), draw(make)
    if draw(st.booleans()):
        generated[::2] = real[::2]
    return generated, real


def with_ties(generated, real):
    """What must not change in the last bit."""
    return (
        metrics.precision_recall(generated, real, 2),
        metrics.density_coverage(generated, real, 2),
        metrics.nearest_neighbour_accuracy(generated, real),
        metrics.count_modes(generated, np.unique(real, axis=0), 0.1)[:3],
    )


@settings(max_examples=40)
@given(two_sets(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_of_both_sets_changes_nothing(sets, random):
    generated, real = sets
    order = list(range(len(real)))
    random.shuffle(order)
    assert with_ties(generated[order], real[order[::-1]]) == with_ties(generated, real)
    scale = 1 + float(max(abs(generated).max(), abs(real).max())) ** 2
    for smooth in (metrics.frechet_distance, metrics.polynomial_mmd2):
        power = 3 if smooth is metrics.polynomial_mmd2 else 1
        assert smooth(generated[order], real[order]) == pytest.approx(smooth(generated, real), abs=1e-6 * scale**power)


@settings(max_examples=40)
@given(two_sets())
def test_copies_are_precise_and_cover_everything(sets):
    real = sets[1]
    assert metrics.precision_recall(real.copy(), real, 2) == (1, 1)
    density, coverage = metrics.density_coverage(real.copy(), real, 2)
    assert coverage == 1
    assert density >= 0.5  # the ball of each has its own copy, at least
    accuracy = metrics.nearest_neighbour_accuracy(real.copy(), real)
    assert accuracy.real == accuracy.generated < 0.5


@settings(max_examples=40)
@given(two_sets(), st.integers(2, 4))
def test_repeated_training_examples_count_as_one(sets, times):
    generated, training = sets
    try:
        once = metrics.memorisation(generated, training)
    except ShapeError:
        assert len(np.unique(training, axis=0)) < 3
        return
    assert metrics.memorisation(generated, np.repeat(training, times, axis=0)) == once
    assert np.isfinite(once).all()


@settings(max_examples=40)
@given(two_sets(), st.integers(-30, 30))
def test_a_common_power_of_two_changes_no_comparison(sets, power):
    generated, real = sets
    larger = [np.ldexp(array.astype(np.float64), power) for array in sets]
    assert with_ties(*larger)[:3] == with_ties(generated.astype(np.float64), real.astype(np.float64))[:3]
