"""Arguments for every kernel that has a twin: what the parity tests run on.

`CASES` maps a kernel's name to a function that makes arguments for its definition out of a `Source`. A source answers
by drawing at random (`Drawn`, by hypothesis, which looks for small failures) or always with the usual (`Usual`).
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from minigan.kernels import Activation, Convolution, Product, UpsampledConvolution, output_size

GATES = ("sigmoid", "normal", "tanh")
SLOPES = (0.2, 0.0, 1.0, 0.3, 2.0, -0.5)
ACTIVATIONS = (
    Activation("leaky_relu", 0.2),
    Activation(),
    Activation("leaky_relu", 0.0),
    Activation("leaky_relu", 1.0),
    Activation("tanh"),
    Activation("sigmoid"),
)


class Source:
    """Where a case's sizes, options and numbers come from.

    Parameters
    ----------
    dtype : dtype
        Of all numbers.
    specials : bool
        Sprinkle NaN and infinities over the numbers.
    """

    def __init__(self, dtype: Any, specials: bool = False) -> None:
        self.dtype, self.specials = np.dtype(dtype), specials
        self.rng = np.random.default_rng(self.seed())

    def seed(self) -> int:
        raise NotImplementedError

    def whole(self, low: int, high: int, usual: int) -> int:
        """A number from low to high."""
        raise NotImplementedError

    def one_of(self, options: Sequence[Any]) -> Any:
        """One of the options, of which the first is usual."""
        raise NotImplementedError

    def images(self) -> int:
        """How many, none included."""
        return self.whole(0, 5, usual=13)

    def numbers(self, *shape: int, low: float | None = None, ties: bool = True) -> np.ndarray:
        """Normal numbers, or uniform ones from `low` to 1; perhaps few different ones; in any order in memory."""
        if low is not None:
            array = self.rng.uniform(low, 1, shape)
        else:
            array = self.rng.standard_normal(shape)
            if ties and self.one_of((False, True)):
                array = np.round(array)  # whole numbers: zeros, at which rectifiers have their kink, and equal maxima
        if self.specials:
            places = self.rng.random(shape) < 0.1
            array = np.where(places, self.rng.choice([np.nan, np.inf, -np.inf], shape), array)
        return self.laid_out(np.array(array, self.dtype))

    def laid_out(self, array: np.ndarray) -> np.ndarray:
        """The same values in the usual order, in the reversed order, or with gaps or backwards."""
        layout = self.one_of(("C", "F", "gaps", "backwards"))
        if layout == "F":
            array = np.asfortranarray(array)
        elif layout == "gaps" and array.ndim:
            array = np.repeat(array, 2, axis=-1)[..., ::2]
        elif layout == "backwards" and array.ndim:
            array = np.ascontiguousarray(array[::-1])[::-1]
        array.flags.writeable = False
        return array


class Drawn(Source):
    """Random answers."""

    def __init__(self, data: st.DataObject, dtype: Any, specials: bool = False) -> None:
        self.data = data
        super().__init__(dtype, specials)

    def seed(self) -> int:
        return self.data.draw(st.integers(0, 2**32 - 1), "seed")

    def whole(self, low: int, high: int, usual: int) -> int:
        return self.data.draw(st.integers(low, high))

    def one_of(self, options: Sequence[Any]) -> Any:
        return self.data.draw(st.sampled_from(options))


class Usual(Source):
    """The usual answers, and enough images for several slabs."""

    def seed(self) -> int:
        return 0

    def whole(self, low: int, high: int, usual: int) -> int:
        return usual

    def one_of(self, options: Sequence[Any]) -> Any:
        return options[0]


# What kernels share


def any_shape(s: Source) -> tuple[int, ...]:
    n, h, w, c = image_shape(s)
    return s.one_of(((n, h, w, c), (n, c), (n, w, c), (n,), ()))


def image_shape(s: Source) -> tuple[int, int, int, int]:
    return s.images(), s.whole(1, 7, usual=6), s.whole(1, 7, usual=5), s.whole(1, 5, usual=4)


def channelled(s: Source) -> tuple[int, ...]:
    n, h, w, c = image_shape(s)
    return s.one_of(((n, h, w, c), (n, c), (n, w, c)))


def windows(s: Source, most: int = 4) -> tuple[tuple[int, ...], tuple, tuple, tuple]:
    """The shape of images, and the size, strides and pads of windows of which at least one fits."""
    size = s.whole(1, most, usual=3), s.whole(1, most, usual=2)
    strides = s.whole(1, 3, usual=2), s.whole(1, 3, usual=1)
    pads = tuple((s.whole(0, 2, usual=1), s.whole(0, 2, usual=0)) for _ in range(2))
    pads = s.one_of((pads, ((0, 0), (0, 0))))
    n, h, w, c = image_shape(s)
    h, w = (max(extent, k - sum(around)) for extent, k, around in zip((h, w), size, pads))
    return (n, h, w, c), size, strides, pads


def fit(
    shape: tuple[int, ...], size: tuple, strides: tuple, pads: tuple, dilation: tuple = (1, 1), groups: int = 1
) -> tuple[int, ...]:
    return tuple(map(output_size, shape[1:3], size, strides, pads, dilation))


# One function for each group of kernels


def function(s: Source, *options: Any) -> tuple:
    """f(x, ...)"""
    return (s.numbers(*any_shape(s)), *options)


def gradient(s: Source, *options: Any) -> tuple:
    """f(dy, x, ...)"""
    shape = any_shape(s)
    return (s.numbers(*shape), s.numbers(*shape), *options)


def gradient_by_y(s: Source) -> tuple:
    """f(dy, y), y as from a sigmoid or tanh."""
    shape = any_shape(s)
    return s.numbers(*shape), s.numbers(*shape, low=0.0)


def neighbours(s: Source) -> tuple:
    """Groups of up to six numbers."""
    return (s.numbers(*any_shape(s), s.whole(1, 6, usual=5)),)


def neighbours_grad(s: Source) -> tuple:
    """dy, and a mask of one place in each group."""
    dy = s.numbers(*any_shape(s))
    pieces = s.whole(1, 6, usual=5)
    return dy, np.eye(pieces, dtype=np.bool_)[s.rng.integers(0, pieces, dy.shape)]


def cross_entropy(s: Source) -> tuple:
    """Logits of at least one image, and what they should say: one number for all, or one for each."""
    shape = s.whole(1, 5, usual=13), s.whole(1, 3, usual=1)
    target = s.numbers(*shape, low=0.0) if s.one_of((False, True)) else s.one_of((0.9, 0.0, 1.0))
    return s.numbers(*shape), target


def relu_options(s: Source) -> tuple:
    return s.one_of((None, 1.0)), s.one_of((0.0, 0.2, 2.0, -0.5)), s.one_of((0.0, 0.0, 1.0, -1.0))


def pools(s: Source) -> tuple:
    """As `windows`, without windows that are outside the image: they would have no mean."""
    (n, h, w, c), size, strides, pads = windows(s)
    pads = tuple((min(before, k - 1), min(after, k - 1)) for (before, after), k in zip(pads, size))
    h, w = (max(extent, k) for extent, k in zip((h, w), size))
    return (n, h, w, c), size, strides, pads


def pool(s: Source) -> tuple:
    shape, *options = pools(s)
    return (s.numbers(*shape), *options)


def pool_grad(s: Source) -> tuple:
    shape, *options = pools(s)
    n, _, _, c = shape
    return (s.numbers(n, *fit(shape, *options), c), shape[1:3], *options)


def max_pool_grad(s: Source) -> tuple:
    dy, image, size, *options = pool_grad(s)
    places = s.rng.integers(0, size[0] * size[1], dy.shape)
    return (dy, places, image, size, *options)


def upsample(s: Source) -> tuple:
    return s.numbers(*image_shape(s)), (s.whole(1, 3, usual=2), s.whole(1, 3, usual=2))


def upsample_grad(s: Source) -> tuple:
    n, h, w, c = image_shape(s)
    size = s.whole(1, 3, usual=2), s.whole(1, 3, usual=2)
    return s.numbers(n, h * size[0], w * size[1], c), size


def pad(s: Source) -> tuple:
    shape, _, _, pads = windows(s)
    return s.numbers(*shape), pads, s.one_of((0.0, -float("inf"), 1.5))


def convolution(s: Source) -> tuple[tuple[int, ...], tuple[int, ...], tuple]:
    """The shapes of images and kernel, and the options; in some cases many channels to few, or few to many."""
    (n, h, w, c), size, strides, pads = windows(s)
    c, f = s.one_of(((c, s.whole(1, 5, usual=7)), (24, 1), (32, 2), (1, 8), (16, 16)))
    if s.one_of((False, True)):
        strides = 1, 1
    shape, kernel, options = (n, h, w, c), (*size, c, f), (strides, pads)
    return s.one_of(((shape, kernel, options), *spread_and_grouped(s, shape, kernel, options)))


def spread_and_grouped(s: Source, shape: tuple, kernel: tuple, options: tuple) -> list[tuple]:
    """The same with windows whose pixels are apart; in groups; with a group for each channel; and with both."""
    (n, h, w, c), (kh, kw, *_), (strides, pads) = shape, kernel, options
    dilation = s.whole(1, 3, usual=2), s.whole(2, 3, usual=2)
    large = (n, *(max(e, (k - 1) * d + 1 - sum(p)) for e, k, d, p in zip((h, w), (kh, kw), dilation, pads)))
    groups, each = s.whole(2, 4, usual=2), s.whole(1, 3, usual=1)
    apart, beside = (strides, pads, dilation), (strides, pads, (1, 1), groups)
    return [
        ((*large, c), kernel, apart),
        ((n, h, w, 3 * groups), (kh, kw, 3, 2 * groups), beside),
        ((n, h, w, groups), (kh, kw, 1, each * groups), beside),
        ((*large, 2 * groups), (kh, kw, 2, groups), (*apart, groups)),
        ((*large, groups), (kh, kw, 1, each * groups), (*apart, groups)),
    ]


def conv2d(s: Source) -> tuple:
    shape, kernel, options = convolution(s)
    return (s.numbers(*shape), s.numbers(*kernel), *options)


def conv2d_input_grad(s: Source) -> tuple:
    shape, kernel, options = convolution(s)
    dy = s.numbers(shape[0], *fit(shape, kernel[:2], *options), kernel[3])
    return (dy, s.numbers(*kernel), shape[1:3], *options)


def conv2d_kernel_grad(s: Source) -> tuple:
    shape, kernel, options = convolution(s)
    dy = s.numbers(shape[0], *fit(shape, kernel[:2], *options), kernel[3])
    return (s.numbers(*shape), dy, kernel[:2], *options)


def affine_shapes(s: Source) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], Any]:
    """Of x, of the kernel and of y; and the operation."""
    match s.one_of(("convolution", "upsampled", "product")):
        case "convolution":
            shape, kernel, options = convolution(s)
            y = shape[0], *fit(shape, kernel[:2], *options), kernel[3]
            return shape, kernel, y, Convolution(*options)
        case "upsampled":
            n, h, w, c = image_shape(s)
            h, w = s.one_of(((h, w), (2 * h, 2 * w)))
            f = s.whole(1, 5, usual=3)
            return (n, h, w, c), (3, 3, c, f), (n, 2 * h, 2 * w, f), UpsampledConvolution()
    shape = channelled(s)
    kernel = shape[-1], s.one_of((s.whole(1, 5, usual=3), 40))  # some outweigh the vectors they meet
    return shape, kernel, (*shape[:-1], kernel[1]), Product()


def affine(s: Source) -> tuple:
    x, kernel, _, operation = affine_shapes(s)
    bias = s.numbers(kernel[-1]) if s.one_of((True, False)) else None
    return s.numbers(*x), s.numbers(*kernel), bias, operation, s.one_of(ACTIVATIONS)


def affine_grads(s: Source) -> tuple:
    x, kernel, y, operation = affine_shapes(s)
    options = operation, s.one_of(ACTIVATIONS), s.one_of((True, False))
    return (s.numbers(*y), s.numbers(*y, low=-1.0), s.numbers(*x), s.numbers(*kernel), *options)


def statistics(s: Source, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean, variance and epsilon."""
    return s.numbers(shape[-1], ties=False), s.numbers(shape[-1], low=0.3), s.one_of((1e-3, 1e-5))


def dropout_bits(s: Source, shape: tuple[int, ...]) -> np.ndarray:
    return s.rng.integers(0, 256, -(-math.prod(shape) // 8), np.uint8)


def normalize_activate(s: Source) -> tuple:
    shape = channelled(s)
    gamma, beta = s.numbers(shape[-1], ties=False), s.numbers(shape[-1], ties=False)
    bits, keep = (dropout_bits(s, shape), 0.75) if s.one_of((True, False)) else (None, 1.0)
    x = s.numbers(*shape, ties=False)
    return (x, *statistics(s, shape), gamma, beta, s.one_of(ACTIVATIONS), bits, keep)


def normalize_activate_grads(s: Source) -> tuple:
    shape = channelled(s)
    bits, keep = (dropout_bits(s, shape), 0.75) if s.one_of((True, False)) else (None, 1.0)
    dy, y, x = (s.numbers(*shape) for _ in range(3))
    gamma = s.numbers(shape[-1])
    activation, training = s.one_of(ACTIVATIONS), s.one_of((True, False))
    return (dy, y, bits, keep, x, *statistics(s, shape), gamma, activation, training)


def batch_norm(s: Source) -> tuple:
    shape = channelled(s)
    return (s.numbers(*shape), *statistics(s, shape))


def batch_norm_grad(s: Source) -> tuple:
    shape = channelled(s)
    return s.numbers(*shape), s.numbers(*shape), s.numbers(shape[-1], low=0.3)


def batch_norm_tangent_grad(s: Source) -> tuple:
    shape = channelled(s)
    return (*(s.numbers(*shape) for _ in range(5)), s.numbers(shape[-1], low=0.3))


def layer_norm_grad(s: Source) -> tuple:
    shape = channelled(s)
    return s.numbers(*shape), s.numbers(*shape), s.numbers(*shape[:-1], 1, low=0.3)


def layer_norm_tangent_grad(s: Source) -> tuple:
    shape = channelled(s)
    return (*(s.numbers(*shape) for _ in range(5)), s.numbers(*shape[:-1], 1, low=0.3))


def grouped(s: Source) -> tuple[tuple[int, ...], int]:
    """A shape, and a number of groups that divides its channels."""
    *places, channels = channelled(s)
    groups = s.whole(1, 3, usual=2)
    return (*places, groups * channels), groups


def group_norm(s: Source) -> tuple:
    shape, groups = grouped(s)
    return s.numbers(*shape, ties=False), groups, s.one_of((1e-3, 1e-5))


def group_norm_grad(s: Source) -> tuple:
    shape, groups = grouped(s)
    inverse_std = s.numbers(shape[0], 1, shape[-1], low=0.3)
    return s.numbers(*shape), s.numbers(*shape), inverse_std, groups


def dropout(s: Source) -> tuple:
    shape = channelled(s)
    return s.numbers(*shape), dropout_bits(s, shape), s.one_of((0.75, 0.5))


#: Arguments for the definition, by the kernel's name.
CASES: dict[str, Callable[[Source], tuple]] = {
    "affine": affine,
    "affine_grads": affine_grads,
    "average_pool": pool,
    "average_pool_grad": pool_grad,
    "binary_crossentropy_from_logits": cross_entropy,
    "channel_sum": lambda s: (s.numbers(*channelled(s)),),
    "conv2d": conv2d,
    "conv2d_input_grad": conv2d_input_grad,
    "conv2d_kernel_grad": conv2d_kernel_grad,
    "dropout": dropout,
    "elu": lambda s: function(s, s.one_of((1.0, 0.3, 2.0))),
    "elu_grad": lambda s: gradient(s, s.one_of((1.0, 0.3, 2.0))),
    "elu_second_derivative": lambda s: function(s, s.one_of((1.0, 0.3, 2.0))),
    "gated": lambda s: function(s, s.one_of(GATES)),
    "gated_grad": lambda s: gradient(s, s.one_of(GATES)),
    "gated_second_derivative": lambda s: function(s, s.one_of(GATES)),
    "group_norm": group_norm,
    "group_norm_grad": group_norm_grad,
    "leaky_relu": lambda s: function(s, s.one_of(SLOPES)),
    "leaky_relu_grad": lambda s: gradient(s, s.one_of(SLOPES)),
    "max_with_mask": neighbours,
    "max_with_mask_grad": neighbours_grad,
    "max_pool": pool,
    "max_pool_grad": max_pool_grad,
    "moments": lambda s: (s.numbers(*channelled(s)),),
    "normalize_activate": normalize_activate,
    "normalize_activate_grads": normalize_activate_grads,
    "batch_norm": batch_norm,
    "batch_norm_grad": batch_norm_grad,
    "batch_norm_tangent_grad": batch_norm_tangent_grad,
    "layer_norm": lambda s: (s.numbers(*channelled(s), ties=False), s.one_of((1e-3, 1e-5))),
    "layer_norm_grad": layer_norm_grad,
    "layer_norm_tangent_grad": layer_norm_tangent_grad,
    "pad": pad,
    "relu": lambda s: function(s, *relu_options(s)),
    "relu_grad": lambda s: gradient(s, *relu_options(s)),
    "sigmoid": function,
    "sigmoid_grad": gradient_by_y,
    "sigmoid_second_derivative": function,
    "softplus": function,
    "softplus_grad": gradient,
    "softplus_second_derivative": function,
    "tanh": function,
    "tanh_grad": gradient_by_y,
    "tanh_second_derivative": function,
    "upsample_nearest": upsample,
    "upsample_nearest_grad": upsample_grad,
}

#: Kernels that change their arguments and return nothing: test_optimizers.py and cuda/test_optimizer.py test them.
IN_PLACE = ("update_in_place",)

#: Kernels in which a NaN or an infinity has to come out where it does by the definition. In a product over windows or
#: a mean over a batch it may spread: 0 times infinity is a NaN, and each twin may multiply other zeros.
POINTWISE = sorted(
    set(CASES)
    - {name for name in CASES if name.startswith(("affine", "binary", "conv2d", "normalize", "moments", "channel_sum"))}
)
