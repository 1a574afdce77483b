"""Losses: values, gradients, extremes, the losses at their optima, and the noise that weakens D."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigan import losses
from minigan.errors import ConfigError, ShapeError
from minigan.gradcheck import Report
from minigan.random import Stream
from tests.loops import loop_over


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


GAMES = {name: make() for name, make in losses.GAN_LOSSES.items()}
SMOOTHED = {f"{name}, smoothed": losses.get(name, 0.1, 0.3) for name in ("non-saturating", "minimax", "least-squares")}
NOISY = {f"{name}, noisy": losses.NoisyLabels(game, 0.3, Stream(1)) for name, game in GAMES.items()}
TERMS = ("real", "fake", "generator")
every_game = loop_over(game=[*GAMES.values(), *SMOOTHED.values()])
every_term = loop_over(term=TERMS)


@every_term
@every_game
def test_gradients_of_the_gan_losses_by_the_checker(game, term, gradcheck):
    assert exact(gradcheck(getattr(game, term), random_logits()))


@every_term
@loop_over(game=[*GAMES.values(), *SMOOTHED.values(), *NOISY.values()])
def test_float32_stays_float32(game, term):
    z = random_logits(np.float32)
    loss, dz = getattr(game, term)(z)
    assert (loss.dtype, loss.shape, dz.dtype, dz.shape) == (np.float32, (), np.float32, z.shape)


FORMULAS = {
    ("least-squares", "real"): lambda z: (z - 1) ** 2 / 2,
    ("least-squares", "fake"): lambda z: z**2 / 2,
    ("least-squares", "generator"): lambda z: (z - 1) ** 2 / 2,
    ("hinge", "real"): lambda z: max(0, 1 - z),
    ("hinge", "fake"): lambda z: max(0, 1 + z),
    ("hinge", "generator"): lambda z: -z,
    ("wasserstein", "real"): lambda z: -z,
    ("wasserstein", "fake"): lambda z: z,
    ("wasserstein", "generator"): lambda z: -z,
    ("minimax", "real"): lambda z: math.log1p(math.exp(-z)),
    ("minimax", "fake"): lambda z: math.log1p(math.exp(z)),
    ("minimax", "generator"): lambda z: -math.log1p(math.exp(z)),
    ("non-saturating", "real"): lambda z: math.log1p(math.exp(-z)),
    ("non-saturating", "fake"): lambda z: math.log1p(math.exp(z)),
    ("non-saturating", "generator"): lambda z: math.log1p(math.exp(-z)),
}


@pytest.mark.parametrize(("name", "term"), FORMULAS)
def test_a_loss_is_the_mean_of_its_formula_over_the_batch(name, term):
    z = np.array([[-3.0], [-0.5], [0.0], [0.7], [2.5]])
    loss, _ = getattr(GAMES[name], term)(z)
    assert float(loss) == pytest.approx(np.mean([FORMULAS[name, term](entry) for entry in z.ravel()]), rel=1e-14)


def test_the_hinge_has_no_gradient_outside_its_margin():
    z = np.array([[-1.5], [-0.5], [0.5], [1.5]])
    assert GAMES["hinge"].real(z)[1].ravel().tolist() == [-0.25, -0.25, -0.25, 0]
    assert GAMES["hinge"].fake(z)[1].ravel().tolist() == [0, 0.25, 0.25, 0.25]


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


# The equilibrium


def density_game(game: losses.GANLoss, ratio: float) -> float:
    """D's best logit where real images are `ratio` times as likely as generated ones, by trying all."""
    z = np.linspace(-3, 3, 241)
    cost = [ratio * game.real(entry)[0] + game.fake(entry)[0] for entry in z.reshape(-1, 1, 1)]
    best = z[np.isclose(cost, min(cost), rtol=0, atol=1e-12)]
    return float(best.mean())


@every_game
def test_the_optimum_is_the_best_d_s_loss_where_both_are_equally_likely(game):
    z = np.linspace(-3, 3, 241)
    if game.decision_threshold is not None:
        z = np.append(z, game.decision_threshold)
    cost = [float(game.real(entry)[0] + game.fake(entry)[0]) for entry in z.reshape(-1, 1, 1)]
    assert min(cost) == pytest.approx(game.optimum.discriminator, abs=1e-12)
    if game.optimum.generator is not None:
        best = np.full((1, 1), z[int(np.argmin(cost))])
        assert float(game.generator(best)[0]) == pytest.approx(game.optimum.generator, rel=1e-6)


def test_optimum_without_smoothing():
    assert losses.NonSaturating().optimum == pytest.approx((math.log(4), math.log(2)))
    assert losses.Minimax().optimum == pytest.approx((math.log(4), -math.log(2)))
    assert losses.LeastSquares().optimum == (0.25, 0.125)
    assert losses.Hinge().optimum == (2, None)
    assert losses.Wasserstein().optimum == (0, None)


@pytest.mark.parametrize("game", [*[GAMES[name] for name in list(GAMES)[:4]], *SMOOTHED.values()])
def test_decision_threshold_separates_real_from_fake(game):
    assert density_game(game, 0.8) < game.decision_threshold < density_game(game, 1.25)


def test_a_critic_has_no_decision_threshold():
    assert GAMES["wasserstein"].decision_threshold is None


def test_minimax_saturates_where_the_other_does_not():
    rejected = np.full((1, 1), -10.0)
    assert abs(losses.Minimax().generator(rejected)[1]) < 1e-4
    assert abs(losses.NonSaturating().generator(rejected)[1]) > 0.99


# Smoothing


@pytest.mark.parametrize("name", ["non-saturating", "minimax", "least-squares"])
def test_smoothing_changes_only_d_s_targets(name):
    z, plain = random_logits(), losses.get(name)
    one_sided, two_sided = losses.get(name, 0.1), losses.get(name, 0.1, 0.2)
    assert one_sided.fake(z)[0] == plain.fake(z)[0]
    assert one_sided.real(z)[0] == two_sided.real(z)[0] != plain.real(z)[0]
    assert two_sided.fake(z)[0] != plain.fake(z)[0]
    assert one_sided.generator(z)[0] == two_sided.generator(z)[0] == plain.generator(z)[0]
    # No gradient is left where D says just the target: a probability of 0.9, 0.2, or that very output.
    for target, loss in ((0.9, two_sided.real), (0.2, two_sided.fake)):
        at = target if name == "least-squares" else math.log(target / (1 - target))
        assert abs(loss(np.full((1, 1), at))[1]) < 1e-15


@pytest.mark.parametrize("name", ["hinge", "wasserstein"])
@pytest.mark.parametrize("option", ["label_smoothing", "fake_label_smoothing"])
def test_smoothing_is_refused_with_the_reason_where_there_are_no_labels(name, option):
    losses.get(name, **{option: 0.0})
    with pytest.raises(ConfigError, match=f"the loss '{name}' takes no label smoothing: .* no targets to smooth"):
        losses.get(name, **{option: 0.1})


# Noisy labels


class Recorder:
    """Says which labels it was shown, image by image: 1 for real."""

    optimum, decision_threshold = losses.Optimum(3.0, 4.0), 5.0

    def real(self, z):
        return z.mean(), np.ones_like(z) / z.size

    def fake(self, z):
        return -z.mean(), np.zeros_like(z)

    def generator(self, z):
        return z.dtype.type(8), z


def test_labels_are_flipped_independently_at_the_given_rate():
    z = np.ones((20_000, 1))
    game = losses.NoisyLabels(Recorder(), 0.2, Stream(3))
    shown_real, shown_fake = (len(z) * term(z)[1] for term in (game.real, game.fake))
    assert shown_real.mean() == pytest.approx(0.8, abs=0.01)
    assert shown_fake.mean() == pytest.approx(0.2, abs=0.01)
    pairs = 1 - shown_real.reshape(-1, 2)
    assert pairs.prod(axis=1).mean() == pytest.approx(0.2 * 0.2, abs=0.006)
    assert (shown_real[:, 0] != 1 - shown_fake[:, 0]).any()


def test_the_loss_is_the_mean_over_images_under_the_labels_shown():
    z = random_logits()[:, :1]
    noisy, plain = losses.NoisyLabels(losses.LeastSquares(), 0.4, Stream(2)), losses.LeastSquares()
    loss, dz = noisy.real(z)
    wrong = Stream(2).uniform(z.shape) < 0.4
    assert 0 < wrong.sum() < len(z)
    each = [(plain.fake if flip else plain.real)(np.array([[entry]])) for entry, flip in zip(z[:, 0], wrong[:, 0])]
    assert float(loss) == pytest.approx(np.mean([value for value, _ in each]))
    np.testing.assert_allclose(dz[:, 0], [d[0, 0] / len(z) for _, d in each])


@pytest.mark.parametrize("rate", [0.0, 0.4])
def test_a_batch_of_one_has_one_label(rate):
    game = losses.NoisyLabels(losses.Hinge(), rate, Stream(0))
    values = {float(game.real(np.full((1, 1), 0.5))[0]) for _ in range(20)}
    assert values == ({0.5, 1.5} if rate else {0.5})


def test_noisy_labels_change_neither_g_s_loss_nor_the_optimum():
    game = losses.NoisyLabels(Recorder(), 0.2, Stream(3))
    z = np.ones((2, 1))
    assert game.generator(z)[1] is z
    assert (game.optimum, game.decision_threshold) == ((3.0, 4.0), 5.0)


# Instance noise


def test_instance_noise_decreases_linearly():
    noise = losses.InstanceNoise(0.8, 4, Stream(0))
    x = np.full((200, 100), 3, np.float32)
    measured = []
    for _ in range(6):
        measured.append(float((noise(x) - x).std()))
        noise.step()
    assert measured == pytest.approx([0.8, 0.6, 0.4, 0.2, 0, 0], rel=0.02)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_instance_noise_is_fresh_and_leaves_x_and_its_dtype(dtype):
    noise, x = losses.InstanceNoise(0.5, 2, Stream(0)), np.ones((3, 4), dtype)
    first, second = noise(x), noise(x)
    assert (first != second).all()
    assert first.dtype == dtype
    assert (x == 1).all()


# What is refused


def test_bad_arguments_are_refused():
    with pytest.raises(ConfigError, match="unknown loss 'wgan': expected one of non-saturating, minimax, least-sq"):
        losses.get("wgan")
    for value in (0.5, -0.1, math.nan):
        with pytest.raises(ConfigError, match=f"label_smoothing to be at least 0 and less than 0.5, got {value}"):
            losses.NonSaturating(value)
        with pytest.raises(ConfigError, match="fake_label_smoothing"):
            losses.LeastSquares(0.1, value)
        with pytest.raises(ConfigError, match="the rate of noisy labels"):
            losses.NoisyLabels(losses.Hinge(), value, Stream(0))
    for value in (-1.0, math.inf, math.nan):
        with pytest.raises(ConfigError, match=f"stddev to be at least 0 and finite, got {value}"):
            losses.InstanceNoise(value, 3, Stream(0))
    with pytest.raises(ConfigError, match="steps to be 1 or more, got 0"):
        losses.InstanceNoise(0.1, 0, Stream(0))
    with pytest.raises(ShapeError, match=r"expected a target \(7, 2\) float64, got \(7,\) float64"):
        losses.binary_crossentropy_from_logits(random_logits(), np.zeros(7))
    with pytest.raises(ShapeError, match="float32"):
        losses.binary_crossentropy(random_logits(), np.zeros((7, 2), np.float32))
