"""The reference kernels against their definitions, written as loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan import kernels
from minigan.kernels.reference.convolution import im2col
from minigan.kernels.reference.windows import scatter, windows
from tests.numerical import relative_error

GEOMETRIES = st.tuples(
    st.integers(1, 3),  # images
    st.tuples(st.integers(3, 7), st.integers(3, 7)),  # height, width
    st.integers(1, 3),  # channels
    st.integers(1, 3),  # filters
    st.tuples(st.integers(1, 3), st.integers(1, 3)),  # kernel
    st.tuples(st.integers(1, 3), st.integers(1, 3)),  # strides
    st.tuples(st.tuples(st.integers(0, 2), st.integers(0, 2)), st.tuples(st.integers(0, 2), st.integers(0, 2))),
)


def direct(x: np.ndarray, kernel: np.ndarray, strides, pads) -> np.ndarray:
    """The sum of the definition, one output at a time."""
    x = np.pad(x, ((0, 0), *pads, (0, 0)))
    kh, kw, _, f = kernel.shape
    oh, ow = (x.shape[1] - kh) // strides[0] + 1, (x.shape[2] - kw) // strides[1] + 1
    y = np.empty((len(x), oh, ow, f))
    for n, p, q in np.ndindex(len(x), oh, ow):
        window = x[n, p * strides[0] : p * strides[0] + kh, q * strides[1] : q * strides[1] + kw]
        y[n, p, q] = np.tensordot(window, kernel, 3)
    return y


@settings(max_examples=60, deadline=None)
@given(GEOMETRIES)
def test_convolution_and_both_adjoints(geometry):
    n, image, c, f, size, strides, pads = geometry
    rng = np.random.default_rng(0)
    x, kernel = rng.standard_normal((n, *image, c)), rng.standard_normal((*size, c, f))
    y = kernels.conv2d(x, kernel, strides, pads)
    assert relative_error(y, direct(x, kernel, strides, pads)) < 1e-13
    dy = rng.standard_normal(y.shape)
    # Linear in x and in the kernel: each gradient is the adjoint, <conv(x, k), dy> = <x, dx> = <k, dk>.
    product, scale = np.sum(y * dy), np.linalg.norm(y) * np.linalg.norm(dy)
    dx = kernels.conv2d_input_grad(dy, kernel, image, strides, pads)
    dkernel = kernels.conv2d_kernel_grad(x, dy, size, strides, pads)
    assert dx.shape == x.shape
    assert dkernel.shape == kernel.shape
    assert abs(np.sum(x * dx) - product) < 1e-13 * scale
    assert abs(np.sum(kernel * dkernel) - product) < 1e-13 * scale


@settings(max_examples=40, deadline=None)
@given(GEOMETRIES)
def test_scatter_is_the_adjoint_of_windows(geometry):
    n, image, c, _, size, strides, pads = geometry
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, *image, c))
    view = windows(kernels.pad(x, pads), size, strides)
    weights = rng.standard_normal(view.shape)
    taps = (weights[:, :, :, i, j] for i, j in np.ndindex(*size))
    forwards, backwards = np.sum(view * weights), np.sum(x * scatter(taps, image, size, strides, pads))
    assert forwards == pytest.approx(backwards, rel=1e-10, abs=1e-10)


def test_im2col_writes_windows_row_by_row():
    x = np.arange(16.0).reshape(1, 4, 4, 1)
    np.testing.assert_array_equal(im2col(x, (3, 3), (1, 1))[1], [1, 2, 3, 5, 6, 7, 9, 10, 11])


def test_windows_copy_nothing():
    x = np.zeros((2, 5, 5, 3))
    assert np.shares_memory(windows(x, (3, 3), (2, 2)), x)


@pytest.mark.parametrize("kernel", [kernels.upsample_nearest, kernels.upsample_bilinear])
def test_upsampling_gradients_are_adjoints(kernel):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 4, 2))
    y = kernel(x, (3, 2))
    dy = rng.standard_normal(y.shape)
    gradient = getattr(kernels, f"{kernel.__name__}_grad")
    assert np.sum(y * dy) == pytest.approx(np.sum(x * gradient(dy, (3, 2))), rel=1e-12)


def test_channel_sum_is_the_sum_over_all_but_the_last_axis():
    x = np.random.default_rng(0).standard_normal((3, 4, 5, 2))
    np.testing.assert_allclose(kernels.channel_sum(x), x.sum((0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(kernels.channel_sum(x[:, 0, 0]), x[:, 0, 0].sum(0), rtol=1e-12)
