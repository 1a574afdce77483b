"""One D step and one G step, end to end: their losses by the formula, their gradients by the checker."""

import copy

import numpy as np
import pytest

from minigan import losses, models
from minigan.errors import NonFiniteError, StaleCacheError
from minigan.gradcheck.steps import discriminator_step_functions, generator_step_functions
from minigan.gradcheck.steps import small_gan as checked_gan
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
    result = discriminator_step(gan, losses.get(name, smoothing), Witness(), real, noise, Stream(0, "dropout"))
    assert result.loss == pytest.approx(expected, rel=1e-12)


@every_game
def test_generator_loss_is_the_formula_s(arrays, name):
    _, noise = arrays
    gan = small_gan()
    ctx = Context(training=True, rng=Stream(0, "dropout"), update_stats=False)
    fake, _ = gan.generator.forward(noise, ctx)
    p, _ = gan.discriminator.forward(fake, ctx)
    expected = np.mean(np.log(1 - p)) if name == "minimax" else -np.mean(np.log(p))
    result = generator_step(gan, losses.get(name), Witness(), noise, Stream(0, "dropout"))
    assert result.loss == pytest.approx(expected, rel=1e-12)


@every_game
@every_smoothing
def test_discriminator_gradient_is_that_of_its_loss(name, smoothing, gradcheck):
    forward, backward, weights = discriminator_step_functions(name, smoothing)
    report = gradcheck(forward, weights, backward=backward, mode="directional")
    assert report.rows[0].mode == "differences, 8 directions"


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
