"""A run that was interrupted anywhere and goes on is the same run, bit for bit."""

import hashlib

import numpy as np
import pytest

from minigan import losses, models, penalties
from minigan.data import Dataset
from minigan.errors import CheckpointError
from minigan.layers import ConcatenateLabels, Dense, Dropout, Flatten, LeakyReLU, Reshape, SpectralNormalization
from minigan.model.sequential import Sequential
from minigan.models import GAN
from minigan.optimizers import SGD, Adam, Momentum, RMSprop
from minigan.random import Stream
from minigan.training import Trainer
from minigan.training.checkpoint.file import Checkpoint, contents, read_checkpoint, with_digest
from minigan.training.checkpoint.trainer_state import capture, restore
from minigan.training.events import DiscriminatorEnd, EpochEnd, LayerGradients, StepEnd
from minigan.training.monitor.monitor import Monitor
from minigan.training.options import GameOptions

SIZES = {"image_size": 8, "latent_size": 5, "generator_filters": (4, 4), "discriminator_filters": (4, 4, 4)}
TIMES = {"images_per_second", "seconds"}


def spectral_gan(classes: int = 0) -> GAN:
    """Two small networks, D's with dropout and vectors of spectral normalisation, one of them in the last layer."""
    given = [ConcatenateLabels(classes, 2)] if classes else []
    generator = Sequential([*given, Dense(64, activation="tanh"), Reshape((8, 8, 1))], name="generator")
    generator.build((5,), seed=1)
    given = [ConcatenateLabels(classes, 2)] if classes else []
    layers = [Flatten(), *given, SpectralNormalization(Dense(6)), LeakyReLU(0.2), Dropout(0.3)]
    discriminator = Sequential([*layers, SpectralNormalization(Dense(1, activation="sigmoid"))], name="discriminator")
    discriminator.build((8, 8, 1), seed=1)
    return GAN("spectral", generator, discriminator, (-1.0, 1.0), classes)


def make(pixels, monitored: bool = True, **arguments) -> tuple[Trainer, Monitor | None]:
    """A new trainer of 40 images in batches of 8, and its monitor."""
    labels = arguments.pop("labels", None)
    options = {"classes": 3, "conditioning": models.CONDITIONINGS[0]} if labels is not None else {}
    gan = arguments.pop("gan", lambda: models.build("dcgan28", 3, **SIZES, **options))()
    arguments = {name: value() if callable(value) else value for name, value in arguments.items()}
    data = Dataset(pixels, labels, name="tiny")
    trainer = Trainer(gan, data, **{"batch_size": 8, "seed": 3, "layer_gradients": True, **arguments})
    return trainer, Monitor(8) if monitored else None


#: The arguments of trainers, those with a state as functions, for each trainer needs its own.
KINDS = {
    "plain": {},
    "averaged": {"average": 0.9},
    "mirrored": {"flip": True},
    "three steps of D": {"d_steps": 3, "gan": spectral_gan},
    "two of D, three of G": {"d_steps": 2, "g_steps": 3, "gan": spectral_gan},
    "epochs of D and of G": {"count_in": "epochs", "gan": spectral_gan},
    "both at once": {"updates": "simultaneous", "gan": spectral_gan},
    "with a penalty": {
        "gan": spectral_gan,
        "options": lambda: GameOptions(penalties.get("wgan-gp")),
        "loss": lambda: losses.get("wasserstein"),
    },
    "with noise and wrong labels": {
        "options": lambda: GameOptions(instance_noise=losses.InstanceNoise(0.3, 12, Stream(3, "instance noise"))),
        "loss": lambda: losses.NoisyLabels(losses.get("non-saturating"), 0.2, Stream(3, "label flips")),
    },
    "conditional": {"labels": np.arange(40) % 3, "noise": "normal"},
    "all at once": {
        "labels": np.arange(40) % 3,
        "average": 0.9,
        "flip": True,
        "d_steps": 2,
        "g_steps": 2,
        "options": lambda: GameOptions(penalties.get("r1"), losses.InstanceNoise(0.3, 5, Stream(3, "instance noise"))),
        "loss": lambda: losses.NoisyLabels(losses.get("hinge"), 0.2, Stream(3, "label flips")),
        "gan": lambda: spectral_gan(3),
    },
    **{
        rule.__name__: {
            "g_optimizer": lambda rule=rule: rule(0.01),
            "d_optimizer": lambda rule=rule: rule(0.02),
            "gan": spectral_gan,
        }
        for rule in (SGD, Momentum, RMSprop)
    },
}


def comparable(event) -> dict:
    """The fields of an event, without its times."""
    return {"kind": type(event), **{name: value for name, value in vars(event).items() if name not in TIMES}}


def follow(trainer: Trainer, monitor: Monitor | None, total: int):
    """Each event with the notices of the monitor, up to a number of steps."""
    if trainer.step < total:
        for event in trainer.train(steps=total - trainer.step):
            notices = [] if monitor is None else [notice.text for notice in monitor(event)]
            yield {**comparable(event), "notices": notices, "steps": None}


def content(checkpoint: Checkpoint) -> bytes:
    """The bytes of its file."""
    return b"".join(bytes(piece) for piece in with_digest(list(contents(checkpoint))))


def from_bytes(saved: bytes, folder) -> Checkpoint:
    """The checkpoint that was in a file of these bytes."""
    path = folder / hashlib.sha256(saved).hexdigest()
    path.write_bytes(saved)
    return read_checkpoint(path)


def events_and_checkpoints(pixels, kind: str, total: int):
    """All events, and the checkpoints that can be made on the way, each with the number of events before it."""
    trainer, monitor = make(pixels, **KINDS[kind])
    reported, taken = [], [(0, content(capture(trainer, monitor)))]
    for event in follow(trainer, monitor, total):
        reported.append(event)
        if not trainer.pending_events:
            taken.append((len(reported), content(capture(trainer, monitor))))
    return reported, taken


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_resumed_after_any_of_its_events_is_the_same_run(pixels, tmp_path, kind):
    total = 4 if "three steps of D" in kind else 7
    reported, taken = events_and_checkpoints(pixels, kind, total)
    kinds = {event["kind"] for event in reported}
    assert {StepEnd, EpochEnd, LayerGradients} <= kinds
    assert (DiscriminatorEnd in kinds) == any(name in kind for name in ("steps of D", "of D,", "epochs", "all at once"))
    _, last = taken[-1]
    for place, saved in taken:
        trainer, monitor = make(pixels, **KINDS[kind])
        restore(from_bytes(saved, tmp_path), trainer, monitor)
        assert content(capture(trainer, monitor)) == saved
        assert list(follow(trainer, monitor, total)) == reported[place:]
        assert content(capture(trainer, monitor)) == last


def test_going_back_in_the_same_trainer_is_the_same_run_too(pixels, tmp_path):
    reported, taken = events_and_checkpoints(pixels, "all at once", 7)
    trainer, monitor = make(pixels, **KINDS["all at once"])
    for place, saved in [taken[0], taken[-2], taken[len(taken) // 2], taken[0]]:
        restore(from_bytes(saved, tmp_path), trainer, monitor)
        assert list(follow(trainer, monitor, 7)) == reported[place:]


def test_going_back_writes_into_the_memory_that_is_there(pixels):
    trainer, _ = make(pixels, **KINDS["averaged"])
    start = capture(trainer)
    list(trainer.train(steps=2))
    later = capture(trainer)
    slots = trainer.g_optimizer.slots
    arrays = [trainer.gan.generator.flat_data, trainer.average.values, *slots.values()]
    for checkpoint in (start, later):
        restore(checkpoint, trainer)
    assert trainer.g_optimizer.slots is slots
    now = [trainer.gan.generator.flat_data, trainer.average.values, *slots.values()]
    assert all(a is b for a, b in zip(arrays, now, strict=True))


@pytest.mark.parametrize("split", [1, 2, 3, 4, 5])
def test_training_in_two_calls_equals_one_call_wherever_the_round_was_left(pixels, split):
    whole, _ = make(pixels, d_steps=2, g_steps=3)
    parts, _ = make(pixels, d_steps=2, g_steps=3)
    list(whole.train(steps=2 * split))
    for _ in range(2):
        list(parts.train(steps=split))
    for name, array in capture(whole).arrays.items():
        np.testing.assert_array_equal(capture(parts).arrays[name], array, err_msg=name)


def test_no_checkpoint_is_made_between_the_last_step_of_an_epoch_and_its_end(pixels):
    trainer, _ = make(pixels, monitored=False)
    refused = []
    for event in trainer.train(steps=6):
        if isinstance(event, StepEnd):
            try:
                capture(trainer)
            except ValueError as error:
                refused.append((event.step, str(error)))
    assert refused == [(5, "expected no pending events, got 1")]


def test_a_checkpoint_holds_what_changes_and_nothing_that_follows_from_settings(pixels):
    trainer, monitor = make(pixels, **KINDS["averaged"])
    list(trainer.train(steps=3))
    checkpoint = capture(trainer, monitor, run={"mine": [1, 2.5]}, score=0.5)
    prefixes = {name.partition("/")[0] for name in checkpoint.arrays}
    assert prefixes == {"generator", "discriminator", "g_optimizer", "d_optimizer", "average"}
    assert {f"generator/{name}" for name in trainer.gan.generator.parameters()} < checkpoint.arrays.keys()
    assert checkpoint.state["run"] == {"mine": [1, 2.5]}
    assert checkpoint.score == 0.5


# What does not fit


def misfits():
    yield "another optimizer", {"g_optimizer": lambda: SGD(0.1)}, r"trainer, g_optimizer, kind: expected SGD, got Adam"
    yield "no average", {"average": None}, r"trainer, average: expected None, got 3"
    yield (
        "wrong labels",
        {"loss": KINDS["with noise and wrong labels"]["loss"]},
        r"trainer, streams: expected \['dropout', 'label flips'",
    )
    yield (
        "noise",
        {"options": KINDS["with noise and wrong labels"]["options"]},
        r"trainer, streams: expected \['dropout', 'instance noise'",
    )
    yield "other networks", {"gan": spectral_gan}, r"missing .*discriminator/.*vector_u.*; unknown .*generator/"
    wide = {**SIZES, "generator_filters": (8, 4)}
    yield (
        "wider networks",
        {"gan": lambda: models.build("dcgan28", 3, **wide)},
        r"generator/.*: expected \(.*\) float32, got",
    )


@pytest.mark.parametrize(
    ("arguments", "message"), [rest for _, *rest in misfits()], ids=[name for name, *_ in misfits()]
)
def test_a_checkpoint_of_another_run_is_refused_and_nothing_is_changed(pixels, arguments, message):
    trainer, _ = make(pixels, **KINDS["averaged"])
    list(trainer.train(steps=3))
    other, monitor = make(pixels, **{"average": 0.9, **arguments})
    before = content(capture(other, monitor))
    with pytest.raises(CheckpointError, match=rf"the checkpoint does not fit the run: {message}"):
        restore(capture(trainer, monitor), other, monitor)
    assert content(capture(other, monitor)) == before


def test_other_data_are_refused(pixels):
    trainer, _ = make(pixels)
    other, _ = make(pixels[:32])
    with pytest.raises(CheckpointError, match="data: expected 32 images, got 40"):
        restore(capture(trainer), other)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, r"trainer: expected \[.*got None"),
        ({"trainer": {"step": "three"}}, r"trainer: expected \[.*got \['step'\]"),
        ({"trainer": 5}, r"trainer: expected"),
    ],
)
def test_a_state_of_another_kind_is_refused(pixels, state, message):
    trainer, _ = make(pixels)
    with pytest.raises(CheckpointError, match=message):
        restore(Checkpoint({}, state), trainer)


def test_a_number_in_the_wrong_place_is_refused(pixels):
    trainer, monitor = make(pixels)
    checkpoint = capture(trainer, monitor)
    for part, name in (("trainer", "step"), ("monitor", "detectors"), ("trainer", "streams")):
        for wrong in ("text", None, [1], {"a": 1}):
            state = {**checkpoint.state, part: {**checkpoint.state[part], name: wrong}}
            with pytest.raises(CheckpointError, match=f"{part}, {name}: expected"):
                restore(Checkpoint(checkpoint.arrays, state), trainer, monitor)


def test_the_monitor_may_be_left_out(pixels):
    trainer, monitor = make(pixels)
    list(trainer.train(steps=2))
    other, _ = make(pixels)
    restore(capture(trainer, monitor), other)
    assert other.step == 2


# The monitor


def swinging_run(count: int):
    """Steps of a run that swings, whose G's gradient dies, and that explodes."""
    wave = np.sin(np.arange(count) / 40)
    for step in range(1, count + 1):
        right = 0.6 + 0.39 * wave[step - 1]
        size = 1e-3 ** min(1, step / 600) * (1 if step < count - 60 else 1e6)
        yield StepEnd(1, step, count, 0.7, 0.8, 0.5, 0.5, right, right, size, size, 1.0, 1.0)


def test_a_restored_monitor_reports_what_an_uninterrupted_one_would(pixels):
    trainer, _ = make(pixels)
    events = list(swinging_run(3000))
    whole = Monitor(16)
    said = [[notice.text for notice in whole(event)] for event in events]
    assert len([texts for texts in said if texts]) >= 2
    for place in (151, 2000, 2950):
        before, after = Monitor(16), Monitor(16)
        for event in events[:place]:
            before(event)
        restore(capture(trainer, before), trainer, after)
        assert [[notice.text for notice in after(event)] for event in events[place:]] == said[place:]
        assert after.converged == whole.converged


def test_a_monitor_keeps_an_infinity(pixels, tmp_path):
    trainer, monitor = make(pixels)
    monitor(next(swinging_run(100)))
    monitor.statistics.averages["g_grad_norm"].value = float("inf")
    _, after = make(pixels)
    restore(from_bytes(content(capture(trainer, monitor)), tmp_path), trainer, after)
    assert after.statistics.sizes["g_grad_norm"] == float("inf")


@pytest.mark.parametrize("rule", [Adam, Momentum])
def test_a_rate_and_a_momentum_that_were_set_by_hand_come_back(pixels, rule):
    trainer, _ = make(pixels, g_optimizer=lambda: rule(0.01))
    trainer.g_optimizer.learning_rate = 0.0
    trainer.g_optimizer.set_momentum(0.125)
    other, _ = make(pixels, g_optimizer=lambda: rule(0.01))
    restore(capture(trainer), other)
    assert other.g_optimizer.learning_rate == 0.0
    assert getattr(other.g_optimizer, rule.momentum_name) == 0.125
