"""Generated images, one D step and one G step on them: losses by the formula, gradients by the checker."""

import copy

import numpy as np
import pytest

from minigan import losses, models
from minigan.errors import GradientError, NonFiniteError, StaleCacheError
from minigan.gradcheck.builtin.training_steps import (
    discriminator_step_functions,
    generator_step_functions,
    simultaneous_step_functions,
)
from minigan.gradcheck.builtin.training_steps import small_gan as checked_gan
from minigan.layers import Context
from minigan.optimizers import SGD, Adam, Optimizer
from minigan.random import Stream
from minigan.training import discriminator_step, generate, generator_step


class Evidence(Optimizer):
    """Notes the gradient it is given and moves nothing."""

    def __init__(self) -> None:
        super().__init__(learning_rate=1.0)

    def update(self, w: np.ndarray, g: np.ndarray, slots: dict[str, np.ndarray]) -> None:
        self.gradient = g.copy()


def small_gan(dtype: type = np.float64) -> models.GAN:
    """The article's networks, small: every kind of layer, BatchNorm, Dropout and the odd map's padding included."""
    gan = models.build(
        "dcgan28", image_size=12, latent_size=3, generator_filters=(3, 2), discriminator_filters=(2, 3, 4)
    )
    gan.generator.build((3,), seed=5, dtype=dtype)
    gan.discriminator.build((12, 12, 1), seed=6, dtype=dtype)
    # With biases at 0, a patch of dead units leaves the next ReLU exactly on its kink, where no difference is right.
    for network in (gan.generator, gan.discriminator):
        network.flat_data += 0.05 * np.random.default_rng(8).standard_normal(network.flat_data.size)
    return gan


@pytest.fixture
def arrays() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return np.tanh(rng.standard_normal((4, 12, 12, 1))), rng.uniform(-1, 1, (4, 3))


def state_of(network) -> dict[str, np.ndarray]:
    return network.state_dict()


def assert_same_state(network, before: dict[str, np.ndarray]) -> None:
    for name, values in network.state_dict().items():
        np.testing.assert_array_equal(values, before[name], err_msg=name)


every_game = pytest.mark.parametrize("name", ["non-saturating", "minimax"])
every_smoothing = pytest.mark.parametrize("smoothing", [0.0, 0.1])


@every_game
@every_smoothing
def test_discriminator_loss_is_the_formula_s(arrays, name, smoothing):
    real, noise = arrays
    gan = small_gan()
    ctx = Context(training=True, rng=Stream(0, "dropout"), update_stats=False)
    fake, _ = gan.generator.forward(noise, ctx)
    p_real, _ = gan.discriminator.forward(real, ctx)
    p_fake, _ = gan.discriminator.forward(fake, ctx)
    t = 1 - smoothing
    expected = -np.mean(t * np.log(p_real) + (1 - t) * np.log(1 - p_real)) - np.mean(np.log(1 - p_fake))
    result = discriminator_step(gan, losses.get(name, smoothing), Evidence(), real, fake, Stream(0, "dropout"))
    assert result.loss == pytest.approx(expected, rel=1e-12)


@every_game
def test_generator_loss_is_the_formula_s(arrays, name):
    _, noise = arrays
    gan = small_gan()
    ctx = Context(training=True, rng=Stream(0, "dropout"), update_stats=False)
    fake, caches = gan.generator.forward(noise, ctx)
    p, _ = gan.discriminator.forward(fake, ctx)
    expected = np.mean(np.log(1 - p)) if name == "minimax" else -np.mean(np.log(p))
    result = generator_step(gan, losses.get(name), Evidence(), fake, caches, Stream(0, "dropout"))
    assert result.loss == pytest.approx(expected, rel=1e-12)


@every_game
@every_smoothing
def test_discriminator_gradient_is_that_of_its_loss(name, smoothing, gradcheck):
    forward, backward, weights = discriminator_step_functions(name, smoothing)
    report = gradcheck(forward, weights, backward=backward, mode="directional")
    assert report.rows[0].mode == "differences, 8 directions"


@pytest.mark.parametrize("network", ["discriminator", "generator"])
def test_a_step_of_both_has_the_gradient_of_each(network, gradcheck):
    forward, backward, weights = simultaneous_step_functions(network)
    gradcheck(forward, weights, backward=backward, mode="directional")


@every_game
def test_generator_gradient_is_that_of_its_loss_through_the_discriminator(name, gradcheck):
    forward, backward, weights = generator_step_functions(name)
    report = gradcheck(forward, weights, backward=backward, mode="directional")
    assert report.rows[0].mode == "differences, 8 directions"


def test_the_checked_networks_have_every_kind_of_layer_of_the_real_ones():
    kinds = [
        {type(layer) for network in (gan.generator, gan.discriminator) for layer in network}
        for gan in (checked_gan(np.float64), models.build("dcgan28"))
    ]
    assert kinds[0] == kinds[1]


def test_images_are_generated_in_training_mode(arrays):
    _, noise = arrays
    gan = small_gan()
    before, judge = state_of(gan.generator), state_of(gan.discriminator)
    fake, caches = generate(gan, noise, Stream(0))
    expected, _ = small_gan().generator.forward(noise, Context(training=True))
    np.testing.assert_array_equal(fake, expected)
    assert len(caches) == len(gan.generator.steps)
    moved = {name for name, values in gan.generator.state_dict().items() if np.any(values != before[name])}
    assert moved == {name for name in before if "moving" in name} != set()
    assert_same_state(gan.discriminator, judge)


def test_images_can_be_generated_without_a_trace(arrays):
    _, noise = arrays
    gan = small_gan()
    before = state_of(gan.generator)
    fake, _ = generate(gan, noise, Stream(0), update_stats=False)
    np.testing.assert_array_equal(fake, generate(small_gan(), noise, Stream(0))[0])
    assert_same_state(gan.generator, before)


def test_discriminator_step_leaves_the_generator_as_it_was(arrays):
    real, noise = (array.astype(np.float32) for array in arrays)
    gan = small_gan(np.float32)
    fake, _ = generate(gan, noise, Stream(0))
    before, own = state_of(gan.generator), state_of(gan.discriminator)
    gan.generator.flat_grad[...] = 7
    discriminator_step(gan, losses.NonSaturating(), Adam(), real, fake, Stream(0))
    assert_same_state(gan.generator, before)
    assert (gan.generator.flat_grad == 7).all()
    moved = [name for name, values in gan.discriminator.state_dict().items() if np.any(values != own[name])]
    assert set(moved) == set(own)


def test_generator_step_leaves_the_discriminator_as_it_was(arrays):
    _, noise = (array.astype(np.float32) for array in arrays)
    gan = small_gan(np.float32)
    fake, caches = generate(gan, noise, Stream(0))
    before, own = state_of(gan.discriminator), state_of(gan.generator)
    gan.discriminator.flat_grad[...] = 7
    generator_step(gan, losses.NonSaturating(), Adam(), fake, caches, Stream(0))
    assert_same_state(gan.discriminator, before)
    assert (gan.discriminator.flat_grad == 7).all()
    moved = {name for name, values in gan.generator.state_dict().items() if np.any(values != own[name])}
    assert moved == {name for name in own if "moving" not in name}, "the averages moved when the images were made"


def test_the_discriminator_s_update_leaves_the_generator_s_caches_good(arrays):
    real, noise = arrays
    gan, loss, old, new = small_gan(), losses.NonSaturating(), Evidence(), Evidence()
    fake, caches = generate(gan, noise, Stream(0))
    discriminator_step(gan, loss, Adam(0.01), real, fake, Stream(0))
    result = generator_step(gan, loss, old, fake, caches, Stream(0))
    expected = generator_step(gan, loss, new, *generate(gan, noise, Stream(0)), Stream(0))
    assert result.loss == expected.loss
    np.testing.assert_array_equal(old.gradient, new.gradient)


def test_the_generator_is_judged_by_the_discriminator_s_new_weights(arrays):
    real, noise = arrays
    gan, loss = small_gan(), losses.NonSaturating()
    fake, caches = generate(gan, noise, Stream(0))
    before, _ = gan.discriminator.logits.forward(fake, Context(training=True, rng=Stream(0), update_stats=False))
    discriminator_step(gan, loss, SGD(0.1), real, fake, Stream(0))
    after, _ = gan.discriminator.logits.forward(fake, Context(training=True, rng=Stream(0), update_stats=False))
    result = generator_step(gan, loss, Evidence(), fake, caches, Stream(0))
    np.testing.assert_array_equal(result.fake_logits, after)
    assert (before != after).all()


def test_no_generator_learns_twice_from_the_same_images(arrays):
    _, noise = arrays
    gan, loss = small_gan(), losses.NonSaturating()
    fake, caches = generate(gan, noise, Stream(0))
    generator_step(gan, loss, Adam(), fake, caches, Stream(0))
    before = state_of(gan.generator)
    with pytest.raises(StaleCacheError, match="run forward again"):
        generator_step(gan, loss, Adam(), fake, caches, Stream(0))
    assert_same_state(gan.generator, before)


def test_the_steps_change_no_image(arrays):
    real, noise = arrays
    gan, loss = small_gan(), losses.NonSaturating()
    fake, caches = generate(gan, noise, Stream(0))
    before = real.copy(), fake.copy()
    discriminator_step(gan, loss, Adam(), real, fake, Stream(0))
    generator_step(gan, loss, Adam(), fake, caches, Stream(0))
    np.testing.assert_array_equal(real, before[0])
    np.testing.assert_array_equal(fake, before[1])


def test_discriminator_averages_follow_the_real_batch_and_then_the_generated_one(arrays):
    real, noise = arrays
    gan = small_gan()
    twin = copy.deepcopy(gan)
    train = Context(training=True, rng=Stream(0))
    fake, _ = generate(gan, noise, Stream(0))
    twin.discriminator.forward(real, train)
    twin.discriminator.forward(fake, train)
    discriminator_step(gan, losses.NonSaturating(), Evidence(), real, fake, Stream(0))
    assert_same_state(gan.discriminator, state_of(twin.discriminator))


def test_steps_stay_in_float32(arrays):
    real, noise = (array.astype(np.float32) for array in arrays)
    gan = small_gan(np.float32)
    fake, caches = generate(gan, noise, Stream(0))
    d = discriminator_step(gan, losses.NonSaturating(), Adam(), real, fake, Stream(0))
    g = generator_step(gan, losses.NonSaturating(), Adam(), fake, caches, Stream(0))
    weights = [gan.generator.flat_data, gan.generator.flat_grad, gan.discriminator.flat_data]
    for array in (fake, d.real_logits, d.fake_logits, g.fake_logits, *weights):
        assert array.dtype == np.float32


def test_steps_lower_the_loss_of_each_network(arrays):
    real, noise = arrays
    gan, loss = small_gan(), losses.NonSaturating()
    for step in (
        lambda rate: discriminator_step(gan, loss, SGD(rate), real, generate(gan, noise, Stream(0))[0], Stream(0)).loss,
        lambda rate: generator_step(gan, loss, SGD(rate), *generate(gan, noise, Stream(0)), Stream(0)).loss,
    ):
        first = step(1e-3)
        assert step(1e-3) < first


def test_a_saturated_discriminator_still_teaches_the_generator(arrays):
    _, noise = (array.astype(np.float32) for array in arrays)
    gan, witness = small_gan(np.float32), Evidence()
    gan.discriminator["dense"].bias.data[...] = -80
    with np.errstate(all="raise", under="ignore"):
        result = generator_step(gan, losses.NonSaturating(), witness, *generate(gan, noise, Stream(0)), Stream(0))
    assert result.loss == pytest.approx(80, rel=0.05)
    assert np.linalg.norm(witness.gradient) > 1e-3


@pytest.mark.parametrize("step", ["discriminator", "generator"])
def test_a_nan_stops_a_step_before_any_weight_is_updated(arrays, step):
    real, noise = arrays
    gan, loss = small_gan(), losses.NonSaturating()
    gan.discriminator["dense"].bias.data[...] = np.nan
    before = gan.discriminator.flat_data.copy()
    fake, caches = generate(gan, noise, Stream(0))
    run = {
        "discriminator": lambda: discriminator_step(gan, loss, Adam(), real, fake, Stream(0)),
        "generator": lambda: generator_step(gan, loss, Adam(), fake, caches, Stream(0)),
    }
    with pytest.raises(NonFiniteError, match=f"the {step}'s loss is nan"):
        run[step]()
    np.testing.assert_array_equal(gan.discriminator.flat_data, before)
    np.testing.assert_array_equal(gan.generator.flat_data, small_gan().generator.flat_data)


def test_a_cache_from_before_the_discriminators_update_is_refused(arrays):
    real, noise = arrays
    gan = small_gan()
    fake, _ = generate(gan, noise, Stream(0))
    y, caches = gan.discriminator.forward(real, Context(training=True, rng=Stream(0)))
    discriminator_step(gan, losses.NonSaturating(), Adam(), real, fake, Stream(0))
    with pytest.raises(StaleCacheError, match="run forward again"):
        gan.discriminator.backward(np.ones_like(y), caches)


@pytest.mark.parametrize(
    ("mistake", "complaint"),
    [
        (lambda ctx: ctx._replace(training=False), "the generator's step drew no dropout masks"),
        (lambda ctx: ctx._replace(update_stats=True), "the other network's step changed discriminator's"),
    ],
)
def test_the_checker_sees_how_the_generator_s_step_runs_the_discriminator(monkeypatch, mistake, complaint):
    forward, _, weights = generator_step_functions()
    forward(weights)
    monkeypatch.setattr("minigan.training.steps.Context", lambda **settings: mistake(Context(**settings)))
    monkeypatch.setattr("minigan.gradcheck.builtin.training_steps.generate", generate_in_training_mode)
    with pytest.raises(GradientError, match=complaint):
        forward(weights)


def generate_in_training_mode(gan, noise, rng):
    return gan.generator.forward(noise, Context(training=True, rng=rng))
