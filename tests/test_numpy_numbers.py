"""NumPy's numbers are numbers in losses, optimizers, penalties and constraints; bools, texts and NaN are not."""

from functools import partial

import numpy as np
import pytest

from minigan import constraints, losses, optimizers, penalties
from minigan.errors import ConfigError, ShapeError
from minigan.layers import Dense
from minigan.model.sequential import Sequential
from minigan.random import Stream
from minigan.training import schedules
from tests.loops import loop_over

Z = np.linspace(-2, 2, 6).reshape(6, 1)


def network() -> Sequential:
    model = Sequential([Dense(2)])
    model.build((3,), 0, np.float64)
    return model


def momentum_of_adam(value):
    optimizer = optimizers.Adam()
    optimizer.set_momentum(value)
    return optimizer


#: Never a number.
NONE = [None, "0.25", True, np.True_, np.nan, np.float32(np.nan), 1j, [0.25], -0.25, np.float32(-1)]

#: What makes a thing of a setting, and what else it refuses.
SETTINGS = {
    **{f"{name} rate": (kind, [0, np.inf]) for name, kind in optimizers.OPTIMIZERS.items()},
    "momentum": (lambda value: optimizers.Momentum(0.1, value), [1, np.inf]),
    "rho": (lambda value: optimizers.RMSprop(0.1, value), [1, np.inf]),
    "beta_1": (lambda value: optimizers.Adam(0.1, value), [1, np.inf]),
    "beta_2": (lambda value: optimizers.Adam(0.1, 0.9, value), [1, np.inf]),
    "epsilon of Adam": (lambda value: optimizers.Adam(epsilon=value), [np.inf]),
    "epsilon of RMSprop": (lambda value: optimizers.RMSprop(epsilon=value), [np.inf]),
    "set_momentum": (momentum_of_adam, [1, np.inf]),
    **{f"{name} weight": (kind, [np.inf]) for name, kind in penalties.PENALTIES.items()},
    "clip_weights": (lambda value: constraints.clip_weights(network(), value), [0]),
    "max_norm": (lambda value: constraints.max_norm(network(), value), [0]),
    "label_smoothing": (lambda value: losses.get("minimax", value), [0.5, np.float16(0.5)]),
    "fake_label_smoothing": (lambda value: losses.get("least-squares", 0.0, value), [0.5, np.inf]),
    "rate of noisy labels": (lambda value: losses.NoisyLabels(losses.Hinge(), value, Stream(0)), [0.5]),
    "stddev of noise": (lambda value: losses.InstanceNoise(value, 3, Stream(0)), [np.inf]),
}


@loop_over(setting=list(SETTINGS))
def test_numpy_numbers_are_taken_and_others_are_refused_by_a_config_error(setting):
    make, refused = SETTINGS[setting]
    for value in (np.float16(0.25), np.float32(0.25), np.float64(0.25)):
        made, expected = make(value), make(0.25)
        kept = {name: item for name, item in vars(made).items() if isinstance(item, int | float)} if made else {}
        assert kept == {name: vars(expected)[name] for name in kept}
        assert not any(isinstance(item, np.generic) for item in (vars(made).values() if made else ()))
    for value in [*NONE, *refused]:
        with pytest.raises(ConfigError, match="expected"):
            make(value)


def test_counts_are_whole_numbers():
    for steps in (np.int64(3), np.uint8(3)):
        assert losses.InstanceNoise(0.5, steps, Stream(0)).steps == 3
    for steps in (0, -1, 2.0, np.float32(2), True, "3", None, np.nan):
        with pytest.raises(ConfigError, match="steps to be 1 or more"):
            losses.InstanceNoise(0.5, steps, Stream(0))


@loop_over(target=[np.float32(0.75), np.float16(0.75), np.float64(0.75)])
@loop_over(
    loss=[losses.binary_crossentropy_from_logits, lambda z, t: losses.binary_crossentropy(1 / (1 + np.exp(-z)), t)]
)
def test_a_target_may_be_a_number_of_numpy(loss, target):
    value, dz = loss(Z, target)
    expected, expected_dz = loss(Z, 0.75)
    assert value == expected
    assert (dz == expected_dz).all()


@loop_over(target=[True, np.nan, np.inf, "1", None])
def test_a_target_that_is_no_number_is_refused(target):
    with pytest.raises(ConfigError, match="expected a target to be a finite number"):
        losses.binary_crossentropy_from_logits(Z, target)


@loop_over(shape=[(0, 1), (0,), (0, 3)])
def test_no_loss_takes_an_empty_batch(shape):
    empty = np.zeros(shape, np.float32)
    terms = [
        getattr(loss, term)
        for loss in [*map(losses.get, losses.GAN_LOSSES), losses.NoisyLabels(losses.Hinge(), 0.1, Stream(0))]
        for term in ("real", "fake", "generator")
    ]
    whole = [
        partial(losses.binary_crossentropy, target=0.5),
        partial(losses.binary_crossentropy_from_logits, target=empty),
    ]
    for term in [*terms, *whole]:
        with pytest.raises(ShapeError, match="expected logits of at least one example, got"):
            term(empty)


#: Schedules of some numbers and a number of steps.
SCHEDULES = [
    lambda value, steps: schedules.Constant(value),
    lambda value, steps: schedules.Linear(value, 0, steps),
    lambda value, steps: schedules.Linear(0, value, steps),
    lambda value, steps: schedules.Cosine(value, value, steps),
    lambda value, steps: schedules.Exponential(value, 0.0, 1.5),
    lambda value, steps: schedules.Exponential(1, 0.0, 1 + value),
    lambda value, steps: schedules.Piecewise((value, 0), (steps,)),
    lambda value, steps: schedules.Piecewise([0, value], [steps]),
    lambda value, steps: schedules.parse(value),
]


@loop_over(make=SCHEDULES)
def test_schedules_take_numpy_numbers_and_refuse_others(make):
    expected = make(0.25, 4)
    for value in (np.float32(0.25), np.float16(0.25), np.float64(0.25)):
        made = make(value, np.int32(4))
        assert made == expected
        assert str(made) == str(expected)
        assert made(np.int64(2)) == expected(2)
    for value in (None, "one", True, np.nan, np.inf, 1j):
        if make is SCHEDULES[5] and not isinstance(value, float | complex):
            continue  # 1 + None
        with pytest.raises(ConfigError, match="expected"):
            make(value, 4)
    if make(0.25, 4) != make(0.25, 5):
        for steps in (0, -1, 2.0, np.float32(2), True, "4", None, np.nan):
            with pytest.raises(ConfigError, match="expected"):
                make(0.25, steps)
