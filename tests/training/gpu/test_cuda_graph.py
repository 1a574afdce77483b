"""Rounds recorded as a CUDA graph, by the emulation of `host.graphs`: equal to plain launches bit for bit."""

import functools
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest

from minigan import backend, kernels, models, optimizers, penalties
from minigan.data import Dataset, Points
from minigan.errors import BackendError, StaleCacheError
from minigan.layers.base import Context
from minigan.losses import InstanceNoise, NoisyLabels, NonSaturating
from minigan.random import Stream
from minigan.training import StepEnd
from minigan.training.gpu import cuda_graph
from minigan.training.gpu.cuda_graph import GraphRounds, why_not_recorded
from minigan.training.options import GameOptions
from minigan.training.trainer import Trainer
from tests.devices.host import compiler
from tests.devices.host.graphs import StreamRace, graph_backend
from tests.devices.strict import DeviceArray

pytestmark = pytest.mark.skipif(compiler() is None, reason="needs g++")

IMAGES, BATCH = 40, 8

#: Two by plain launches, one recorded and replayed, and two replayed.
ROUNDS = 5


@pytest.fixture(autouse=True)
def _on_the_emulated_device(monkeypatch):
    monkeypatch.delenv("MINIGAN_FUSE", raising=False)  # layers by themselves call cuBLAS, which no graph records
    with graph_backend():
        yield


def plane(**arguments: Any) -> Trainer:
    """A GAN of points in the plane."""
    gan = models.build("mlp2d", 0, generator_units=(6,), discriminator_units=(5,))
    points = Points(np.random.default_rng(0).standard_normal((IMAGES, 2)).astype(np.float32))
    return Trainer(gan, points, **{"batch_size": BATCH, **arguments})


def images(**arguments: Any) -> Trainer:
    """A GAN of tiny images, with normalisation, dropout and upsampling."""
    sizes = {"image_size": 8, "latent_size": 5, "generator_filters": (4, 4), "discriminator_filters": (4, 4, 4)}
    pixels = np.random.default_rng(0).integers(0, 256, (IMAGES, 8, 8), dtype=np.uint8)
    return Trainer(models.build("dcgan28", 0, **sizes), Dataset(pixels), **{"batch_size": BATCH, **arguments})


class Played(NamedTuple):
    """What can be compared of a training."""

    losses: list[tuple[float, float]]
    values: dict[str, np.ndarray]
    streams: list[tuple[int, ...]]
    iterations: tuple[int, int]


def decay(trainer: Trainer, played: int) -> None:
    """A schedule of both learning rates, and of a momentum."""
    trainer.d_optimizer.learning_rate = 0.01 / (played + 1)
    trainer.g_optimizer.learning_rate = 0.02 / (played + 2)
    if trainer.g_optimizer.momentum_name is not None:
        trainer.g_optimizer.set_momentum(0.5 + played / 100)


def play(
    rounds: GraphRounds, count: int = ROUNDS, before: Callable[[Trainer, int], None] = decay, first: int = 0
) -> Played:
    """Run `count` rounds, each on other images, and with other numbers for the optimizers."""
    trainer, losses = rounds.trainer, []
    for played in range(first, first + count):
        before(trainer, played)
        chosen = np.random.default_rng(played).permutation(IMAGES)
        d, g = rounds.run([chosen[step * BATCH : (step + 1) * BATCH] for step in range(trainer.d_steps)])
        losses.append((d.loss, g.loss))
    networks = {"generator": trainer.gan.generator, "discriminator": trainer.gan.discriminator}
    values = {f"{name}/{key}": value for name, net in networks.items() for key, value in net.state_dict().items()}
    for name, optimizer in (("d", trainer.d_optimizer), ("g", trainer.g_optimizer)):
        values |= {f"{name}/{slot}": optimizer.slots[slot].get() for slot in optimizer.slot_names}
    streams = [stream.state for stream in (trainer.noise_stream, trainer.label_stream, trainer.dropout_stream)]
    iterations = trainer.d_optimizer.iterations, trainer.g_optimizer.iterations
    return Played([(float(d), float(g)) for d, g in losses], values, streams, iterations)


def check_equal(some: Played, others: Played) -> None:
    assert some.losses == others.losses
    assert some.streams == others.streams
    assert some.iterations == others.iterations
    assert some.values.keys() == others.values.keys()
    for name, value in some.values.items():
        np.testing.assert_array_equal(value, others.values[name], err_msg=name)


@functools.cache
def plain_rounds() -> Played:
    """Of points in the plane, by plain launches."""
    return play(GraphRounds(plane(), record=False))


# Equal to plain launches


def test_recorded_rounds_are_plain_ones_bit_for_bit_under_schedules():
    rounds = GraphRounds(plane())
    recorded, plain = play(rounds, 10), play(GraphRounds(plane(), record=False), 10)
    assert rounds.recorded, rounds.reason
    check_equal(recorded, plain)
    assert len(set(plain.losses)) == 10


@pytest.mark.parametrize(
    "arguments",
    [
        {"d_optimizer": lambda: optimizers.RMSprop(), "g_optimizer": lambda: optimizers.Momentum()},
        {"d_optimizer": lambda: optimizers.SGD(), "g_optimizer": lambda: optimizers.Adam()},
        {"d_steps": 3},
        {"updates": "simultaneous"},
        {"loss": "wasserstein", "noise": "normal"},
    ],
    ids=["rmsprop, momentum", "sgd, adam", "three steps of D", "simultaneous", "wasserstein"],
)
def test_every_kind_of_round_is_recorded_as_it_is(arguments):
    rounds = []
    for record in (True, False):
        made = {name: value() if callable(value) else value for name, value in arguments.items()}
        rounds.append(GraphRounds(plane(**made), record=record))
    recorded, plain = map(play, rounds)
    assert rounds[0].recorded, rounds[0].reason
    check_equal(recorded, plain)


@pytest.mark.slow
def test_recorded_rounds_of_images_have_their_flips_dropout_and_moving_averages():
    rounds = GraphRounds(images(flip=True))
    recorded, plain = play(rounds), play(GraphRounds(images(flip=True), record=False))
    assert rounds.recorded, rounds.reason
    check_equal(recorded, plain)
    assert any("moving_mean" in name for name in plain.values)
    dropout = plain.streams[2]
    assert dropout[2:] != (0, 0)


def test_rounds_are_those_of_the_trainer():
    trainer, rounds = plane(seed=3), GraphRounds(plane(seed=3))
    order = Stream(3, "shuffle").permutation(IMAGES)
    losses = [(event.d_loss, event.g_loss) for event in trainer.train(steps=5) if hasattr(event, "d_loss")]
    reported = [rounds.run([order[start : start + BATCH]]) for start in range(0, IMAGES, BATCH)]
    assert rounds.recorded, rounds.reason
    assert [(float(d.loss), float(g.loss)) for d, g in reported] == losses
    flat = [t.gan.generator.flat_data.get() for t in (trainer, rounds.trainer)]
    np.testing.assert_array_equal(*flat)


def test_results_of_a_round_are_not_overwritten_by_the_next():
    rounds = GraphRounds(plane())
    play(rounds, 3)
    assert rounds.recorded
    d, _ = rounds.run([np.arange(BATCH)])
    before = d.real_logits.get()
    play(rounds, 2)
    np.testing.assert_array_equal(d.real_logits.get(), before)


def test_collect_is_a_part_of_the_graph():
    rounds = GraphRounds(plane(), collect=lambda d, g: d.loss + g.loss)
    plain = GraphRounds(plane(), record=False)
    for _ in range(5):
        total, (d, g) = rounds.run([np.arange(BATCH)]), plain.run([np.arange(BATCH)])
        assert float(total) == float(d.loss + g.loss)
    assert rounds.recorded


def test_a_round_makes_earlier_caches_stale():
    rounds = GraphRounds(plane())
    play(rounds, 3)
    discriminator = rounds.trainer.gan.discriminator
    x = backend.asarray(np.zeros((3, 2), np.float32))
    y, caches = discriminator.forward(x, Context(training=True, rng=Stream(0)))
    rounds.run([np.arange(BATCH)])
    with pytest.raises(StaleCacheError):
        discriminator.backward(y, caches)


# Whatever is set between rounds


def test_drawing_in_between_and_going_back_are_seen_by_the_graph():
    played = []
    for record in (True, False):
        rounds = GraphRounds(plane(), record=record)
        play(rounds, 3)
        state, iterations = rounds.trainer.noise_stream.state, rounds.trainer.d_optimizer.iterations
        play(rounds, 1, first=3)
        rounds.trainer.noise_stream.uniform((100,))
        play(rounds, 1, first=4)
        rounds.trainer.noise_stream.state = state
        rounds.trainer.d_optimizer.iterations = iterations
        played.append(play(rounds, 2, first=5))
        assert rounds.recorded == record
    check_equal(*played)


def test_a_graph_is_recorded_again_if_arrays_were_replaced():
    played = []
    for record in (True, False):
        rounds = GraphRounds(plane(), record=record)
        play(rounds, 3)
        rounds.trainer.d_optimizer.to("numpy").to("cupy")
        play(rounds, 1, first=3)
        assert not rounds.recorded
        played.append(play(rounds, 3, first=4))
        assert rounds.recorded == record
    check_equal(*played)


# Faults, planted


def differs(plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether recorded rounds with a fault in them differ from plain ones without."""
    plain = plain_rounds()
    plant(monkeypatch)
    rounds = GraphRounds(plane())
    faulty = play(rounds)
    assert rounds.recorded, rounds.reason
    try:
        check_equal(faulty, plain)
    except AssertionError:
        return True
    return False


def test_a_learning_rate_fixed_in_the_graph_is_caught(monkeypatch):
    # The numbers are copied to the device in the rounds that are launched, and never again.
    sync = optimizers.Optimizer.sync_to_device

    def only_once(optimizer: optimizers.Optimizer) -> None:
        if optimizer.iterations == cuda_graph.WARM_UP:
            sync(optimizer)

    assert differs(lambda patch: patch.setattr(optimizers.Optimizer, "sync_to_device", only_once), monkeypatch)


def test_a_step_by_array_code_with_its_learning_rate_as_a_number_is_not_recorded(monkeypatch, caplog):
    monkeypatch.setattr(kernels.update_in_place, "cuda", None)
    with caplog.at_level(logging.WARNING, "minigan"):
        rounds = GraphRounds(plane())
        play(rounds)
    assert not rounds.recorded
    assert "learning rate would be fixed" in rounds.reason
    assert "training goes on without a CUDA graph" in caplog.text


def test_counters_that_are_not_advanced_are_caught(monkeypatch):
    def stay(stream: Stream) -> int:
        return stream._counter - stream._device_counter

    assert differs(lambda patch: patch.setattr(Stream, "advance", stay), monkeypatch)


def test_images_that_are_always_the_same_are_caught(monkeypatch):
    class Once(GraphRounds):
        def run(self, places):
            return super().run([self.places[0]] if self.recorded else places)

    assert differs(lambda patch: patch.setitem(globals(), "GraphRounds", Once), monkeypatch)


def test_an_event_without_a_wait_is_caught(monkeypatch):
    rounds = GraphRounds(plane())
    play(rounds, 3)
    monkeypatch.setattr(type(rounds.recorder.stream), "wait_event", lambda stream, event: None)
    with pytest.raises(StreamRace, match="an event to wait for is missing"):
        play(rounds, 2)


def test_reusing_the_memory_of_a_graph_is_caught():
    rounds = GraphRounds(plane())
    play(rounds, 3)
    with pytest.raises(AssertionError, match="memory of a recorded graph"):
        rounds.recorder.run(lambda: backend.xp().zeros(3))


def test_recording_runs_nothing(monkeypatch):
    rounds = GraphRounds(plane())
    play(rounds, cuda_graph.WARM_UP)
    before = rounds.trainer.gan.generator.flat_data.get()
    rounds._record()
    assert rounds.recorded, rounds.reason
    np.testing.assert_array_equal(rounds.trainer.gan.generator.flat_data.get(), before)


# Rounds that cannot be recorded


class Reading:
    """A loss that looks at itself."""

    def __init__(self, look: Callable[[DeviceArray], Any]) -> None:
        self.loss, self.look = NonSaturating(), look
        self.decision_threshold = 0.0

    def real(self, z: DeviceArray) -> tuple[DeviceArray, DeviceArray]:
        self.look(z)
        return self.loss.real(z)

    def fake(self, z: DeviceArray) -> tuple[DeviceArray, DeviceArray]:
        return self.loss.fake(z)

    def generator(self, z: DeviceArray) -> tuple[DeviceArray, DeviceArray]:
        return self.loss.generator(z)


@pytest.mark.parametrize(
    ("look", "reason"),
    [
        (lambda z: float(z.mean()), "reads the device in work that is recorded"),
        (lambda z: z + backend.asarray(np.zeros((BATCH, 1), np.float32)), "of the host are copied to the device"),
        (lambda z: z.T @ z, "cuBLAS"),
        (lambda z: 1 / 0, "ZeroDivisionError"),
    ],
    ids=["a read", "a copy from the host", "cublas", "any error"],
)
def test_a_round_that_cannot_be_recorded_is_launched_as_before_and_the_reason_is_logged(look, reason, caplog):
    # The loss looks from the third round on: the first two are not recorded.
    calls = iter(range(100))
    loss = Reading(lambda z: look(z) if next(calls) == cuda_graph.WARM_UP else None)
    rounds = GraphRounds(plane(loss=loss))
    with caplog.at_level(logging.WARNING, "minigan"):
        recorded = play(rounds)
    assert not rounds.recorded
    assert reason in rounds.reason
    assert caplog.text.count("training goes on without a CUDA graph") == 1
    check_equal(recorded, plain_rounds())


def test_a_stream_that_no_round_before_used_prevents_recording():
    own, calls = Stream(5, "own"), iter(range(100))
    own.uniform((3,))  # it is on the device already
    loss = Reading(lambda z: own.uniform((3,)) if next(calls) == cuda_graph.WARM_UP else None)
    rounds = GraphRounds(plane(loss=loss))
    recorded = play(rounds)
    assert not rounds.recorded
    assert "path='own'" in rounds.reason
    assert own.state[2] == 1  # what was being recorded was not drawn
    check_equal(recorded, plain_rounds())


def test_streams_of_layers_and_losses_are_advanced_by_the_graph():
    drawn = []
    for record in (True, False):
        own = Stream(5, "own")
        rounds = GraphRounds(plane(loss=Reading(lambda z, own=own: own.uniform(z.shape))), record=record)
        play(rounds, 5)
        assert rounds.recorded == record
        drawn.append(own.state)
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"g_steps": 2}, "several steps of the generator"),
        ({"options": GameOptions(penalty=penalties.R1(1.0))}, "a gradient penalty"),
        ({"options": GameOptions(instance_noise=InstanceNoise(0.1, 10, Stream(0, "blur")))}, "fades from step to step"),
        ({"loss": NoisyLabels(NonSaturating(), 0.1, Stream(0, "flips"))}, "wrong labels"),
        ({"d_optimizer": type("Own", (optimizers.SGD,), {"update": lambda *_: None})()}, "no kernel"),
    ],
    ids=["g_steps", "penalty", "blur", "noisy labels", "optimizer"],
)
def test_settings_that_keep_rounds_from_being_recorded_are_named(arguments, reason):
    trainer = plane(**arguments)
    assert reason in why_not_recorded(trainer)
    with pytest.raises(BackendError, match=reason):
        GraphRounds(trainer)


def test_nothing_is_recorded_on_a_cpu_or_with_reference_kernels():
    trainer = plane()
    assert why_not_recorded(trainer) is None
    with kernels.using("reference"):
        assert why_not_recorded(trainer) == "the kernels are the reference ones"
    with backend.using("numpy"):
        assert why_not_recorded(trainer) == "the backend is numpy"


def test_data_that_take_too_much_of_the_device_s_memory_keep_rounds_from_being_recorded(monkeypatch):
    monkeypatch.setattr(backend, "fits", lambda size, part=0.5: False)
    assert "memory" in why_not_recorded(plane())


# In the trainer


def events_of(trainer: Trainer, steps: int) -> list[Any]:
    """The events of a training, without times."""
    reported = [replace(event, images_per_second=0, seconds=0) if isinstance(event, StepEnd) else event
            for event in trainer.train(steps=steps)]  # fmt: skip
    return reported


@pytest.mark.parametrize("d_steps", [1, 2])
def test_a_trainer_with_recorded_rounds_reports_the_events_of_a_plain_one(d_steps):
    schedule = {"before_step": lambda step: None, "average": 0.9, "d_steps": d_steps}
    recording, plain = plane(**schedule), plane(**schedule)
    assert recording.graph_rounds is not None
    plain.graph_rounds = None
    reported, expected = events_of(recording, 8), events_of(plain, 8)
    assert recording.graph_rounds.recorded, recording.graph_rounds.reason
    assert reported == expected
    np.testing.assert_array_equal(recording.gan.generator.flat_data.get(), plain.gan.generator.flat_data.get())


def test_a_trainer_that_cannot_record_says_why_and_trains(caplog):
    trainer = plane(options=GameOptions(penalty=penalties.get("r1")))
    assert trainer.graph_rounds is None
    assert "training without a CUDA graph: a gradient penalty is asked for" in caplog.text
    assert len(events_of(trainer, 2)) >= 2
