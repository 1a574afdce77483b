"""Another loss with its own right gradient, and another penalty, are found by their values."""

import numpy as np
import pytest

from minigan import losses, penalties
from minigan.errors import GradientError
from minigan.gradcheck.builtin.cases import LOSSES, PENALTIES, TERMS, small_critic
from minigan.gradcheck.builtin.loss_formulas import FORMULAS, OF_NORMS, check_loss, check_penalty
from minigan.random import Stream

Z = np.array([[-2.0], [0.3], [1.5]])


def test_every_term_and_every_penalty_has_its_formula():
    assert set(FORMULAS) == {f"{name}-{term}" for name in losses.GAN_LOSSES for term in TERMS}
    assert set(FORMULAS) <= {case.name for case in LOSSES}
    assert set(OF_NORMS) == set(penalties.PENALTIES)


def test_another_loss_is_told_with_both_values():
    check_loss("least-squares-fake", losses.get("least-squares").fake, Z)
    told = r"^least-squares-fake: expected the formula's value, 1.0566\d+, got 1.6233\d+$"
    with pytest.raises(GradientError, match=told):
        check_loss("least-squares-fake", losses.get("least-squares").real, Z)


def test_what_has_no_formula_is_left_to_the_gradient():
    check_loss("mine", lambda z: (z.sum(), np.ones_like(z)), Z)


class Nearer(penalties.WGANGP):
    """Right in itself: towards a slope of 1/2."""

    def value(self, g):
        norms, directions = penalties.norms_and_directions(g)
        return self.weight * ((norms - 0.5) ** 2).mean(), 2 * self.weight / len(g) * (norms - 0.5) * directions


class OfTheOthers(penalties.R1):
    """Under the classes of the generated images."""

    def labels_of_points(self, labels, fake_labels):
        return fake_labels


class Moving(penalties.R1):
    """Moves what D remembers."""

    def __call__(self, discriminator, *args):
        for parameter in discriminator.parameters().values():
            parameter.data += 1
        return super().__call__(discriminator, *args)


def images(seed: int) -> np.ndarray:
    return Stream(seed, "images").normal((3, 4, 3, 2), dtype=np.float64)


@pytest.mark.parametrize(
    ("name", "penalty", "told"),
    [
        ("wgan-gp", Nearer(), "expected the formula's value"),
        ("r1", OfTheOthers(), "expected the formula's value"),
        ("r2", penalties.R1(), "expected the formula's value"),
        ("r1", Moving(), "the penalty changed the critic's"),
    ],
)
def test_another_penalty_is_told(name, penalty, told):
    labels = np.array([0, 1, 2]), np.array([2, 0, 1])
    check_penalty(name, penalties.get(name), small_critic(np.float64), images(0), images(1), labels)
    with pytest.raises(GradientError, match=f"^{name}: {told}"):
        check_penalty(name, penalty, small_critic(np.float64), images(0), images(1), labels)


@pytest.mark.parametrize("case", PENALTIES, ids=lambda case: case.name)
def test_a_case_begins_with_the_value(case, monkeypatch):
    monkeypatch.setitem(OF_NORMS, case.name, lambda length, weight: length)
    with pytest.raises(GradientError, match="formula"):
        case.functions()
