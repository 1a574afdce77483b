"""A round of the lab is a round of the trainer, and the way back is exact."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigan as mg
from minigan import losses, optimizers, penalties
from minigan.errors import ConfigError, NonFiniteError
from minigan.lab import Session, SetUp
from minigan.lab.build import NEVER, build_trainer
from minigan.lab.session import COMMANDS
from minigan.lab.suited import chosen
from minigan.random import Stream
from minigan.training.checkpoint.trainer_state import capture
from minigan.training.events import LayerGradients, StepEnd
from minigan.training.options import GameOptions
from minigan.training.trainer import Trainer

#: Small networks with a moving average and a random layer.
NORMALIZED = {
    "generator": [
        {"type": "Dense", "units": 8},
        {"type": "BatchNorm"},
        {"type": "ReLU"},
        {"type": "Dense", "units": 2},
    ],
    "discriminator": [
        {"type": "Dense", "units": 8, "activation": "tanh"},
        {"type": "Dropout"},
        {"type": "Dense", "units": 1},
    ],
}

#: What takes no time.
TIMES = ("images_per_second", "seconds", "steps")

#: Set-ups that differ in everything that a step depends on.
SETUPS: list[dict[str, Any]] = [
    {},
    {"loss": "minimax", "optimizer": "sgd", "g_learning_rate": 0.01, "d_learning_rate": 0.05},
    {"loss": "wasserstein", "penalty": "wgan-gp", "d_steps": 2, "momentum": 0.0},
    {"loss": "hinge", "penalty": "r1", "optimizer": "rmsprop", "noise": "uniform"},
    {"loss": "least-squares", "optimizer": "momentum", "label_smoothing": 0.1},
    {"instance_noise": 0.2, "penalty": "dragan", "penalty_weight": 0.5, "seed": 3},
    {**NORMALIZED, "d_steps": 2, "batch_size": 16},
    {"data": "gaussian"},
    {"data": "digits", "batch_size": 4},
]


def session(values: dict[str, Any]) -> Session:
    return Session(chosen(values))


def numbers(event: StepEnd) -> dict[str, float]:
    return {name: value for name, value in asdict(event).items() if name not in TIMES}


def state(of: Session) -> dict[str, bytes | str]:
    """Everything that a later step reads, and what is shown of the last one."""
    checkpoint = capture(of.trainer, of.monitor)
    arrays = {name: array.tobytes() for name, array in checkpoint.arrays.items()}
    last = numbers(of.history[-1]) if len(of.history) else {}
    images = b"" if of.steps.images is None else of.steps.images.fake.tobytes()
    return {**arrays, "state": repr(checkpoint.state), "last": repr(last), "images": images, "setup": repr(of.setup)}


def plain_trainer(setup: SetUp) -> Trainer:
    """The trainer that a user of the library would make."""
    gan = build_trainer(setup).gan
    smoothing = {"label_smoothing": setup.label_smoothing} if setup.label_smoothing else {}
    beta = {"beta_1": setup.momentum} if setup.optimizer == "adam" else {}
    beta |= {"momentum": setup.momentum} if setup.optimizer == "momentum" else {}
    noise = losses.InstanceNoise(setup.instance_noise, NEVER, Stream(setup.seed, "instance noise"))
    return mg.Trainer(
        gan,
        mg.data.load(setup.data),
        loss=losses.get(setup.loss, **smoothing),
        g_optimizer=optimizers.get(setup.optimizer, learning_rate=setup.g_learning_rate, **beta),
        d_optimizer=optimizers.get(setup.optimizer, learning_rate=setup.d_learning_rate, **beta),
        options=GameOptions(
            penalties.get(setup.penalty, weight=setup.penalty_weight) if setup.penalty else None,
            noise if setup.instance_noise else None,
        ),
        batch_size=setup.batch_size,
        d_steps=setup.d_steps,
        noise=setup.noise,
        seed=setup.seed,
        layer_gradients=True,
    )


@pytest.mark.parametrize("values", SETUPS, ids=str)
def test_rounds_of_the_lab_are_those_of_the_trainer(values: dict[str, Any]):
    lab = session(values)
    trainer = plain_trainer(lab.setup)
    events = list(trainer.train(steps=4))
    lab.do("round", {"count": 4})
    assert [numbers(event) for event in lab.history] == [numbers(e) for e in events if isinstance(e, StepEnd)]
    norms = [event.norms for event in events if isinstance(event, LayerGradients)]
    assert [row.norms for row in lab.history.rounds.values] == norms
    for mine, its in (
        (lab.trainer.gan.generator, trainer.gan.generator),
        (lab.trainer.gan.discriminator, trainer.gan.discriminator),
    ):
        for name, value in its.state_dict().items():
            np.testing.assert_array_equal(mine.state_dict()[name], value, err_msg=name)


@pytest.mark.parametrize("values", SETUPS, ids=str)
def test_steps_asked_for_one_by_one_are_a_round(values: dict[str, Any]):
    one, other = session(values), session(values)
    for _ in range(3):
        one.do("round")
        for _ in range(other.setup.d_steps):
            other.do("d_step")
        other.do("g_step")
    assert state(one) == state(other)


@pytest.mark.parametrize("values", SETUPS, ids=str)
def test_back_and_forward_give_the_same_bits(values: dict[str, Any]):
    lab, commands = session(values), ("round", "d_step", "round", "g_step", "g_step", "d_step", "d_step", "round")
    states = [state(lab)]
    for command in commands:
        lab.do(command)
        states.append(state(lab))
    for place in (7, 5, 2, 0):
        lab.do("go", {"place": place})
        assert state(lab) == states[place]
    for place, command in enumerate(commands, 1):
        lab.do(command)
        assert state(lab) == states[place]


#: What a person may do, one after the other.
COMMAND = st.one_of(
    st.sampled_from([("round", {}), ("d_step", {}), ("g_step", {})]),
    st.sampled_from(
        [
            ("change", {"settings": {"g_learning_rate": 0.01}}),
            ("change", {"settings": {"loss": "wasserstein", "penalty": "r1"}}),
            ("change", {"settings": {"loss": "non-saturating", "instance_noise": 0.3}}),
            ("change", {"settings": {"d_steps": 2, "momentum": 0.9}}),
        ]
    ),
    st.integers(0, 30).map(lambda place: ("go", {"place": place})),
    st.integers(1, 5).map(lambda count: ("back", {"count": count})),
)


@settings(max_examples=25)
@given(st.lists(COMMAND, min_size=5, max_size=40))
def test_whatever_was_done_each_place_has_one_state(commands: list[tuple[str, dict[str, Any]]]):
    """Places that have no snapshot any more are among them."""
    lab = session({"batch_size": 8, **NORMALIZED})
    lab.past.most_snapshots = 5
    states = {0: state(lab)}
    for command, arguments in commands:
        place = lab.past.place
        if command in ("back", "go"):
            target = arguments.get("place", place - arguments.get("count", 0))
            if not 0 <= target <= place or target == place:
                continue
            lab.do(command, arguments)
            assert lab.past.place == target
            assert state(lab) == states[target]
        else:
            lab.do(command, arguments)
            states[lab.past.place] = state(lab)
    for place in reversed(range(lab.past.place)):
        lab.do("go", {"place": place})
        assert state(lab) == states[place]


def test_a_far_place_is_reached_by_its_nearest_snapshot():
    lab = session({"batch_size": 8})
    lab.past.most_snapshots = 6
    lab.do("round", {"count": 100})
    first, second = list(lab.past.snapshots)[:2]
    assert second - first > 10
    lab.seconds = 1.0  # a round takes a second
    lab.do("go", {"place": second - 3})
    assert lab.past.place == second
    lab.do("go", {"place": first + 3})
    assert lab.past.place == first


def test_a_change_of_a_rate_is_at_work_in_the_next_round():
    one, other = session({}), session({"g_learning_rate": 0.05})
    one.do("change", {"settings": {"g_learning_rate": 0.05}})
    one.do("round")
    other.do("round")
    np.testing.assert_array_equal(one.trainer.gan.generator.flat_data, other.trainer.gan.generator.flat_data)


def test_what_is_no_longer_finite_ends_the_playing_and_is_taken_back():
    lab = session({"optimizer": "sgd", "loss": "wasserstein"})
    lab.do("round", {"count": 3})
    lab.do("change", {"settings": {"d_learning_rate": 10.0, "g_learning_rate": 10.0}})
    lab.do("play")
    with pytest.raises(NonFiniteError):
        lab.do("round", {"count": 1000})
    assert not lab.playing
    (notice,) = [notice for notice in lab.history.notices if notice.kind == "not finite"]
    assert "learning rate" in notice.text
    assert np.isfinite(lab.trainer.gan.generator.flat_data).all()
    assert np.isfinite(lab.trainer.gan.discriminator.flat_data).all()
    lab.do("go", {"place": 0})
    lab.do("round")
    assert len(lab.history) == 1


def test_a_collapse_is_noticed():
    lab = session({"batch_size": 64, "loss": "minimax"})
    lab.do("change", {"settings": {"g_learning_rate": 1e-9}})
    lab.trainer.gan.generator.flat_data[...] *= 0.01
    lab.do("round", {"count": 400})
    assert "mode collapse" in [notice.kind for notice in lab.history.notices]


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("dance", {}),
    ("round", {"count": 0}),
    ("round", {"count": 10**9}),
    ("round", {"count": "1"}),
    ("back", {"count": 2.5}),
    ("go", {"place": 3}),
    ("go", {"place": -1}),
    ("speed", {"rounds_per_second": 0}),
    ("speed", {"rounds_per_second": float("nan")}),
    ("speed", {"rounds_per_second": "fast"}),
    ("seed", {"seed": -1}),
    ("change", {"settings": {"data": "grid"}}),
    ("change", {"settings": ["loss"]}),
    ("change", {"settings": {"loss": "hinge", "label_smoothing": 0.1}}),
    ("choose", {"setup": {"data": "stars"}}),
    ("choose", {"setup": {"penalty": "r1", "discriminator": [{"type": "BatchNorm"}, {"type": "Dense", "units": 1}]}}),
]


@pytest.mark.parametrize(("command", "arguments"), WRONG, ids=str)
def test_a_command_that_is_refused_changes_nothing(command: str, arguments: dict[str, Any]):
    lab = session({"batch_size": 8})
    lab.do("round", {"count": 2})
    before, place = state(lab), lab.past.place
    with pytest.raises(ConfigError, match=r"expected|smoothing|mixes"):
        lab.do(command, arguments)
    assert (state(lab), lab.past.place) == (before, place)


def test_looking_changes_nothing():
    one, other = session({}), session({})
    for view in ("state", "points", "field", "arrows", "curves"):
        one.view(view)
    one.do("round")
    other.do("round")
    for view in ("state", "points", "field", "arrows", "curves"):
        one.view(view)
    one.do("round")
    other.do("round")
    assert state(one) == state(other)


@pytest.mark.parametrize("values", SETUPS, ids=str)
def test_a_round_that_is_recorded_has_the_same_bits(values: dict[str, Any]):
    one, other = session(values), session(values)
    for command in ("look", "d_step", "look", "round"):
        one.do(command)
        other.do("round" if command == "look" else command)
        if command == "look" and one.past.place > other.past.place:  # it ended the round that was half done
            other.do("round")
    assert state(one) == state(other)
    assert one.recording is not None


def test_every_command_is_a_method_with_a_sentence():
    assert all(getattr(Session, command).__doc__ for command in COMMANDS)
