"""One D step and one G step, end to end: against differences of the losses through both networks."""

import copy

import numpy as np
import pytest
from numerical import numerical_gradient, relative_error

from minigan import losses, models
from minigan.errors import NonFiniteError, StaleCacheError
from minigan.layers import Context
from minigan.optimizers import SGD, Adam, Optimizer
from minigan.random import Stream
from minigan.training import discriminator_step, generator_step


class Witness(Optimizer):
    """Notes the gradient it is given and moves nothing."""

    def __init__(self) -> None:
        super().__init__(learning_rate=1.0)

    def update(self, w: np.ndarray, g: np.ndarray) -> None:
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


@pytest.mark.parametrize("name", ["non-saturating", "minimax"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_discriminator_gradient_is_that_of_its_loss(arrays, name, smoothing):
    real, noise = arrays
    gan, loss, witness = small_gan(), losses.get(name, smoothing), Witness()
    frozen = Context(training=True, rng=Stream(0, "dropout"), update_stats=False)

    def value() -> float:
        frozen.rng.state = Stream(0, "dropout").state
        fake, _ = gan.generator.forward(noise, frozen)
        p_real, _ = gan.discriminator.forward(real, frozen)
        p_fake, _ = gan.discriminator.forward(fake, frozen)
        t = 1 - smoothing
        return float(-np.mean(t * np.log(p_real) + (1 - t) * np.log(1 - p_real)) - np.mean(np.log(1 - p_fake)))

    expected_loss = value()
    expected = numerical_gradient(value, gan.discriminator.flat_data)
    result = discriminator_step(gan, loss, witness, real, noise, Stream(0, "dropout"))
    assert result.loss == pytest.approx(expected_loss, rel=1e-12)
    assert relative_error(witness.gradient, expected) < 1e-6


@pytest.mark.parametrize("name", ["non-saturating", "minimax"])
def test_generator_gradient_is_that_of_its_loss_through_the_discriminator(arrays, name):
    _, noise = arrays
    gan, witness = small_gan(), Witness()
    frozen = Context(training=True, rng=Stream(0, "dropout"), update_stats=False)

    def value() -> float:
        frozen.rng.state = Stream(0, "dropout").state
        fake, _ = gan.generator.forward(noise, frozen)
        p, _ = gan.discriminator.forward(fake, frozen)
        return float(np.mean(np.log(1 - p)) if name == "minimax" else -np.mean(np.log(p)))

    expected_loss = value()
    expected = numerical_gradient(value, gan.generator.flat_data)
    result = generator_step(gan, losses.get(name), witness, noise, Stream(0, "dropout"))
    assert result.loss == pytest.approx(expected_loss, rel=1e-12)
    assert relative_error(witness.gradient, expected) < 1e-6


def test_discriminator_step_leaves_the_generator_as_it_was(arrays):
    real, noise = (array.astype(np.float32) for array in arrays)
    gan = small_gan(np.float32)
    before, own = state_of(gan.generator), state_of(gan.discriminator)
    discriminator_step(gan, losses.NonSaturating(), Adam(), real, noise, Stream(0))
    assert_same_state(gan.generator, before)
    assert not gan.generator.flat_grad.any()
    moved = [name for name, values in gan.discriminator.state_dict().items() if np.any(values != own[name])]
    assert set(moved) == set(own)


def test_generator_step_leaves_the_discriminator_as_it_was(arrays):
    _, noise = (array.astype(np.float32) for array in arrays)
    gan = small_gan(np.float32)
    before, own = state_of(gan.discriminator), state_of(gan.generator)
    gan.discriminator.flat_grad[...] = 7
    generator_step(gan, losses.NonSaturating(), Adam(), noise, Stream(0))
    assert_same_state(gan.discriminator, before)
    assert (gan.discriminator.flat_grad == 7).all()
    moved = [name for name, values in gan.generator.state_dict().items() if np.any(values != own[name])]
    assert set(moved) == set(own)


def test_discriminator_averages_follow_the_real_batch_and_then_the_generated_one(arrays):
    real, noise = arrays
    gan = small_gan()
    twin = copy.deepcopy(gan)
    train = Context(training=True, rng=Stream(0))
    fake, _ = twin.generator.forward(noise, train._replace(update_stats=False))
    twin.discriminator.forward(real, train)
    twin.discriminator.forward(fake, train)
    discriminator_step(gan, losses.NonSaturating(), Witness(), real, noise, Stream(0))
    assert_same_state(gan.discriminator, state_of(twin.discriminator))


def test_steps_stay_in_float32(arrays):
    real, noise = (array.astype(np.float32) for array in arrays)
    gan = small_gan(np.float32)
    d = discriminator_step(gan, losses.NonSaturating(), Adam(), real, noise, Stream(0))
    g = generator_step(gan, losses.NonSaturating(), Adam(), noise, Stream(0))
    for array in (d.real_logits, d.fake_logits, g.fake_logits, gan.generator.flat_grad, gan.discriminator.flat_data):
        assert array.dtype == np.float32


def test_steps_move_each_network_down_its_loss(arrays):
    real, noise = arrays
    gan, loss = small_gan(), losses.NonSaturating()
    for step in (
        lambda rate: discriminator_step(gan, loss, SGD(rate), real, noise, Stream(0)).loss,
        lambda rate: generator_step(gan, loss, SGD(rate), noise, Stream(0)).loss,
    ):
        first = step(1e-3)
        assert step(1e-3) < first


def test_a_saturated_discriminator_still_teaches_the_generator(arrays):
    _, noise = (array.astype(np.float32) for array in arrays)
    gan, witness = small_gan(np.float32), Witness()
    gan.discriminator["dense"].bias.data[...] = -80
    with np.errstate(all="raise", under="ignore"):
        result = generator_step(gan, losses.NonSaturating(), witness, noise, Stream(0))
    assert result.loss == pytest.approx(80, rel=0.05)
    assert np.linalg.norm(witness.gradient) > 1e-3


@pytest.mark.parametrize("step", ["discriminator", "generator"])
def test_a_nan_stops_a_step_before_any_weight_moves(arrays, step):
    real, noise = arrays
    gan = small_gan()
    gan.discriminator["dense"].bias.data[...] = np.nan
    before = gan.discriminator.flat_data.copy()
    run = {
        "discriminator": lambda: discriminator_step(gan, losses.NonSaturating(), Adam(), real, noise, Stream(0)),
        "generator": lambda: generator_step(gan, losses.NonSaturating(), Adam(), noise, Stream(0)),
    }
    with pytest.raises(NonFiniteError, match=f"the {step}'s loss is nan"):
        run[step]()
    np.testing.assert_array_equal(gan.discriminator.flat_data, before)
    np.testing.assert_array_equal(gan.generator.flat_data, small_gan().generator.flat_data)


def test_a_cache_from_before_the_discriminators_update_is_refused(arrays):
    real, noise = arrays
    gan = small_gan()
    y, caches = gan.discriminator.forward(real, Context(training=True, rng=Stream(0)))
    discriminator_step(gan, losses.NonSaturating(), Adam(), real, noise, Stream(0))
    with pytest.raises(StaleCacheError, match="run forward again"):
        gan.discriminator.backward(np.ones_like(y), caches)
