"""Gradient penalties: their gradients by differences, in closed form, at their edges; their points; what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigan import penalties
from minigan.errors import ConfigError, ShapeError
from minigan.layers import (
    ELU,
    AveragePooling2D,
    BatchNorm,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    Layer,
    LayerNorm,
    LeakyReLU,
    Maxout,
    MaxPooling2D,
    MinibatchStdDev,
    ProjectionHead,
    Sigmoid,
    Softplus,
    SpectralNormalization,
    Tanh,
    UpSampling2D,
    ZeroPadding2D,
)
from minigan.layers.elementwise import Elementwise
from minigan.losses import Minimax
from minigan.model.sequential import Sequential
from minigan.random import Stream
from tests.loops import loop_over

NAMES = list(penalties.PENALTIES)
every_penalty = pytest.mark.parametrize("name", NAMES)

#: Networks, by what they are made of, and the shape of an input.
NETWORKS = {
    "dense, smooth": (
        lambda: [Dense(4), Softplus(), LayerNorm(), Dense(4, activation="tanh"), Dense(3), ELU(0.7), Dense(1)],
        (3,),
    ),
    "dense, sigmoid": (lambda: [Dense(5, activation="sigmoid"), Dense(4), Sigmoid(), Dense(1)], (3,)),
    "dense, kinks": (lambda: [Dense(6), LeakyReLU(0.2), Maxout(3, 2), LayerNorm(scale=False), Dense(1)], (3,)),
    "convolution": (
        lambda: [
            ZeroPadding2D(((0, 1), (2, 0))),
            Conv2D(2, 2, strides=2, padding="same"),
            LeakyReLU(0.2),
            LayerNorm(),
            Conv2DTranspose(1, 3, strides=2, padding="same", activation="tanh"),
            MaxPooling2D(2),
            Flatten(),
            Dense(1),
        ],
        (4, 3, 1),
    ),
    "resizing": (
        lambda: [
            UpSampling2D(2),
            Conv2D(2, 2, padding="same", activation="softplus"),
            AveragePooling2D(2),
            UpSampling2D(2, interpolation="bilinear"),
            Conv2D(2, 2, activation="elu"),
            GlobalAveragePooling2D(),
            Dense(1),
        ],
        (3, 3, 1),
    ),
    "random": (
        lambda: [Dropout(0.3), Dense(5, activation="tanh"), GaussianNoise(0.2), Dropout(0.4), Softplus(), Dense(1)],
        (4,),
    ),
    "normalised kernels": (
        lambda: [SpectralNormalization(Dense(5, activation="tanh")), SpectralNormalization(Dense(1))],
        (3,),
    ),
}
every_network = loop_over(network=NETWORKS)


def network_of(layers: list[Layer], shape: tuple[int, ...], dtype: type = np.float64, fuse: bool = True) -> Sequential:
    """Built, with biases that are not zero."""
    network = Sequential(layers, name="judge", fuse=fuse)
    network.build(shape, seed=3, dtype=dtype)
    network.flat_data += Stream(4, "biases").normal(network.flat_data.shape, stddev=0.1, dtype=dtype)
    network.mark_updated()
    return network


def batches(shape: tuple[int, ...], dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray]:
    rng = Stream(5, "batches")
    return rng.normal((4, *shape), dtype=dtype), rng.normal((4, *shape), mean=0.5, dtype=dtype)


def gradient_of(name: str, network: Sequential, shape: tuple[int, ...]) -> np.ndarray:
    """The penalty's gradient with respect to all parameters, by the tangent pass."""
    network.zero_grads()
    penalties.get(name)(network, *batches(shape), Stream(6))
    return network.flat_grad.copy()


def differences(name: str, network: Sequential, shape: tuple[int, ...], h: float = 1e-5) -> np.ndarray:
    """The same, every entry by a central difference of the penalty."""
    penalty, point = penalties.get(name), network.flat_data.copy()
    found = np.empty_like(point)
    for i in range(point.size):
        sides = []
        for sign in (1, -1):
            network.flat_data[i] = point[i] + sign * h
            sides.append(float(penalty(network, *batches(shape), Stream(6))))
        network.flat_data[i] = point[i]
        found[i] = (sides[0] - sides[1]) / (2 * h)
    return found


def error(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest, in units of the largest number."""
    return float(abs(found - expected).max() / abs(expected).max())


# The gradient


@every_network
@every_penalty
def test_the_gradient_is_that_of_the_differences_in_every_entry(name, network):
    layers, shape = NETWORKS[network]
    network = network_of(layers(), shape)
    assert error(gradient_of(name, network, shape), differences(name, network, shape)) < 1e-6


CURVED = {"tanh": Tanh, "sigmoid": Sigmoid, "softplus": Softplus, "elu": ELU}


@pytest.mark.parametrize("activation", CURVED)
@every_penalty
def test_without_the_second_derivative_of_an_activation_the_gradient_is_wrong(name, activation, monkeypatch):
    """What code does that takes an activation's slope in the backward pass for a constant."""
    network = network_of([Dense(5), CURVED[activation](), Dense(4), CURVED[activation](), Dense(1)], (3,))
    expected = differences(name, network, (3,))
    assert error(gradient_of(name, network, (3,)), expected) < 1e-6
    monkeypatch.setattr(CURVED[activation], "second_derivative", Elementwise.second_derivative)
    assert error(gradient_of(name, network, (3,)), expected) > 0.01


@every_network
@every_penalty
def test_fused_steps_have_the_same_penalty_and_gradient(name, network):
    layers, shape = NETWORKS[network]
    plain, fused = (network_of(layers(), shape, fuse=fuse) for fuse in (False, True))
    values = [float(penalties.get(name)(network, *batches(shape), Stream(6))) for network in (plain, fused)]
    assert values[1] == pytest.approx(values[0], rel=1e-12)
    assert error(fused.flat_grad, plain.flat_grad) < 1e-12


def test_the_networks_above_are_fused():
    fused = [network_of(layers(), shape) for layers, shape in NETWORKS.values()]
    assert sum(len(network.steps) < len(network) for network in fused) >= 3


@every_network
@every_penalty
def test_float32_stays_float32_and_is_right_to_its_digits(name, network):
    layers, shape = NETWORKS[network]
    network = network_of(layers(), shape, np.float32)
    value = penalties.get(name)(network, *batches(shape, np.float32), Stream(6))
    assert value.dtype == network.flat_grad.dtype == np.float32
    exact = network_of(layers(), shape)
    exact.load_state_dict({name: array.astype(np.float64) for name, array in network.state_dict().items()})
    rng = Stream(6)
    real, fake = (array.astype(np.float64) for array in batches(shape, np.float32))
    rng.uniform = lambda *arguments, dtype: Stream.uniform(rng, *arguments).astype(dtype)  # of the same bits
    rng.normal = lambda *arguments, dtype, **more: Stream.normal(rng, *arguments, **more).astype(dtype)
    assert float(penalties.get(name)(exact, real, fake, rng)) == pytest.approx(float(value), rel=1e-4)
    assert error(network.flat_grad, exact.flat_grad) < 1e-3


@every_penalty
def test_the_gradient_is_added_to_earlier_ones(name):
    network = network_of([Dense(3, activation="tanh"), Dense(1)], (2,))
    alone = gradient_of(name, network, (2,))
    network.flat_grad[...] = 7
    penalties.get(name)(network, *batches((2,)), Stream(6))
    np.testing.assert_allclose(network.flat_grad, alone + 7, rtol=1e-12)


@every_penalty
def test_it_is_proportional_to_its_weight(name):
    network = network_of([Dense(3, activation="tanh"), Dense(1)], (2,))
    once = float(penalties.get(name, 1.5)(network, *batches((2,)), Stream(6)))
    gradient = network.flat_grad.copy()
    network.zero_grads()
    assert float(penalties.get(name, 3.0)(network, *batches((2,)), Stream(6))) == pytest.approx(2 * once)
    np.testing.assert_allclose(network.flat_grad, 2 * gradient, rtol=1e-12)


@every_penalty
def test_weights_images_and_averages_are_not_changed(name):
    network = network_of([SpectralNormalization(Dense(3, activation="tanh")), Dense(1)], (2,))
    real, fake = batches((2,))
    before, images = network.state_dict(), (real.copy(), fake.copy())
    penalties.get(name)(network, real, fake, Stream(6))
    assert all((array == before[key]).all() for key, array in network.state_dict().items())
    assert (real == images[0]).all()
    assert (fake == images[1]).all()


# A plane, where all is known: D(x) = <w, x> + b has the gradient w everywhere


def plane(w: list[float], dtype: type = np.float64) -> Sequential:
    network = Sequential([Dense(1)])
    network.build((len(w),), dtype=dtype)
    network.flat_data[:-1] = w
    network.mark_updated()
    return network


@pytest.mark.parametrize("name", ["wgan-gp", "dragan"])
def test_a_linear_d_is_penalised_for_a_slope_above_or_below_one(name):
    for w, slope in (([3.0, -4.0], 5.0), ([0.3, -0.4], 0.5)):
        network = plane(w)
        value = penalties.get(name, 2.0)(network, *batches((2,)), Stream(0))
        assert float(value) == pytest.approx(2 * (slope - 1) ** 2)
        expected = 2 * 2 * (slope - 1) * np.array([*w, 0]) / slope
        np.testing.assert_allclose(network.flat_grad, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["r1", "r2"])
def test_a_linear_d_is_penalised_for_every_slope(name):
    network = plane([3.0, -4.0])
    assert float(penalties.get(name, 2.0)(network, *batches((2,)), Stream(0))) == pytest.approx(25.0)
    np.testing.assert_allclose(network.flat_grad, [6, -8, 0], rtol=1e-12, atol=1e-12)


@every_penalty
def test_each_example_has_a_norm_of_its_own(name):
    """And the mean is over examples: a norm of the whole batch, or a mean over pixels, would be another penalty."""
    g = np.array([[[3.0], [4.0]], [[0.0], [0.5]]])
    value, v = penalties.get(name, 6.0).value(g)
    if name in ("r1", "r2"):
        assert float(value) == pytest.approx(6 / 2 * (25 + 0.25) / 2)
        np.testing.assert_allclose(v, 6 / 2 * g)
    else:
        assert float(value) == pytest.approx(6 * (16 + 0.25) / 2)
        np.testing.assert_allclose(v, [[[6 * 4 * 0.6], [6 * 4 * 0.8]], [[0], [6 * -0.5]]])


# A slope of nothing, or of next to nothing


@every_penalty
def test_a_gradient_of_zero_has_a_penalty_and_leaves_the_weights_alone(name):
    network = plane([0.0, 0.0], np.float32)
    value = penalties.get(name, 2.0)(network, *batches((2,), np.float32), Stream(0))
    assert float(value) == (0.0 if name in ("r1", "r2") else 2.0)
    assert (network.flat_grad == 0).all()


@given(st.integers(-37, 30))
def test_a_norm_is_right_at_every_size_that_float32_holds(exponent):
    size = np.float32(10.0**exponent)
    g = np.array([[3, -4], [0, 0]], np.float32) * size
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        norms, directions = penalties.norms_and_directions(g)
    np.testing.assert_allclose(norms, [[5 * size], [0]], rtol=1e-6)
    np.testing.assert_allclose(directions, [[0.6, -0.8], [0, 0]], rtol=1e-6)
    assert norms.dtype == directions.dtype == np.float32


def test_a_gradient_too_small_for_its_square_is_penalised():
    network = plane([3e-30, -4e-30], np.float32)
    penalties.get("wgan-gp", 1.0)(network, *batches((2,), np.float32), Stream(0))
    np.testing.assert_allclose(network.flat_grad, [-1.2, 1.6, 0], rtol=1e-6)


# The points


def test_wgan_gp_takes_one_point_on_the_line_between_each_pair():
    real, fake = batches((3, 2, 1))
    x = penalties.WGANGP().points(real, fake, Stream(0))
    e = (x - fake) / (real - fake)
    assert e.reshape(4, -1).std(axis=1) == pytest.approx(0, abs=1e-12)
    e = e[:, 0, 0, 0]
    assert ((e >= 0) & (e < 1)).all()
    assert len(set(e.round(9))) == 4


def test_dragan_raises_real_images_by_at_most_half_a_standard_deviation():
    real = batches((20, 20, 1))[0]
    moved = penalties.DRAGAN().points(real, None, Stream(0)) - real
    assert moved.min() >= 0
    assert moved.max() < 0.5 * real.std()
    shares = moved.reshape(4, -1).max(axis=1) / (0.5 * real.std())
    # Of 400 uniform numbers the largest is nearly 1: what is left is the image's own number.
    expected = Stream(0)
    expected.uniform(real.shape, dtype=np.float64)
    np.testing.assert_allclose(shares, expected.uniform((4,), dtype=np.float64), rtol=0.02)


def test_r1_and_r2_take_the_images_themselves():
    real, fake = batches((2,))
    assert penalties.R1().points(real, fake, None) is real
    assert penalties.R2().points(real, fake, None) is fake


@every_penalty
def test_d_gets_the_labels_of_the_points(name):
    seen = []

    class Evidence(Tanh):
        def forward(self, x, ctx):
            seen.append(ctx)
            return super().forward(x, ctx)

    network = network_of([Dense(4), Evidence(), ProjectionHead(3)], (2,))
    labels, others = np.array([0, 1, 2, 0]), np.array([2, 2, 1, 0])
    penalties.get(name)(network, *batches((2,)), Stream(0), labels)
    penalties.get(name)(network, *batches((2,)), Stream(0), labels, others)
    assert [ctx.training for ctx in seen] == [True, True]
    assert [ctx.update_stats for ctx in seen] == [False, False]
    assert seen[0].labels is labels
    assert seen[1].labels is (others if name == "r2" else labels)


@every_penalty
def test_a_conditional_d_s_gradient_is_that_of_the_differences(name):
    network = network_of([Dense(4, activation="tanh"), ProjectionHead(3)], (2,))
    labels, point = np.array([0, 1, 2, 0]), network.flat_data.copy()
    penalty = penalties.get(name)
    penalty(network, *batches((2,)), Stream(6), labels)
    gradient = network.flat_grad.copy()
    way = np.random.default_rng(0).standard_normal(point.shape)
    sides = []
    for h in (1e-5, -1e-5):
        network.flat_data[...] = point + h * way
        sides.append(float(penalty(network, *batches((2,)), Stream(6), labels)))
    assert (sides[0] - sides[1]) / 2e-5 == pytest.approx(gradient @ way, rel=1e-6)


# What is refused


class NoTangent(Layer):
    """Passes x on."""

    def forward(self, x, ctx=None):
        return x, None

    def backward(self, dy, cache, param_grads=True):
        return dy


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Dense(2), BatchNorm(name="norm"), Dense(1)], "BatchNorm 'norm' mixes the examples of a batch: use LayerNorm"),
        ([MinibatchStdDev(), Dense(1)], "MinibatchStdDev 'minibatch_std_dev' mixes the examples"),
        ([NoTangent(), Dense(1)], "tangent pass of every layer: NoTangent 'no_tangent' has none"),
        ([Dense(3)], r"one logit an example, got outputs \(3,\)"),
        ([Dense(1), Sigmoid()], r"on D's logits, and Sigmoid 'sigmoid' is a sigmoid: give it D.logits"),
        ([Dense(1, activation="sigmoid")], "Dense 'dense' is a sigmoid"),
    ],
)
@every_penalty
def test_a_discriminator_that_cannot_be_penalised_is_refused_by_the_layer_s_name(name, layers, message):
    network = Sequential(layers)
    network.build((2,), dtype=np.float64)
    with pytest.raises(ConfigError, match=message):
        penalties.get(name)(network, *batches((2,)), Stream(0))
    assert (network.flat_grad == 0).all()


def test_the_logits_of_a_network_with_a_sigmoid_are_accepted():
    network = network_of([Dense(3, activation="tanh"), Dense(1, activation="sigmoid")], (2,))
    assert float(penalties.R1()(network.logits, *batches((2,)), Stream(0))) > 0
    assert (network.flat_grad[:-1] != 0).all()


def test_bad_arguments_are_refused():
    with pytest.raises(ConfigError, match="unknown penalty 'gp': expected one of wgan-gp, dragan, r1, r2"):
        penalties.get("gp")
    for weight in (-1.0, np.inf, np.nan):
        with pytest.raises(ConfigError, match=f"weight to be at least 0 and finite, got {weight}"):
            penalties.get("r1", weight)
    real, fake = batches((2,))
    with pytest.raises(ShapeError, match=r"as many generated as real images, got \(3, 2\) for \(4, 2\)"):
        penalties.WGANGP()(plane([1.0, 0.0]), real, fake[:3], Stream(0))


# What they are for


def test_r1_makes_the_simplest_gan_converge():
    """The Dirac-GAN of the paper: real data at 0, generated data at theta, ``D(x) = psi x``; it begins at (1, 1)."""
    game = Minimax()

    def distance(weight: float) -> float:
        """From the equilibrium (0, 0), after 200 simultaneous steps."""
        psi, theta, penalty = Sequential([Dense(1, use_bias=False)]), 1.0, penalties.R1(weight)
        psi.build((1,), dtype=np.float64)
        psi.flat_data[...] = 1
        for _ in range(200):
            psi.zero_grads()
            real, fake = np.zeros((1, 1)), np.full((1, 1), theta)
            for loss, x in ((game.real, real), (game.fake, fake)):
                z, caches = psi.forward(x)
                psi.backward(loss(z)[1], caches)
            slope = psi.backward(game.generator(z)[1], caches, param_grads=False)[0, 0]
            penalty(psi, real, fake, Stream(0))
            psi.flat_data -= 0.1 * psi.flat_grad
            psi.mark_updated()
            theta -= 0.1 * slope
        return float(np.hypot(theta, psi.flat_data[0]))

    assert distance(0.0) > np.sqrt(2)
    assert distance(1.0) < 0.01
