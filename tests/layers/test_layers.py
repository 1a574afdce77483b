"""What single layers compute, by hand; and the arguments they refuse."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigan.errors import ConfigError, ShapeError
from minigan.layers import (
    ELU,
    GELU,
    SELU,
    AveragePooling2D,
    BatchNorm,
    Context,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    GaussianNoise,
    GroupNormalization,
    LayerNorm,
    LeakyReLU,
    Maxout,
    MaxPooling2D,
    PReLU,
    ReLU,
    Reshape,
    Sigmoid,
    SiLU,
    Softplus,
    UpSampling2D,
    ZeroPadding2D,
)
from minigan.layers.base import INFERENCE
from minigan.random import Stream


def forward(layer, x, ctx=INFERENCE):
    layer.build(x.shape[1:], dtype=x.dtype)
    return layer.forward(x, ctx)[0]


def test_convolution_is_the_sum_over_the_window():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 5, 6, 3))
    layer = Conv2D(4, (2, 3), strides=(2, 1))
    layer.build(x.shape[1:], dtype=np.float64)
    y, _ = layer.forward(x)
    kernel = layer.kernel.data
    for n, p, q, f in np.ndindex(y.shape):
        expected = np.sum(x[n, 2 * p : 2 * p + 2, q : q + 3] * kernel[..., f])
        assert y[n, p, q, f] == pytest.approx(expected, rel=1e-12)


def test_same_padding_puts_the_odd_row_at_the_bottom_and_the_right():
    x = np.zeros((1, 4, 4, 1))
    x[0, 0, 0] = 1
    layer = Conv2D(1, 3, strides=2, padding="same")
    layer.build(x.shape[1:], dtype=np.float64)
    layer.kernel.data[...] = np.arange(9).reshape(3, 3, 1, 1)
    # With all the padding below, the first window begins at the first pixel, which meets kernel entry (0, 0).
    assert layer.forward(x)[0][0, 0, 0, 0] == 0
    x[0, 0, 0], x[0, 1, 1] = 0, 1
    assert layer.forward(x)[0][0, 0, 0, 0] == 4


@given(size=st.integers(1, 9), kernel=st.integers(1, 5), stride=st.integers(1, 4), channels=st.integers(1, 3))
def test_same_gives_the_size_over_the_stride_rounded_up(size, kernel, stride, channels):
    for layer in (Conv2D(2, kernel, stride, "same"), MaxPooling2D(kernel, stride, "same")):
        height, width, _ = layer.build((size, size + 1, channels))
        assert (height, width) == (-(-size // stride), -(-(size + 1) // stride))
        assert forward(layer, np.zeros((1, size, size + 1, channels))).shape[1:3] == (height, width)


@given(size=st.integers(1, 6), kernel=st.integers(1, 5), stride=st.integers(1, 4))
def test_transposed_convolution_sizes(size, kernel, stride):
    assert Conv2DTranspose(1, kernel, stride, "same").build((size, size, 2))[0] == size * stride
    valid = Conv2DTranspose(1, kernel, stride, "valid").build((size, size, 2))[0]
    assert valid == (size - 1) * stride + max(kernel, stride)


def test_batch_norm_output_has_mean_zero_and_variance_one():
    x = 5 + 3 * np.random.default_rng(0).standard_normal((64, 4, 4, 3))
    y = forward(BatchNorm(epsilon=0.0), x, Context(training=True))
    np.testing.assert_allclose(y.mean((0, 1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(y.var((0, 1, 2)), 1, rtol=1e-12)


def test_batch_norm_averages_move_by_one_minus_momentum_with_the_biased_variance():
    x = np.random.default_rng(0).standard_normal((4, 3)) + 2
    layer = BatchNorm(momentum=0.8)
    forward(layer, x, Context(training=True))
    np.testing.assert_allclose(layer.moving_mean.data, 0.2 * x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(layer.moving_variance.data, 0.8 + 0.2 * x.var(0), rtol=1e-12)


def test_batch_norm_keeps_float32_digits_over_many_pixels():
    x = np.random.default_rng(0).standard_normal((64, 28, 28, 2)).astype(np.float32) + 10
    layer = BatchNorm(momentum=0.0)
    forward(layer, x, Context(training=True))
    np.testing.assert_allclose(layer.moving_mean.data, x.astype(np.float64).mean((0, 1, 2)), rtol=2e-6)
    np.testing.assert_allclose(layer.moving_variance.data, x.astype(np.float64).var((0, 1, 2)), rtol=2e-6)


def test_dropout_keeps_the_mean_and_drops_the_rate():
    x = np.ones((100, 1000), np.float32)
    y = forward(Dropout(0.25), x, Context(training=True, rng=Stream(0, "dropout")))
    assert set(np.unique(y).tolist()) == {0.0, float(np.float32(1 / 0.75))}
    assert np.mean(y == 0) == pytest.approx(0.25, abs=0.005)


def test_dropout_and_noise_do_nothing_at_inference():
    x = np.random.default_rng(0).standard_normal((3, 4))
    np.testing.assert_array_equal(forward(Dropout(0.5), x), x)
    np.testing.assert_array_equal(forward(GaussianNoise(0.5), x), x)


def test_dropout_in_training_needs_a_stream():
    with pytest.raises(ConfigError, match=r"rng=Stream\(seed\)"):
        forward(Dropout(0.5), np.ones((2, 2)), Context(training=True))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_and_softplus_do_not_overflow(dtype):
    x = np.array([[-1e4, -80.0, 0.0, 80.0, 1e4]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        np.testing.assert_allclose(forward(Sigmoid(), x), [[0, np.exp(-80.0), 0.5, 1, 1]], rtol=1e-6)
        np.testing.assert_allclose(forward(Softplus(), x), [[0, np.exp(-80.0), np.log(2), 80, 1e4]], rtol=1e-6)


def test_max_pooling_gives_the_gradient_of_a_tie_to_the_first():
    layer = MaxPooling2D(2)
    layer.build((2, 2, 1), dtype=np.float64)
    _, cache = layer.forward(np.ones((1, 2, 2, 1)))
    np.testing.assert_array_equal(layer.backward(np.ones((1, 1, 1, 1)), cache)[0, ..., 0], [[1, 0], [0, 0]])


def test_padding_never_wins_a_maximum_and_never_counts_in_an_average():
    x = np.full((1, 3, 3, 1), -5.0)
    assert (forward(MaxPooling2D(2, padding="same"), x) == -5).all()
    assert (forward(AveragePooling2D(2, padding="same"), x) == -5).all()


@given(
    size=st.integers(1, 6),
    window=st.integers(1, 4),
    stride=st.integers(1, 4),
    before=st.integers(0, 5),
    after=st.integers(0, 5),
    layer=st.sampled_from([MaxPooling2D, AveragePooling2D]),
    down=st.booleans(),
)
def test_a_pool_is_refused_exactly_where_a_window_holds_no_pixel(size, window, stride, before, after, layer, down):
    count = (size + before + after - window) // stride + 1
    starts = [place * stride - before for place in range(count)]
    holds = [max(start, 0) < min(start + window, size) for start in starts]

    def axes(own, other):
        return (own, other) if down else (other, own)

    pool = layer(axes(window, 1), axes(stride, 1), padding=axes((before, after), (0, 0)))
    x = np.random.default_rng(0).standard_normal((2, *axes(size, 3), 2))
    if not holds or not all(holds):
        with pytest.raises(ShapeError, match=f"{layer.__name__} '{pool.name}': (expected every window|windows of)"):
            pool.build(x.shape[1:])
        return
    assert np.isfinite(forward(pool, x)).all()


def test_the_refused_padding_is_named_with_its_bound():
    with pytest.raises(ShapeError) as caught:
        MaxPooling2D(2, padding=((0, 2), (1, 0))).build((4, 4, 1))
    assert str(caught.value) == (
        "MaxPooling2D 'max_pooling2d': expected every window to hold a pixel of the image (4, 4), "
        "got padding ((0, 2), (1, 0)): use less than the windows' (2, 2) on each side"
    )


def test_a_dilated_convolution_is_the_sum_over_pixels_that_are_apart():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 9, 8, 3))
    layer = Conv2D(4, (2, 3), strides=(2, 1), dilation_rate=(3, 2))
    layer.build(x.shape[1:], dtype=np.float64)
    y, _ = layer.forward(x)
    for n, p, q, f in np.ndindex(y.shape):
        expected = np.sum(x[n, 2 * p : 2 * p + 4 : 3, q : q + 5 : 2] * layer.kernel.data[..., f])
        assert y[n, p, q, f] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("channels", "filters", "groups"), [(6, 4, 2), (4, 4, 4), (3, 9, 3)])
def test_filters_of_a_group_see_the_channels_of_the_group(channels, filters, groups):
    x = np.random.default_rng(0).standard_normal((2, 5, 4, channels))
    layer = Conv2D(filters, 3, padding="same", groups=groups)
    layer.build(x.shape[1:], dtype=np.float64)
    layer.bias.data[...] = np.arange(filters)
    assert layer.kernel.data.shape == (3, 3, channels // groups, filters)
    y, _ = layer.forward(x)
    for group in range(groups):
        ins, outs = (slice(group * size // groups, (group + 1) * size // groups) for size in (channels, filters))
        alone = Conv2D(filters // groups, 3, padding="same")
        alone.build((5, 4, channels // groups), dtype=np.float64)
        alone.kernel.data[...], alone.bias.data[...] = layer.kernel.data[..., outs], layer.bias.data[outs]
        np.testing.assert_allclose(y[..., outs], alone.forward(np.ascontiguousarray(x[..., ins]))[0], rtol=1e-12)


@given(
    size=st.integers(1, 5),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
    padding=st.sampled_from(["same", "valid", 0]),
    data=st.data(),
)
def test_an_output_padding_says_which_size_it_is(size, kernel, stride, dilation, padding, data):
    more = data.draw(st.integers(0, stride - 1))
    layer = Conv2DTranspose(2, kernel, stride, padding, dilation_rate=dilation, output_padding=more)
    span = (kernel - 1) * dilation + 1
    expected = (size - 1) * stride + (span % 2 if padding == "same" else span) + more
    if not expected:
        with pytest.raises(ShapeError, match="leaves nothing"):
            layer.build((size, size, 2))
        return
    x = np.random.default_rng(0).standard_normal((2, size, size, 2))
    assert forward(layer, x).shape == (2, expected, expected, 2)
    # The convolution of which it is the adjoint comes back to the input's size.
    y, cache = layer.forward(x)
    assert layer.backward(y, cache).shape == x.shape


def test_bilinear_upsampling_has_half_pixel_centres():
    y = forward(UpSampling2D((1, 2), "bilinear"), np.array([0.0, 1.0, 2.0]).reshape(1, 1, 3, 1))
    np.testing.assert_allclose(y.ravel(), [0, 0.25, 0.75, 1.25, 1.75, 2], atol=1e-15)


def test_nearest_upsampling_repeats_rows_and_columns():
    y = forward(UpSampling2D(2), np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1))
    np.testing.assert_array_equal(y[0, ..., 0], [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]])


def test_maxout_takes_the_largest_piece():
    x = np.random.default_rng(0).standard_normal((3, 4))
    layer = Maxout(2, 3)
    y = forward(layer, x)
    pieces = np.einsum("nd,duk->nuk", x, layer.kernel.data) + layer.bias.data
    np.testing.assert_allclose(y, pieces.max(2), rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dense(0), "expected units to be a whole number of at least 1, got 0"),
        (lambda: Dense(2.5), "got 2.5"),
        (lambda: Dense(2, activation="mish"), "unknown activation 'mish': expected one of"),
        (lambda: Dense(2, kernel_initializer="glorot"), "unknown initializer 'glorot': expected one of"),
        (
            lambda: Conv2D(2, (3, 3, 3)),
            "expected kernel_size to be a whole number of at least 1, or two for",
        ),
        (lambda: Conv2D(2, 3, strides=0), "strides"),
        (lambda: Conv2D(2, 3, padding="full"), "expected padding 'same', 'valid' or numbers, got 'full'"),
        (lambda: Conv2D(2, 3, dilation_rate=0), "expected dilation_rate to be"),
        (lambda: Conv2D(2, 3, groups=0), "expected groups to be a whole number of at least 1, got 0"),
        (lambda: Conv2D(3, 3, groups=2), "expected groups to divide the 3 filters, got 2"),
        (lambda: Conv2DTranspose(2, 3, 2, output_padding=2), "less than the strides (2, 2), got 2"),
        (lambda: Conv2DTranspose(2, 3, (1, 2), output_padding=1), "less than the strides (1, 2), got 1"),
        (lambda: Conv2DTranspose(2, 3, 2, output_padding=-1), "from 0 on"),
        (lambda: Conv2DTranspose(2, 3, 2, output_padding=True), "expected output_padding"),
        (lambda: ZeroPadding2D(-1), "none below 0"),
        (lambda: ZeroPadding2D(((1, 2), 3, 4)), "expected padding"),
        (lambda: Dropout(1.0), "expected rate to be at least 0 and less than 1, got 1.0"),
        (lambda: BatchNorm(momentum=1.5), "momentum"),
        (lambda: GaussianNoise(-0.1), "expected stddev to be a finite number of at least 0"),
        (lambda: UpSampling2D(2, "cubic"), "expected interpolation to be one of nearest, bilinear, got 'cubic'"),
    ],
)
def test_bad_arguments_are_refused_by_name(make, message):
    with pytest.raises(ConfigError) as caught:
        make()
    assert message in str(caught.value)


def test_an_activation_with_weights_would_not_be_trained_and_is_refused():
    with pytest.raises(ConfigError, match=r"^Dense 'dense': expected an activation without weights, got <PReLU"):
        Dense(2, activation=PReLU()).build((3,))


def test_a_slope_is_learned_for_each_place_or_shared_along_axes():
    for shared, shape in ((None, (4, 3, 2)), ((1, 2), (1, 1, 2)), ((3,), (4, 3, 1)), ((1, 2, 3), (1, 1, 1))):
        layer = PReLU("ones", shared)
        layer.build((4, 3, 2))
        assert layer.parameters["alpha"].data.shape == shape
    with pytest.raises(ShapeError, match=r"expected shared_axes of an input \('N', 4, 3\), got \(3,\)"):
        PReLU(shared_axes=(3,)).build((4, 3))


def test_a_rectifier_with_learned_slopes_begins_as_a_rectifier():
    x = np.random.default_rng(0).standard_normal((3, 4))
    np.testing.assert_array_equal(forward(PReLU(), x), np.maximum(x, 0))
    np.testing.assert_array_equal(forward(PReLU("ones"), x), x)


def test_self_normalising_activation_keeps_mean_0_and_variance_1():
    y = forward(SELU(), np.random.default_rng(0).standard_normal((400_000, 1)))
    assert y.mean() == pytest.approx(0, abs=0.01)
    assert y.var() == pytest.approx(1, abs=0.01)


def test_gates_by_their_integrals():
    x = np.linspace(-6, 6, 49)[None]
    cdf = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in x[0]])
    np.testing.assert_allclose(forward(GELU(), x)[0], x[0] * cdf, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(forward(GELU(), x.astype(np.float32))[0], x[0] * cdf, rtol=2e-6, atol=2e-7)
    assert 1e-4 < abs(forward(GELU(approximate=True), x)[0] - x[0] * cdf).max() < 5e-4
    np.testing.assert_allclose(forward(SiLU(), x), x / (1 + np.exp(-x)), rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layer", [GELU(), GELU(approximate=True), SiLU(), SELU()])
def test_smooth_rectifiers_do_not_overflow(layer, dtype):
    x = np.array([[-1e30, -1e4, -40, 40, 1e4, 1e30]], dtype)
    layer.build((6,))
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        y, cache = layer.forward(x)
        slopes = layer.backward(np.ones_like(x), cache)
        layer.tangent_backward(x, x, cache, layer.tangent(np.ones_like(x), cache)[1])
    scale, low = (SELU.SCALE, -SELU.SCALE * SELU.ALPHA) if isinstance(layer, SELU) else (1, 0)
    np.testing.assert_allclose(y, [[low, low, low, 40 * scale, 1e4 * scale, 1e30 * scale]], rtol=1e-6, atol=1e-14)
    np.testing.assert_allclose(slopes, [[0, 0, 0, scale, scale, scale]], rtol=1e-6, atol=1e-14)


def test_every_group_of_every_image_has_mean_0_and_variance_1():
    x = 5 + 3 * np.random.default_rng(0).standard_normal((3, 5, 4, 6))
    for groups, size in ((1, 6), (2, 3), (3, 2), (-1, 1)):
        y = forward(GroupNormalization(groups, epsilon=0.0), x).reshape(3, 20, -1, size)
        np.testing.assert_allclose(y.mean((1, 3)), 0, atol=1e-12)
        np.testing.assert_allclose(y.var((1, 3)), 1, rtol=1e-12)


def test_one_group_of_vectors_is_a_layer_normalisation():
    x = np.random.default_rng(0).standard_normal((3, 6))
    np.testing.assert_allclose(forward(GroupNormalization(1), x), forward(LayerNorm(), x), rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (lambda: GroupNormalization(), (4, 4, 8), "expected channels that divide by groups=32, got 8"),
        (lambda: GroupNormalization(4), (4, 4, 6), "expected channels that divide by groups=4, got 6"),
        (lambda: GroupNormalization(-1), (6,), "expected at least 2 numbers in each group, got 1"),
        (lambda: GroupNormalization(6), (1, 1, 6), "expected at least 2 numbers in each group, got 1"),
        (lambda: GroupNormalization(2, axis=1), (4, 4, 6), "expected axis to be -1, that of the channels, got 1"),
    ],
)
def test_groups_that_do_not_fit_are_refused(make, shape, message):
    with pytest.raises(ShapeError, match=message):
        make().build(shape)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Conv2D(2, 3), (5, 5)),
        (Conv2D(2, 3), (2, 5, 1)),
        (Conv2D(2, 3, groups=2), (5, 5, 3)),
        (Conv2D(2, 3, dilation_rate=2), (4, 5, 1)),
        (Conv2DTranspose(2, 3, padding=5), (3, 3, 1)),
        (MaxPooling2D(3), (2, 2, 1)),
        (Maxout(2), (3, 3)),
        (Reshape((4, 4)), (15,)),
        (Reshape((-1, -1)), (16,)),
        (Dense(2), ()),
        (BatchNorm(), ()),
        (UpSampling2D(2), (7,)),
    ],
)
def test_input_shapes_that_do_not_fit_are_refused(layer, shape):
    with pytest.raises(ShapeError, match=f"{type(layer).__name__} '{layer.name}'"):
        layer.build(shape)


def test_leaky_relu_goes_by_the_sign_of_x():
    layer = LeakyReLU(-1.0)
    layer.build((2,), dtype=np.float64)
    _, cache = layer.forward(np.array([[-2.0, 2.0]]))
    np.testing.assert_array_equal(layer.backward(np.array([[3.0, 3.0]]), cache), [[-3, 3]])


@pytest.mark.parametrize(
    "layer", [ReLU(), ReLU(max_value=1.0), LeakyReLU(), ELU(), Sigmoid(), Softplus(), MaxPooling2D(1)]
)
def test_a_nan_stays_one(layer):
    assert np.isnan(forward(layer, np.full((1, 1, 1, 1), np.nan))).all()
