"""The trainer: how many steps on which images, the events of each, and that it can go on."""

from dataclasses import astuple
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

import minigan as mg
from minigan import optimizers, training
from minigan.data import Dataset
from minigan.errors import ConfigError, DataError
from minigan.layers import Context
from minigan.model.sequential import Sequential
from minigan.training import EpochEnd, StepEnd, batch_steps, reporting, trainer


class Call(NamedTuple):
    """One call of a part of the step: which, what it was given, and what came of it."""

    name: str
    result: Any
    noise: Any = None
    update_stats: bool | None = None
    real: Any = None
    fake: Any = None
    caches: Any = None


@pytest.fixture
def steps(monkeypatch):
    """Every call of `generate` and of the two steps."""
    calls = []

    def generate(gan, noise, rng, update_stats=True, labels=None):
        result = training.generate(gan, noise, rng, update_stats, labels)
        calls.append(Call("generate", result, noise=noise, update_stats=update_stats))
        return result

    def discriminator_step(gan, loss, optimizer, real, fake, rng, *others):
        result = training.discriminator_step(gan, loss, optimizer, real, fake, rng, *others)
        calls.append(Call("discriminator_step", result, real=real, fake=fake))
        return result

    def generator_step(gan, loss, optimizer, fake, caches, rng, *others):
        result = training.generator_step(gan, loss, optimizer, fake, caches, rng, *others)
        calls.append(Call("generator_step", result, fake=fake, caches=caches))
        return result

    for watched in (generate, discriminator_step, generator_step):
        monkeypatch.setattr(batch_steps, watched.__name__, watched)
    return calls


def shown(steps: list[Call]) -> list[list[int]]:
    """Which real images each step of D was given."""
    return [numbers_of(call.real) for call in steps if call.name == "discriminator_step"]


def noises(steps: list[Call]) -> list[np.ndarray]:
    """The noise of every batch of generated images."""
    return [call.noise for call in steps if call.name == "generate"]


def numbers_of(batch: np.ndarray) -> list[int]:
    """Which images these are, by their first pixel."""
    return np.rint((batch[:, 0, 0, 0] + 1) * 127.5 / 5).astype(int).tolist()


def without_times(events) -> list[tuple]:
    """What must be equal in two runs."""
    return [astuple(event)[:-2] if isinstance(event, StepEnd) else astuple(event) for event in events]


# How many steps


@pytest.mark.parametrize(
    ("batch_size", "d_steps", "expected"), [(8, 1, 5), (8, 2, 2), (12, 1, 3), (40, 1, 1), (8, 10, 1), (1, 1, 40)]
)
def test_an_epoch_is_the_steps_in_which_d_sees_about_all_images(make_trainer, batch_size, d_steps, expected):
    assert make_trainer(batch_size=batch_size, d_steps=d_steps).steps_per_epoch == expected


def test_epochs_end_after_their_last_step(make_trainer):
    events = list(make_trainer(batch_size=16).train(epochs=3))
    assert [type(event) for event in events] == [StepEnd, StepEnd, EpochEnd] * 3
    assert [event.step for event in events] == [1, 2, 2, 3, 4, 4, 5, 6, 6]
    assert [event.epoch for event in events] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert {event.steps for event in events if isinstance(event, StepEnd)} == {6}


def test_steps_end_where_they_should_in_the_middle_of_an_epoch(make_trainer):
    events = list(make_trainer().train(steps=7))
    assert [event.step for event in events if isinstance(event, StepEnd)] == [1, 2, 3, 4, 5, 6, 7]
    assert [event for event in events if isinstance(event, EpochEnd)] == [EpochEnd(1, 5)]


@pytest.mark.parametrize("amount", [{}, {"epochs": 1, "steps": 1}])
def test_either_epochs_or_steps_must_be_stated(make_trainer, amount):
    with pytest.raises(ConfigError, match="expected epochs or steps, got"):
        next(make_trainer().train(**amount))


# On which images


def test_every_pass_has_every_image_once_in_another_order(make_trainer, steps):
    list(make_trainer().train(epochs=3))
    numbers = [number for batch in shown(steps) for number in batch]
    passes = [numbers[:40], numbers[40:80], numbers[80:]]
    assert all(sorted(one_pass) == list(range(40)) for one_pass in passes)
    assert len({tuple(one_pass) for one_pass in passes}) == 3


def test_images_that_do_not_fill_a_batch_wait_for_the_next_pass(make_trainer, steps):
    list(make_trainer(batch_size=12).train(epochs=2))
    batches = shown(steps)
    assert [len(batch) for batch in batches] == [12] * 6
    for one_pass in (batches[:3], batches[3:]):
        assert len({number for batch in one_pass for number in batch}) == 36


@pytest.mark.parametrize("d_steps", [1, 3])
def test_both_networks_learn_from_the_same_generated_images(make_trainer, steps, d_steps):
    list(make_trainer(d_steps=d_steps).train(steps=2))
    expected = [*["generate", "discriminator_step"] * d_steps, "generator_step"] * 2
    assert [call.name for call in steps] == expected
    made = None, None
    for call in steps:
        fake, caches = made
        if call.name == "generate":
            made = call.result
        else:
            assert call.fake is fake, "those that were made last"
        if call.name == "generator_step":
            assert call.caches is caches


@pytest.mark.parametrize("d_steps", [1, 3])
def test_no_unnecessary_forward_is_run(make_trainer, monkeypatch, d_steps):
    tiny, forwards = make_trainer(d_steps=d_steps), []
    forward = Sequential.forward

    def counted(network, x, ctx):
        forwards.append(network.name)
        return forward(network, x, ctx)

    monkeypatch.setattr(Sequential, "forward", counted)
    list(tiny.train(steps=2))
    assert forwards == [*["generator", "discriminator", "discriminator"] * d_steps, "discriminator"] * 2


def test_the_generator_s_averages_follow_the_images_that_it_learns_from(make_trainer, steps):
    tiny, twin = make_trainer(d_steps=3), make_trainer().gan.generator
    list(tiny.train(steps=1))
    assert [call.update_stats for call in steps if call.name == "generate"] == [False, False, True]
    twin.forward(noises(steps)[-1], Context(training=True))
    averages = {name: array for name, array in twin.state_dict().items() if "moving" in name}
    assert averages
    for name, array in averages.items():
        np.testing.assert_array_equal(tiny.gan.generator.state_dict()[name], array, err_msg=name)


def test_every_step_of_d_has_images_and_noise_of_its_own(make_trainer, steps):
    list(make_trainer(d_steps=3).train(steps=2))
    numbers = [number for batch in shown(steps) for number in batch]
    assert len(set(numbers[:40])) == 40, "one pass: five batches of eight"
    assert all(noise.shape == (8, 5) for noise in noises(steps))
    assert len({noise.tobytes() for noise in noises(steps)}) == 6


def test_real_images_are_scaled_to_the_generator_s_range(make_trainer, steps):
    list(make_trainer().train(epochs=1))
    values = np.concatenate([call.real.ravel() for call in steps if call.real is not None])
    assert (values.min(), values.max()) == (-1, 1)


def test_noise_is_of_the_kind_that_was_asked_for(make_trainer, steps):
    list(make_trainer(noise="normal").train(steps=5))
    assert max(np.abs(noise).max() for noise in noises(steps)) > 1.5
    steps.clear()
    list(make_trainer(noise="uniform").train(steps=5))
    assert max(np.abs(noise).max() for noise in noises(steps)) <= 1


# Its events


def test_metrics_of_events_follow_from_the_logits(make_trainer, steps):
    events = [event for event in make_trainer(d_steps=2).train(steps=4) if isinstance(event, StepEnd)]
    for event, calls in zip(events, zip(steps[3::5], steps[4::5]), strict=True):
        d, g = (call.result for call in calls)  # D's last step, and G's
        real, fake, judged = (z.astype(np.float64) for z in (d.real_logits, d.fake_logits, g.fake_logits))
        assert real.shape == fake.shape == judged.shape == (8, 1)
        np.testing.assert_allclose(event.d_real, np.mean(1 / (1 + np.exp(-real))), rtol=1e-5)
        np.testing.assert_allclose(event.d_fake, np.mean(1 / (1 + np.exp(-fake))), rtol=1e-5)
        assert event.real_accuracy == sum(z > 0 for z in real.ravel()) / 8
        assert event.fake_accuracy == sum(z < 0 for z in fake.ravel()) / 8
        expected = np.mean(np.log1p(np.exp(-real))) + np.mean(np.log1p(np.exp(fake)))
        np.testing.assert_allclose(event.d_loss, expected, rtol=1e-5)
        np.testing.assert_allclose(event.g_loss, np.mean(np.log1p(np.exp(-judged))), rtol=1e-5)


def test_accuracy_is_counted_from_the_decision_threshold(make_trainer, steps):
    events = list(make_trainer(loss="least-squares").train(steps=4))
    logits = [call.result[1:] for call in steps if call.name == "discriminator_step"]
    assert [event.real_accuracy for event in events] == [(real > 0.5).mean() for real, _ in logits]
    assert [event.fake_accuracy for event in events] == [(fake < 0.5).mean() for _, fake in logits]
    assert any(((real > 0) != (real > 0.5)).any() for real, _ in logits)


def test_speed_is_real_images_over_the_step_s_time(make_trainer, monkeypatch):
    clock = iter(range(100, 1000, 4))
    for module in (trainer, reporting):
        monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    events = make_trainer(d_steps=2).train(epochs=1)
    first, second = (event for event in events if isinstance(event, StepEnd))
    assert first.images_per_second == 8 * 2 / 4
    assert (first.seconds, second.seconds) == (12, 24)


def test_numbers_of_events_are_plain(make_trainer):
    event = next(make_trainer().train(steps=1))
    assert {type(value) for value in astuple(event)} == {int, float}


# Going on


def test_training_in_parts_is_the_same_as_in_one(make_trainer):
    whole, parts = make_trainer(), make_trainer()
    in_one = without_times(whole.train(steps=8))
    in_parts = without_times(parts.train(steps=2)) + without_times(parts.train(steps=6))
    assert [event[:2] for event in in_parts] == [event[:2] for event in in_one]
    assert [event[3:] for event in in_parts] == [event[3:] for event in in_one]
    for a, b in ((whole.gan.generator, parts.gan.generator), (whole.gan.discriminator, parts.gan.discriminator)):
        for name, values in a.state_dict().items():
            np.testing.assert_array_equal(values, b.state_dict()[name], err_msg=name)


def test_a_caller_may_stop_iterating_and_go_on_later(make_trainer):
    whole, stopped = make_trainer(), make_trainer()
    list(whole.train(steps=4))
    for event in stopped.train(steps=100):
        if event.step == 3:
            break
    assert stopped.step == 3
    assert [event.step for event in stopped.train(steps=1)] == [4]
    np.testing.assert_array_equal(stopped.gan.generator.flat_data, whole.gan.generator.flat_data)


def test_nothing_happens_before_the_first_event_is_requested(make_trainer):
    tiny = make_trainer()
    before = tiny.gan.generator.flat_data.copy()
    tiny.train(steps=3)
    assert tiny.step == 0
    np.testing.assert_array_equal(tiny.gan.generator.flat_data, before)


def test_one_seed_gives_one_training_and_another_another(make_trainer):
    first, again, other = (without_times(make_trainer(seed=seed).train(steps=3)) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_every_step_updates_both_networks(make_trainer):
    tiny = make_trainer()
    networks = (tiny.gan.generator, tiny.gan.discriminator)
    before = [network.flat_data.copy() for network in networks]
    for _ in tiny.train(steps=3):
        after = [network.flat_data.copy() for network in networks]
        assert all((old != new).any() for old, new in zip(before, after))
        before = after


def test_the_optimizers_are_the_dcgan_paper_s_by_default(make_trainer):
    tiny = make_trainer()
    for optimizer in (tiny.g_optimizer, tiny.d_optimizer):
        assert isinstance(optimizer, optimizers.Adam)
        assert (optimizer.learning_rate, optimizer.beta_1) == (4e-4, 0.5)
    assert tiny.g_optimizer is not tiny.d_optimizer


def test_given_optimizers_update_the_networks(make_trainer):
    g, d = optimizers.SGD(1e-9), optimizers.SGD(0.1)
    tiny = make_trainer(g_optimizer=g, d_optimizer=d)
    before = [tiny.gan.generator.flat_data.copy(), tiny.gan.discriminator.flat_data.copy()]
    list(tiny.train(steps=1))
    assert (g.iterations, d.iterations) == (1, 1)
    assert np.abs(tiny.gan.generator.flat_data - before[0]).max() < 1e-7
    assert np.abs(tiny.gan.discriminator.flat_data - before[1]).max() > 1e-4


# float32 everywhere


@pytest.mark.parametrize("optimizer", ["adam", "momentum", "rmsprop", "sgd"])
def test_everything_stays_float32(make_trainer, steps, optimizer):
    g, d = (optimizers.get(optimizer, learning_rate=1e-3) for _ in range(2))
    tiny = make_trainer(g_optimizer=g, d_optimizer=d, loss="minimax")
    list(tiny.train(steps=2))
    arrays = [slot for rule in (g, d) for slot in rule.slots.values()]
    for network in (tiny.gan.generator, tiny.gan.discriminator):
        arrays += [network.flat_data, network.flat_grad]
        for parameter in network.parameters().values():
            arrays += [parameter.data] if parameter.grad is None else [parameter.data, parameter.grad]
    for call in steps:
        logits = call.result[1:] if call.name != "generate" else ()
        arrays += [array for array in (call.real, call.noise, call.fake, *logits) if array is not None]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


# Refusals


@pytest.mark.parametrize("shape", [(10, 7, 7), (10, 8, 4), (10, 8, 8, 3), (10, 28, 28)])
def test_images_of_another_shape_than_the_generator_s_are_refused(make_trainer, shape):
    images = Dataset(np.zeros(shape, np.uint8), name="others")
    height, width, channels = images.shape
    expected = rf"dcgan28: expected images \(8, 8, 1\), got \({height}, {width}, {channels}\) in others"
    with pytest.raises(DataError, match=expected):
        make_trainer(data=images)


def test_an_array_is_refused_with_what_to_write(make_trainer):
    with pytest.raises(ConfigError, match=r"mg.data.Dataset\(images, value_range=\(0, 255\)\)"):
        make_trainer(data=np.zeros((40, 8, 8, 1), np.uint8))


def test_points_and_a_range_of_images_are_refused_before_the_first_step():
    gan = mg.models.build("mlp2d")
    gan.output_range = (-1.0, 1.0)
    with pytest.raises(ConfigError, match="expected output_range=None for points"):
        mg.Trainer(gan, mg.data.load("ring"))


def test_a_batch_larger_than_the_data_is_refused(make_trainer):
    with pytest.raises(DataError, match="expected a batch size of at most 40, the images in tiny, got 41"):
        make_trainer(batch_size=41)
    assert make_trainer(batch_size=40).steps_per_epoch == 1


@pytest.mark.parametrize("argument", ["batch_size", "d_steps"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_count_below_one_is_refused(make_trainer, argument, value):
    with pytest.raises(ConfigError, match=f"expected {argument} to be at least 1, got {value}"):
        make_trainer(**{argument: value})


def test_an_unknown_loss_or_noise_is_refused(make_trainer):
    with pytest.raises(ConfigError, match="unknown loss 'chess': expected one of non-saturating, minimax"):
        make_trainer(loss="chess")
    with pytest.raises(ConfigError, match="unknown noise 'gaussian': expected one of uniform, normal"):
        make_trainer(noise="gaussian")


def test_the_trainer_is_found_at_the_top():
    assert mg.Trainer is trainer.Trainer
