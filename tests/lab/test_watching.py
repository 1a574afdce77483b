"""A recorded round: the same bits as any other, and all its numbers."""

import re
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from minigan import kernels
from minigan.errors import ConfigError
from minigan.lab.stepping import Steps
from minigan.lab.views.stations import station, stations
from minigan.lab.watching import watch
from minigan.losses import NoisyLabels
from minigan.model import concurrent
from minigan.random import Stream
from minigan.training.checkpoint.trainer_state import capture
from minigan.training.events import Event, StepEnd
from minigan.training.monitor.monitor import Monitor
from tests.lab.rounds import dropped, images, make_trainer, points, record, session_of
from tests.on_threads import threads

#: Losses, penalties, steps, optimizers, noise; dense layers, normalisations, convolutions.
KINDS = [
    {"make": points},
    {"make": points, "loss": "minimax", "optimizer": "sgd", "d_steps": 3},
    {"make": points, "loss": "wasserstein", "penalty": "wgan-gp", "optimizer": "rmsprop"},
    {"make": points, "penalty": "r1", "d_steps": 2},
    {"make": points, "penalty": "dragan", "noise": 0.2},
    {"make": dropped, "loss": "hinge", "optimizer": "momentum"},
    {"make": dropped, "loss": "least-squares", "penalty": "r2"},
    {"make": images},
    {"make": images, "d_steps": 2, "noise": 0.1},
]


def state_of(trainer) -> dict[str, bytes | str]:
    """Everything that a later step depends on."""
    checkpoint = capture(trainer, Monitor(trainer.batch_size))
    state = re.sub("'seconds': [^,}]*", "", repr(checkpoint.state))
    networks = trainer.gan.generator, trainer.gan.discriminator
    grads = {f"grad of {network.name}": network.flat_grad.tobytes() for network in networks}
    return {**{name: array.tobytes() for name, array in checkpoint.arrays.items()}, **grads, "state": state}


def timeless(event: Event) -> Event:
    """An event without what a clock says."""
    return replace(event, images_per_second=0, seconds=0) if isinstance(event, StepEnd) else event


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2])
def test_a_watched_round_has_the_bits_of_any_other_on_one_thread_and_on_two(kind, count: int, monkeypatch):
    monkeypatch.setattr(concurrent, "ENOUGH", 0)
    with threads(count), kernels.using("fast"):
        plain, watched = make_trainer(**kind), make_trainer(**kind)
        steps, watched_steps = Steps(plain), Steps(watched)
        for looked in (nullcontext, partial(watch, watched), nullcontext):
            expected = steps.round()
            with looked():
                events = watched_steps.round()
            assert [timeless(event) for event in events] == [timeless(event) for event in expected]
        assert state_of(watched) == state_of(plain)


@pytest.mark.parametrize("kind", KINDS)
def test_the_passes_are_complete_and_each_begins_where_the_one_before_ended(kind):
    recording = record(make_trainer(**kind))
    penalty = ["penalty"] if kind.get("penalty") else []
    assert list(recording.passes) == ["g_forward", "d_real", "d_fake", *penalty, "d_again"]
    for item in recording.passes.values():
        for one, following in zip(item.layers, item.layers[1:]):
            assert following.x is one.y
            assert following.dx is one.dy
    assert recording.passes["d_again"].dx is recording.passes["g_forward"].dy
    if not kind.get("noise"):
        assert recording.passes["d_fake"].x is recording.passes["g_forward"].y
        assert recording.passes["d_again"].x is recording.passes["g_forward"].y


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradients_of_the_passes_add_up_to_that_of_the_update(kind):
    recording = record(make_trainer(**kind))
    for network, passes in ("G", ["g_forward"]), ("D", ["d_real", "d_fake", "penalty"]):
        parts = [recording.passes[name].layers for name in passes if name in recording.passes]
        sums = {
            f"{layers[0].layer.name}.{name}": sum(layer.gradients[name] for layer in layers)
            for layers in zip(*parts)
            for name in layers[0].gradients
        }
        updates = recording.updates[network]
        assert list(sums) == [update.name for update in updates]
        for update in updates:
            scale = abs(update.gradient).max() + 1e-12
            np.testing.assert_allclose(sums[update.name], update.gradient, rtol=0, atol=1e-6 * scale)


def test_an_update_is_what_the_optimizer_did():
    recording = record(make_trainer(optimizer="sgd"))
    for network, rate in ("G", 0.01), ("D", 0.02):
        for update in recording.updates[network]:
            np.testing.assert_allclose(update.after, update.before - rate * update.gradient, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_that_was_kept_gives_its_numbers_again_long_after_the_round(kind):
    trainer = make_trainer(**kind)
    recording = record(trainer)
    Steps(trainer).round()
    for item in recording.passes.values():
        for found in item.layers:
            y, _ = found.layer.forward(found.x, found.replayed)
            np.testing.assert_array_equal(y, found.y)
            if found.dy is not None:
                np.testing.assert_array_equal(found.layer.backward(found.dy, found.cache, False), found.dx)


def test_of_several_steps_of_d_the_last_one_is_recorded():
    recording = record(make_trainer(d_steps=3))
    assert recording.d_steps == 3
    assert list(recording.passes) == ["g_forward", "d_real", "d_fake", "d_again"]
    before = {update.name: update.after for update in recording.updates["D"]}
    for found in recording.passes["d_again"].layers:
        for name, parameter in found.layer.parameters.items():
            np.testing.assert_array_equal(parameter.data, before[f"{found.layer.name}.{name}"])


def test_of_several_steps_of_g_the_first_one_is_recorded():
    trainer, other = make_trainer(g_steps=3, optimizer="sgd"), make_trainer(optimizer="sgd")
    recording, expected = record(trainer, 0), record(other, 0)
    assert list(recording.passes) == list(expected.passes)
    for network in ("G", "D"):
        for update, alike in zip(recording.updates[network], expected.updates[network]):
            for array, wanted in zip(update[1:], alike[1:]):
                np.testing.assert_array_equal(array, wanted)
    assert recording.losses == expected.losses


def test_labels_that_are_drawn_are_drawn_once():
    plain, watched = make_trainer(points), make_trainer(points)
    for trainer in (plain, watched):
        trainer.loss = NoisyLabels(trainer.loss, 0.3, Stream(0, "labels of D"))
    Steps(plain).round()
    recording = record(watched, 0)
    session = session_of(recording)
    for item in stations(session)["stations"]:
        for array in item["arrays"]:
            station(session, item["id"], array["name"])
    assert state_of(watched) == state_of(plain)
    assert watched.loss.rng.state == plain.loss.rng.state


def test_a_round_that_updates_both_networks_at_once_is_refused():
    trainer = make_trainer(updates="simultaneous")
    with pytest.raises(ConfigError, match="updates both networks at once"), watch(trainer):
        pass


def test_the_networks_are_as_before_also_after_an_error():
    trainer = make_trainer()
    gan, loss = trainer.gan, trainer.loss
    with pytest.raises(ZeroDivisionError), watch(trainer):
        raise ZeroDivisionError
    assert trainer.gan is gan
    assert trainer.loss is loss
