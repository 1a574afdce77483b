"""Initializers: their spread, their limits, their names."""

import numpy as np
import pytest

from minigan import initializers
from minigan.errors import ConfigError, ShapeError
from minigan.random import Stream

SHAPE = (3, 3, 40, 80)
FAN_IN, FAN_OUT = 9 * 40, 9 * 80


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("glorot_uniform", 2 / (FAN_IN + FAN_OUT)),
        ("glorot_normal", 2 / (FAN_IN + FAN_OUT)),
        ("he_uniform", 2 / FAN_IN),
        ("he_normal", 2 / FAN_IN),
        ("normal_0.02", 0.02**2),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mean_variance_and_dtype(name, variance, dtype):
    values = initializers.get(name)(SHAPE, Stream(0, name), dtype)
    assert values.shape == SHAPE
    assert values.dtype == dtype
    assert np.mean(values) == pytest.approx(0, abs=4 * np.sqrt(variance / values.size))
    assert np.var(values) == pytest.approx(variance, rel=0.02)


def test_uniform_fills_its_interval_and_stays_inside():
    values = initializers.get("glorot_uniform")(SHAPE, Stream(0), np.float64)
    limit = np.sqrt(6 / (FAN_IN + FAN_OUT))
    assert 0.999 * limit < abs(values).max() <= limit


def test_truncated_normal_ends_at_two_deviations():
    values = initializers.get("he_normal")(SHAPE, Stream(0), np.float64)
    edge = 2 * np.sqrt(2 / FAN_IN) / initializers.VarianceScaling.TRUNCATED_STDDEV
    assert 0.99 * edge < abs(values).max() <= edge


def test_dense_fans_are_the_kernel_s_two_axes():
    assert initializers.fans((5, 7)) == (5, 7)
    with pytest.raises(ConfigError, match="two axes"):
        initializers.fans((5,))


def test_names_and_callables():
    assert initializers.get(initializers.zeros) is initializers.zeros
    with pytest.raises(ConfigError, match="unknown initializer 'orthogonal': expected one of zeros"):
        initializers.get("orthogonal")


@pytest.mark.parametrize("name", ["zeros", "ones", "normal_0.02", "glorot_uniform", "he_normal"])
def test_a_budget_limits_all_arrays_together_and_ends_with_its_block(name):
    make = initializers.get(name)
    with initializers.parameter_budget(12):
        make((3, 3), Stream(0), np.float32)
        with pytest.raises(ShapeError, match=r"init/kernel: expected fewer weights in all than .* \(2, 2\)"):
            make((2, 2), Stream(0, "init/kernel"), np.float32)
    assert make((5, 5), Stream(0), np.float32).shape == (5, 5)
