"""Rounds of a training: how many steps of which network, on what, and what else a game has."""

from collections.abc import Callable

import numpy as np
import pytest

from minigan import constraints, losses, models, optimizers, penalties
from minigan.data import Dataset
from minigan.errors import ConfigError, DataError
from minigan.layers import Context
from minigan.optimizers import SGD
from minigan.random import Stream
from minigan.training import DiscriminatorEnd, EpochEnd, GameOptions, StepEnd, Trainer, batch_steps, simultaneous_step
from minigan.training.steps import discriminator_step, generate, generator_step


@pytest.fixture
def calls(monkeypatch) -> list[str]:
    """The steps that a trainer takes, by name."""
    names = []
    for name in ("discriminator_step", "generator_step", "simultaneous_step"):
        monkeypatch.setattr(batch_steps, name, noting(names, name.removesuffix("_step"), getattr(batch_steps, name)))
    return names


def noting(names: list[str], name: str, step: Callable) -> Callable:
    """The step, which puts its name on a list."""

    def watched(*args):
        names.append(name)
        return step(*args)

    return watched


def weights_of(gan: models.GAN) -> tuple[np.ndarray, np.ndarray]:
    return gan.generator.flat_data.copy(), gan.discriminator.flat_data.copy()


# How many


def test_a_round_is_the_discriminator_s_steps_and_then_the_generator_s(make_trainer, calls):
    events = list(make_trainer(d_steps=2, g_steps=3).train(steps=6))
    assert calls == ["discriminator", "discriminator", *["generator"] * 3] * 2
    assert [(e.done, e.steps) for e in events if isinstance(e, DiscriminatorEnd)] == [(1, 2)] * 2
    assert [e.step for e in events if isinstance(e, StepEnd)] == [1, 2, 3, 4, 5, 6]


def test_a_round_ends_early_where_the_training_does(make_trainer, calls):
    list(make_trainer(g_steps=3).train(steps=4))
    assert calls == ["discriminator", *["generator"] * 3, "discriminator", "generator"]


def test_steps_can_be_counted_in_epochs(make_trainer, calls):
    # Forty images in batches of eight: five steps an epoch.
    list(make_trainer(d_steps=2, g_steps=1, count_in="epochs").train(steps=6))
    assert calls == [*["discriminator"] * 10, *["generator"] * 5, *["discriminator"] * 10, "generator"]


def test_an_epoch_shows_the_discriminator_all_images(make_trainer, calls):
    for settings, steps in (({"g_steps": 2}, 10), ({"d_steps": 2, "g_steps": 2}, 5), ({"count_in": "epochs"}, 5)):
        events = list(make_trainer(**settings).train(epochs=1))
        assert [e.step for e in events if isinstance(e, EpochEnd)] == [steps]


def test_every_further_step_of_the_generator_makes_images_of_its_own(make_trainer, monkeypatch):
    made = []
    monkeypatch.setattr(batch_steps, "generate", lambda *args: made.append(generate(*args)) or made[-1])
    list(make_trainer(g_steps=3).train(steps=3))
    assert len(made) == 3
    assert len({images.tobytes() for images, _ in made}) == 3


@pytest.mark.parametrize("settings", [{"d_steps": 2}, {"g_steps": 2}, {"count_in": "epochs"}])
def test_simultaneous_updates_are_of_one_step_each(make_trainer, settings):
    with pytest.raises(ConfigError, match="simultaneous updates: expected rounds of one step of each network"):
        make_trainer(updates="simultaneous", **settings)


@pytest.mark.parametrize("settings", [{"g_steps": 0}, {"count_in": "days"}, {"updates": "never"}])
def test_impossible_rounds_are_refused(make_trainer, settings):
    with pytest.raises(ConfigError, match="expected"):
        make_trainer(**settings)


# Both at once


def test_simultaneous_updates_use_both_gradients_at_the_old_weights():
    tiny = {"image_size": 8, "latent_size": 5, "generator_filters": (4, 4), "discriminator_filters": (4, 4, 4)}
    rng = np.random.default_rng(0)
    real = rng.uniform(-1, 1, (8, 8, 8, 1)).astype(np.float32)
    noise = rng.uniform(-1, 1, (8, 5)).astype(np.float32)
    loss = losses.get("non-saturating")

    def moved(step) -> tuple[np.ndarray, np.ndarray]:
        gan = models.build("dcgan28", seed=1, **tiny)
        masks = Stream(0, "masks")
        fake, caches = generate(gan, noise, masks)
        step(gan, fake, caches, masks)
        return weights_of(gan)

    g_start, d_start = moved(lambda *_: None)
    g_both, d_both = moved(lambda gan, *made: simultaneous_step(gan, loss, SGD(0.1), SGD(0.1), real, *made))
    _, d_alone = moved(lambda gan, fake, _, masks: discriminator_step(gan, loss, SGD(0.1), real, fake, masks))
    np.testing.assert_array_equal(d_both, d_alone)

    def generator_before_discriminator(gan, fake, caches, masks):
        # The masks of D's judgement of the generated images are the second ones: those of the real ones come first.
        gan.discriminator.logits.forward(real, Context(training=True, rng=masks, update_stats=False))
        generator_step(gan, loss, SGD(0.1), fake, caches, masks)

    g_alone, _ = moved(generator_before_discriminator)
    np.testing.assert_array_equal(g_both, g_alone)
    assert np.any(g_both != g_start)
    assert np.any(d_both != d_start)


def test_a_trainer_updates_both_networks_at_once_if_asked_to(make_trainer, calls):
    list(make_trainer(updates="simultaneous").train(steps=3))
    assert calls == ["simultaneous"] * 3


# What else a game has


def test_a_constraint_follows_each_of_the_discriminator_s_updates(make_trainer):
    bounded = GameOptions(d_constraint=lambda network: constraints.clip_weights(network, 0.01))
    tiny = make_trainer(loss="wasserstein", options=bounded)
    list(tiny.train(steps=2))
    assert abs(tiny.gan.discriminator.flat_data).max() <= np.float32(0.01)
    assert abs(tiny.gan.generator.flat_data).max() > 0.01


@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
def test_each_network_has_a_constraint_of_its_own(make_trainer, updates: str):
    options = GameOptions(
        d_constraint=lambda network: constraints.clip_weights(network, 0.01),
        g_constraint=lambda network: constraints.clip_weights(network, 0.02),
    )
    tiny = make_trainer(options=options, updates=updates)
    list(tiny.train(steps=2))
    for network, bound in ((tiny.gan.discriminator, 0.01), (tiny.gan.generator, 0.02)):
        assert abs(network.flat_data).max() == np.float32(bound)


def test_noise_on_what_the_discriminator_sees_fades_with_the_generator_s_steps(make_trainer):
    noise = losses.InstanceNoise(0.5, 4, Stream(0, "noise"))
    noisy, plain = make_trainer(options=GameOptions(instance_noise=noise)), make_trainer()
    (first, *_), (other, *_) = (list(t.train(steps=3)) for t in (noisy, plain))
    assert noise.taken == 3
    assert first.d_loss != other.d_loss


def test_a_penalty_is_a_part_of_the_discriminator_s_loss_and_gradient():
    gan = models.build("wgan-gp28", image_size=8, latent_size=5, **SMALL)
    pixels = np.random.default_rng(0).integers(0, 256, (16, 8, 8), dtype=np.uint8)
    results = []
    for options in (GameOptions(), GameOptions(penalty=penalties.get("wgan-gp", 10.0))):
        gan = models.build("wgan-gp28", image_size=8, latent_size=5, **SMALL)
        (event,) = Trainer(gan, Dataset(pixels), loss="wasserstein", options=options, batch_size=8).train(steps=1)
        results.append(event)
    assert results[1].d_loss > results[0].d_loss
    assert results[1].d_grad_norm != results[0].d_grad_norm


SMALL = {"generator_filters": (4, 4), "discriminator_filters": (4, 4)}


def test_before_step_is_called_before_every_step(make_trainer):
    seen = []
    d_optimizer = optimizers.Adam(1e-3)
    list(make_trainer(d_optimizer=d_optimizer, before_step=seen.append, g_steps=2).train(steps=4))
    assert seen == [0, 1, 2, 3]


# Averages


def test_samples_are_drawn_by_the_average_and_training_goes_on_without_it(make_trainer):
    averaged, plain = make_trainer(average=0.9), make_trainer()
    for _ in range(3):
        list(averaged.train(steps=1))
        list(plain.train(steps=1))
        with averaged.sampler() as network:
            drawn = network.flat_data.copy()
    np.testing.assert_array_equal(averaged.gan.generator.flat_data, plain.gan.generator.flat_data)
    assert np.any(drawn != plain.gan.generator.flat_data)
    with plain.sampler() as network:
        assert network is plain.gan.generator


# Classes


@pytest.fixture
def labelled(pixels) -> Dataset:
    return Dataset(pixels, np.arange(len(pixels)) % 3, name="labelled")


@pytest.mark.parametrize("conditioning", models.CONDITIONINGS)
@pytest.mark.parametrize("updates", ["alternating", "simultaneous"])
def test_conditional_networks_train_on_labels(labelled, conditioning, updates):
    tiny = {"image_size": 8, "latent_size": 5, "generator_filters": (4, 4), "discriminator_filters": (4, 4, 4)}
    gan = models.build("dcgan28", 0, classes=3, conditioning=conditioning, **tiny)
    before = gan.generator.state_dict()
    list(Trainer(gan, labelled, batch_size=8, updates=updates).train(steps=3))
    after = gan.generator.state_dict()
    embeddings = [name for name in after if name.endswith("embeddings")]
    assert embeddings
    assert all(np.any(after[name] != before[name]) for name in embeddings)


def test_real_images_come_with_their_own_labels(labelled, monkeypatch):
    tiny = {"image_size": 8, "latent_size": 5, "generator_filters": (4, 4), "discriminator_filters": (4, 4, 4)}
    gan = models.build("dcgan28", 0, classes=3, **tiny)
    seen = []

    def watched(*args):
        seen.append((args[3], args[-1]))
        return discriminator_step(*args)

    monkeypatch.setattr(batch_steps, "discriminator_step", watched)
    list(Trainer(gan, labelled, batch_size=8).train(steps=4))
    for real, (labels, asked_for) in seen:
        numbers = np.rint((real[:, 0, 0, 0] + 1) / 2 * 255 / 5).astype(int)
        np.testing.assert_array_equal(labels, numbers % 3)
        assert set(asked_for) <= {0, 1, 2}


def test_a_conditional_gan_needs_labels_that_it_knows(dataset, labelled):
    tiny = {"image_size": 8, "latent_size": 5, "generator_filters": (4, 4), "discriminator_filters": (4, 4, 4)}
    with pytest.raises(DataError, match="expected images with labels, for it is conditional, got none in tiny"):
        Trainer(models.build("dcgan28", 0, classes=3, **tiny), dataset, batch_size=8)
    with pytest.raises(DataError, match="expected labels from 0 to 1, got 0 to 2 in labelled"):
        Trainer(models.build("dcgan28", 0, classes=2, **tiny), labelled, batch_size=8)
