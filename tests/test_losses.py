"""Losses: values, gradients, extremes, and the game at its optimum."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigan import losses
from minigan.errors import ConfigError, ShapeError
from minigan.gradcheck import Report


def random_logits(dtype: type = np.float64) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((7, 2)).astype(dtype)


def exact(report: Report) -> bool:
    """Whether the complex step applied, and found the gradient right to rounding."""
    return [row.verdict for row in report if row.mode.startswith("complex step")] == ["ok"]


@pytest.mark.parametrize("target", [0.0, 1.0, 0.9, "array"])
def test_gradients_by_the_checker(target, gradcheck):
    z = random_logits()
    p = 1 / (1 + np.exp(-z))
    t = np.random.default_rng(1).uniform(0, 1, z.shape) if target == "array" else target
    for f, x in ((losses.binary_crossentropy_from_logits, z), (losses.binary_crossentropy, p)):
        assert exact(gradcheck(lambda x: f(x, t.astype(x.dtype) if target == "array" else t), x))  # noqa: B023


def test_both_forms_are_the_same_loss():
    z = random_logits()
    p = 1 / (1 + np.exp(-z))
    assert losses.binary_crossentropy(p, 0.9)[0] == pytest.approx(losses.binary_crossentropy_from_logits(z, 0.9)[0])


@pytest.mark.parametrize("name", ["real", "fake", "generator"])
@pytest.mark.parametrize("game", [losses.NonSaturating(), losses.Minimax(), losses.Minimax(0.1)])
def test_gradients_of_the_games_by_the_checker(game, name, gradcheck):
    assert exact(gradcheck(getattr(game, name), random_logits()))


def test_exact_at_logits_of_80_in_float32_without_a_warning():
    z = np.array([[-80.0], [80.0]], np.float32)
    tiny = np.exp(-80.0)
    with np.errstate(all="raise", under="ignore"):
        for target, loss, gradient in (
            (1.0, [80, tiny], [-1, -tiny]),
            (0.0, [tiny, 80], [tiny, 1]),
            (0.9, [72, 8], [-0.9, 0.1]),
        ):
            for i in range(2):
                value, dz = losses.binary_crossentropy_from_logits(z[i : i + 1], target)
                np.testing.assert_allclose(value, loss[i], rtol=1e-6)
                np.testing.assert_allclose(dz[0, 0], gradient[i], rtol=1e-6)
                assert dz.dtype == value.dtype == np.float32


@given(st.floats(-1e4, 1e4, width=32), st.floats(0, 1, width=32))
def test_finite_for_every_logit_and_target(z, target):
    value, dz = losses.binary_crossentropy_from_logits(np.array([z], np.float32), target)
    assert np.isfinite(value)
    assert value >= 0
    assert abs(dz[0]) <= 1


def test_the_optimum_of_the_game():
    undecided = np.zeros((5, 1))
    game = losses.Minimax()
    assert game.real(undecided)[0] + game.fake(undecided)[0] == pytest.approx(np.log(4))
    assert game.generator(undecided)[0] == pytest.approx(-np.log(2))
    assert losses.NonSaturating().generator(undecided)[0] == pytest.approx(np.log(2))


def test_minimax_saturates_where_the_other_does_not():
    rejected = np.full((1, 1), -10.0)
    assert abs(losses.Minimax().generator(rejected)[1]) < 1e-4
    assert abs(losses.NonSaturating().generator(rejected)[1]) > 0.99


def test_smoothing_is_one_sided():
    z = random_logits()
    smooth, plain = losses.NonSaturating(0.1), losses.NonSaturating()
    assert smooth.fake(z)[0] == plain.fake(z)[0]
    assert smooth.generator(z)[0] == plain.generator(z)[0]
    # The smoothed optimum is at D = 0.9, logit log 9.
    assert abs(smooth.real(np.full((1, 1), np.log(9.0)))[1]) < 1e-15


def test_bad_arguments_are_refused():
    with pytest.raises(ConfigError, match="unknown loss 'wgan': expected one of non-saturating, minimax"):
        losses.get("wgan")
    with pytest.raises(ConfigError, match="label_smoothing"):
        losses.NonSaturating(0.5)
    with pytest.raises(ShapeError, match=r"expected a target \(7, 2\) float64, got \(7,\) float64"):
        losses.binary_crossentropy_from_logits(random_logits(), np.zeros(7))
    with pytest.raises(ShapeError, match="float32"):
        losses.binary_crossentropy(random_logits(), np.zeros((7, 2), np.float32))
