"""Binary cross-entropy, the other games, and their gradients are those of Keras and JAX."""

import numpy as np
import pytest

from minigan import backend, losses
from tests.golden.golden import load, relative_error
from tests.loops import loop_over

pytestmark = pytest.mark.usefixtures("each_backend")

GOLDEN = load("losses")
CASES = sorted({key.partition("/")[0] for key in GOLDEN})
TOLERANCES = {"float64": 1e-12, "float32": 1e-5}


def arrays(case: str, dtype: str) -> tuple[backend.Array, backend.Array]:
    return tuple(backend.asarray(GOLDEN[f"{case}/{key}"].astype(dtype)) for key in ("logits", "targets"))


def check(loss: backend.Array, gradient: backend.Array, case: str, tolerance: float) -> None:
    assert relative_error(loss, GOLDEN[f"{case}/value"]) < tolerance
    assert relative_error(gradient, GOLDEN[f"{case}/gradient"]) < tolerance


@loop_over(dtype=TOLERANCES)
@loop_over(case=CASES)
def test_crossentropy_from_logits_agrees_with_keras(case: str, dtype: str) -> None:
    z, targets = arrays(case, dtype)
    loss, dz = losses.binary_crossentropy_from_logits(z, targets)
    assert loss.dtype == dz.dtype == dtype
    check(loss, dz, case, TOLERANCES[dtype])


@loop_over(case=CASES)
def test_crossentropy_of_probabilities_agrees_with_keras(case: str) -> None:
    z, targets = arrays(case, "float64")
    p = 1 / (1 + np.exp(-z))
    loss, dp = losses.binary_crossentropy(p, targets)
    check(loss, dp * p * (1 - p), case, 1e-12)  # dp/dz = p (1 - p)


@pytest.mark.parametrize(
    ("case", "smoothing", "method"),
    [
        ("real", 0.0, "real"),
        ("fake", 0.0, "fake"),
        ("fake", 0.1, "fake"),  # the smoothing is one-sided
        ("one-sided smoothing", 0.1, "real"),
        ("real", 0.0, "generator"),
    ],
)
def test_the_non_saturating_game_is_crossentropy_towards_its_targets(case: str, smoothing: float, method: str) -> None:
    z, _ = arrays(case, "float64")
    loss, dz = getattr(losses.NonSaturating(smoothing), method)(z)
    check(loss, dz, case, 1e-12)


GAMES = load("games")
GAME_CASES = sorted({tuple(key.split("/")[:2]) for key in GAMES})


@loop_over(dtype=TOLERANCES)
@loop_over(case=GAME_CASES)
def test_the_other_games_agree_with_keras(case: tuple[str, str], dtype: str) -> None:
    game, term = case
    expected = {key: GAMES[f"{game}/{term}/{key}"] for key in ("logits", "value", "gradient")}
    loss, dz = getattr(losses.get(game), term)(backend.asarray(expected["logits"].astype(dtype)))
    assert loss.dtype == dz.dtype == dtype
    assert relative_error(loss, expected["value"]) < TOLERANCES[dtype]
    assert relative_error(dz, expected["gradient"]) < TOLERANCES[dtype]
