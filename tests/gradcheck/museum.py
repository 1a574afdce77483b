"""The museum of gradient bugs: wrong backward passes of kinds that people write, and the same ones mended.

Every exhibit is a forward with two backwards, or two layers. `check` must catch the wrong one and find nothing in the
mended one; ``docs/gradcheck/museum.md`` shows them all. Plain functions are on NumPy arrays: ``forward`` returns the
output and a cache, ``backward`` takes the upstream gradient and that cache.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from minigan import kernels
from minigan.gradcheck import Report, check
from minigan.layers import BatchNorm, Dense, Dropout, LeakyReLU, MaxPooling2D, Tanh
from minigan.layers.base import INFERENCE, CacheStamp
from minigan.layers.leaky_relu import LeakyReLUCache

__all__ = ["EXHIBITS", "Exhibit"]


@dataclass(frozen=True)
class Exhibit:
    """A wrong backward with its label.

    Attributes
    ----------
    name : str
    room : str
        What kind of mistake it is.
    what : str
        What is wrong, in one sentence.
    looks_right : str
        Why it looks right, in one sentence.
    seen : str
        Where such code is met.
    wrong, mended : callable or class
        Two backwards of `forward`, or two layers.
    inputs : tuple
        The input or the arguments, or their shapes: those where the mistake shows.
    caught_by : tuple of str
        Words of the report: each stands in some sentence about what is wrong, and every such sentence has one of them.
    forward : callable, optional
        None for layers.
    arguments : tuple
        What the layers are made with.
    helpers : tuple
        What the code needs besides and is to be shown with it.
    options : dict
        Of `check`.
    """

    name: str
    room: str
    what: str
    looks_right: str
    seen: str
    wrong: Any
    mended: Any
    inputs: tuple[Any, ...]
    caught_by: tuple[str, ...]
    forward: Callable | None = None
    arguments: tuple[Any, ...] = ()
    helpers: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def check_wrong(self, **options: Any) -> Report:
        """The report on the wrong one."""
        return self.check(self.wrong, **options)

    def check_mended(self, **options: Any) -> Report:
        """The report on the mended one."""
        return self.check(self.mended, **options)

    def check(self, code: Any, **options: Any) -> Report:
        """`minigan.gradcheck.check` of one of the two."""
        options = {"name": code.__name__, **self.options, **options}
        if self.forward is None:
            return check(code(*self.arguments), *self.inputs, **options)
        return check(self.forward, *self.inputs, backward=code, **options)


#: The rooms, in order.
SUMS = "A sum is missing"
FACTORS = "A factor is wrong"
PLACES = "The wrong place"
POINTS = "The right formula at the wrong point"
MEMORY = "What is kept, written and drawn"
PRECISION = "Precision and the second order"

EXHIBITS: list[Exhibit] = []


# A sum is missing.


def upsample(x):
    return x.repeat(2, axis=1).repeat(2, axis=2), None


def upsample_wrong(dy, cache):
    return dy[:, ::2, ::2]


def upsample_mended(dy, cache):
    n, h, w, c = dy.shape
    return dy.reshape(n, h // 2, 2, w // 2, 2, c).sum(axis=(2, 4))


EXHIBITS.append(
    Exhibit(
        name="Upsampling picks one",
        room=SUMS,
        what="A pixel was copied into a block of four, and the backward takes the gradient of one of them.",
        looks_right="Taking every second pixel undoes the upsampling, and the shape is right.",
        seen="Layer libraries written from scratch, and custom upsampling layers for detection networks.",
        forward=upsample,
        wrong=upsample_wrong,
        mended=upsample_mended,
        inputs=((2, 3, 2, 2),),
        caught_by=("x, by differences", "x, by complex step"),
    )
)


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    y = e / e.sum(axis=-1, keepdims=True)
    return y, y


def softmax_wrong(dy, y):
    return dy * y * (1 - y)


def softmax_mended(dy, y):
    return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


EXHIBITS.append(
    Exhibit(
        name="Softmax with the diagonal only",
        room=SUMS,
        what="Every output depends on every input, and the backward knows only how each depends on its own.",
        looks_right="`y (1 - y)` is the derivative of the sigmoid, and the diagonal of softmax's Jacobian.",
        seen="Tables of activations with a `gradient` for each, softmax among the elementwise ones.",
        forward=softmax,
        wrong=softmax_wrong,
        mended=softmax_mended,
        inputs=((3, 4),),
        caught_by=("x, by differences", "x, by complex step"),
    )
)


def normalize(x):
    centred = x - x.mean(axis=0)
    inverse_std = 1 / np.sqrt((centred * centred).mean(axis=0) + 1e-3)
    x_hat = centred * inverse_std
    return x_hat, (x_hat, inverse_std)


def normalize_without_mean(dy, cache):
    x_hat, inverse_std = cache
    return (dy - x_hat * (dy * x_hat).mean(axis=0)) * inverse_std


def normalize_without_variance(dy, cache):
    _, inverse_std = cache
    return (dy - dy.mean(axis=0)) * inverse_std


def normalize_mended(dy, cache):
    x_hat, inverse_std = cache
    return (dy - dy.mean(axis=0) - x_hat * (dy * x_hat).mean(axis=0)) * inverse_std


EXHIBITS += [
    Exhibit(
        name="BatchNorm forgets the mean",
        room=SUMS,
        what="x moves the batch's mean, which moves every output: that term is missing.",
        looks_right="The mean is subtracted like a constant, and a constant has no gradient.",
        seen="Derivations that treat the statistics as given, as they are at inference.",
        forward=normalize,
        wrong=normalize_without_mean,
        mended=normalize_mended,
        inputs=((5, 3),),
        caught_by=("x, by differences", "x, by complex step"),
    ),
    Exhibit(
        name="BatchNorm forgets the variance",
        room=SUMS,
        what="x moves the batch's variance, which every output is divided by: that term is missing.",
        looks_right="Under an upstream gradient of ones the term is zero, and so a check with the sum of y passes.",
        seen="Backward passes whose only check is with `y.sum()`.",
        forward=normalize,
        wrong=normalize_without_variance,
        mended=normalize_mended,
        inputs=((5, 3),),
        caught_by=("x, by differences", "x, by complex step"),
    ),
]


def scale(x, gamma):
    return x * gamma, (x, gamma)


def scale_wrong(dy, cache):
    x, gamma = cache
    return dy * gamma, dy * x


def scale_mended(dy, cache):
    x, gamma = cache
    return dy * gamma, (dy * x).sum(axis=0)


EXHIBITS.append(
    Exhibit(
        name="A broadcast operand is not summed",
        room=SUMS,
        what="Each gamma scales a whole column, and the backward returns a gradient for every row instead of the sum.",
        looks_right="It is the product rule; `gamma = gamma - rate * dgamma` runs too, and broadcasts gamma itself.",
        seen="Small autograd engines, in whose `add` and `mul` broadcasting came later than the gradients.",
        forward=scale,
        wrong=scale_wrong,
        mended=scale_mended,
        inputs=((4, 3), (3,)),
        caught_by=("gamma, by shape",),
    )
)

STRIDE = 2


def conv1d(x, kernel):
    k = len(kernel)
    windows = np.stack([x[:, i : i + k] for i in range(0, x.shape[1] - k + 1, STRIDE)], axis=1)
    return windows @ kernel, (x.shape, windows, kernel)


def conv1d_overwritten(dy, cache):
    shape, windows, kernel = cache
    dx = np.zeros(shape, dy.dtype)
    for p in range(dy.shape[1]):
        dx[:, p * STRIDE : p * STRIDE + len(kernel)] = dy[:, p, None] * kernel
    return dx, np.einsum("np,npk->k", dy, windows)


def conv1d_one_short(dy, cache):
    shape, windows, kernel = cache
    dx = np.zeros(shape, dy.dtype)
    for p in range((shape[1] - len(kernel)) // STRIDE):
        dx[:, p * STRIDE : p * STRIDE + len(kernel)] += dy[:, p, None] * kernel
    return dx, np.einsum("np,npk->k", dy, windows)


def conv1d_mended(dy, cache):
    shape, windows, kernel = cache
    dx = np.zeros(shape, dy.dtype)
    for p in range(dy.shape[1]):
        dx[:, p * STRIDE : p * STRIDE + len(kernel)] += dy[:, p, None] * kernel
    return dx, np.einsum("np,npk->k", dy, windows)


EXHIBITS.append(
    Exhibit(
        name="Overlapping windows overwrite each other",
        room=SUMS,
        what="A pixel that lies in two windows gets the gradient of the last one, not the sum of both.",
        looks_right="With windows side by side, as in most pooling, no pixel lies in two of them.",
        seen="col2im and max pooling with a stride below the window: "
        "[one report](https://github.com/FluxML/Flux.jl/issues/1197).",
        forward=conv1d,
        wrong=conv1d_overwritten,
        mended=conv1d_mended,
        inputs=((2, 7), (3,)),
        caught_by=("x, by differences", "x, by complex step"),
    )
)


# A factor is wrong.


def dense(x, kernel, bias):
    return x @ kernel + bias, (x, kernel)


def dense_averaged_bias(dy, cache):
    x, kernel = cache
    return dy @ kernel.T, x.T @ dy, dy.mean(axis=0)


def dense_mended(dy, cache):
    x, kernel = cache
    return dy @ kernel.T, x.T @ dy, dy.sum(axis=0)


EXHIBITS.append(
    Exhibit(
        name="The bias gradient is averaged",
        room=FACTORS,
        what="The bias went into every row, and its gradient is the rows' mean instead of their sum.",
        looks_right="The loss is a mean over the batch; but the 1/N of that mean is in dy already.",
        seen="Dense layers with `np.mean(dout, axis=0)`, and `x.T @ dout` in the line above.",
        forward=dense,
        wrong=dense_averaged_bias,
        mended=dense_mended,
        inputs=((4, 3), (3, 2), (2,)),
        caught_by=("bias, by differences", "bias, by complex step"),
    )
)


def mean_square(x, kernel):
    z = x @ kernel
    return (z * z).mean(), (x, kernel, z)


def mean_square_wrong(dy, cache):
    x, kernel, z = cache
    dz = dy * 2 * z / z.size
    return dz @ kernel.T, x.T @ dz / len(x)


def mean_square_mended(dy, cache):
    x, kernel, z = cache
    dz = dy * 2 * z / z.size
    return dz @ kernel.T, x.T @ dz


EXHIBITS.append(
    Exhibit(
        name="Divided by N twice",
        room=FACTORS,
        what="The loss's gradient has the 1/N of the mean, and the layer divides by N once more.",
        looks_right="Courses write `dW = 1/m * X.T @ dZ`, where dZ is without the factor; and Adam hides any factor.",
        seen="Code put together from a course's layers and a library's losses.",
        forward=mean_square,
        wrong=mean_square_wrong,
        mended=mean_square_mended,
        inputs=((4, 3), (3, 2)),
        caught_by=("kernel, by differences", "kernel, by complex step"),
    )
)


class UnscaledDropout(Dropout):
    def backward(self, dy, cache, param_grads=True):
        self.check_backward(dy, cache)
        return kernels.dropout(dy, cache.bits, 1.0)


EXHIBITS.append(
    Exhibit(
        name="Dropout forgets the scale",
        room=FACTORS,
        what="The forward multiplies by the mask and by 1 / (1 - rate), the backward by the mask alone.",
        looks_right="The zeros are right; and the tangent pass is made of the backward, so that the adjoint agrees.",
        seen="Code that moved the scale from inference to training, in the forward only.",
        wrong=UnscaledDropout,
        mended=Dropout,
        arguments=(0.4,),
        inputs=((4, 6),),
        caught_by=("x, by differences", "x, by complex step", "by tangent_backward"),
    )
)


def sum_of_three(x):
    framed = np.pad(x, ((0, 0), (1, 1)))
    return framed[:, :-2] + framed[:, 1:-1] + framed[:, 2:]


def average_pool(x):
    counts = sum_of_three(np.ones_like(x[:1]))
    return sum_of_three(x) / counts, counts


def average_pool_wrong(dy, counts):
    return sum_of_three(dy) / 3


def average_pool_mended(dy, counts):
    return sum_of_three(dy / counts)


EXHIBITS.append(
    Exhibit(
        name="Average pooling divides by the whole window at the border",
        room=FACTORS,
        what="A window over the border has two pixels in the image, and its gradient is divided by three.",
        looks_right="It is right in the middle of the image, everywhere without padding, and close in any large image.",
        seen="Pooling with an option for what padding counts: "
        "[forward and backward disagree](https://github.com/tracel-ai/burn/issues/5604) about the divisor.",
        forward=average_pool,
        wrong=average_pool_wrong,
        mended=average_pool_mended,
        inputs=((2, 5),),
        caught_by=("x, by differences", "x, by complex step"),
        helpers=(sum_of_three,),
    )
)


# The wrong place.

EXHIBITS.append(
    Exhibit(
        name="One window short",
        room=PLACES,
        what="The backward counts the windows as (size - k) // stride, one less than there are.",
        looks_right="It is the formula without its `+ 1`, no shape disagrees, and only the last pixels are wrong.",
        seen="col2im with the output's size computed again, and not taken from dy.",
        forward=conv1d,
        wrong=conv1d_one_short,
        mended=conv1d_mended,
        inputs=((2, 7), (3,)),
        caught_by=("x, by differences", "x, by complex step"),
    )
)


def same_conv1d(x, kernel):
    size, k = x.shape[1], len(kernel)
    total = max((math.ceil(size / STRIDE) - 1) * STRIDE + k - size, 0)
    before = total // 2
    y, cache = conv1d(np.pad(x, ((0, 0), (before, total - before))), kernel)
    return y, (size, before, k, cache)


def same_conv1d_wrong(dy, cache):
    size, _, k, framed = cache
    dx, dkernel = conv1d_mended(dy, framed)
    before = (k - STRIDE) // 2
    return dx[:, before : before + size], dkernel


def same_conv1d_mended(dy, cache):
    size, before, _, framed = cache
    dx, dkernel = conv1d_mended(dy, framed)
    return dx[:, before : before + size], dkernel


EXHIBITS.append(
    Exhibit(
        name="Padding off by one, at odd sizes",
        room=PLACES,
        what='The frame of "same" depends on the size, and the backward cuts off the frame of even sizes.',
        looks_right="Images have even sizes: for 28, 32 or 64 pixels k - stride is the frame, and the check passes.",
        seen="Convolutions that compute the frame a second time for the backward: "
        "[one mending](https://github.com/renmengye/np-conv2d/pull/2).",
        forward=same_conv1d,
        wrong=same_conv1d_wrong,
        mended=same_conv1d_mended,
        inputs=((2, 7), (3,)),
        caught_by=("x, by differences", "x, by complex step"),
    )
)


def transposed_conv1d(x, kernel):
    n, size = x.shape
    y = np.zeros((n, size + len(kernel) - 1), np.result_type(x, kernel))
    for i, w in enumerate(kernel):
        y[:, i : i + size] += x * w
    return y, (x, kernel)


def transposed_conv1d_wrong(dy, cache):
    x, kernel = cache
    parts = [dy[:, i : i + x.shape[1]] for i in range(len(kernel))]
    dx = sum(part * w for part, w in zip(parts, kernel[::-1]))
    return dx, np.array([(part * x).sum() for part in parts])


def transposed_conv1d_mended(dy, cache):
    x, kernel = cache
    parts = [dy[:, i : i + x.shape[1]] for i in range(len(kernel))]
    dx = sum(part * w for part, w in zip(parts, kernel))
    return dx, np.array([(part * x).sum() for part in parts])


EXHIBITS.append(
    Exhibit(
        name="Transposed convolution with a flipped kernel",
        room=PLACES,
        what="The backward of a transposed convolution is the convolution, and this one turns the kernel over.",
        looks_right="The backward of a convolution does flip the kernel, and a symmetric kernel has no other side.",
        seen="Code that mixes `np.convolve`, which flips the kernel, with `np.correlate`, which does not.",
        forward=transposed_conv1d,
        wrong=transposed_conv1d_wrong,
        mended=transposed_conv1d_mended,
        inputs=((2, 5), (3,)),
        caught_by=("x, by differences", "x, by complex step"),
    )
)


def global_average(x):
    return x.mean(axis=(1, 2)), x.shape


def global_average_wrong(dy, shape):
    return np.broadcast_to(dy, shape) / (shape[1] * shape[2])


def global_average_mended(dy, shape):
    return np.broadcast_to(dy[:, None, None, :], shape) / (shape[1] * shape[2])


EXHIBITS.append(
    Exhibit(
        name="A broadcast dy",
        room=PLACES,
        what="dy (N, C) is broadcast to (N, H, W, C) from the right: image n's part lands in column n of every image.",
        looks_right="Most shapes raise an error; with N = 1 it is right, and with N = W wrong without a word.",
        seen="Global pooling, mean losses, attention: wherever an axis that was summed away is not put back.",
        forward=global_average,
        wrong=global_average_wrong,
        mended=global_average_mended,
        inputs=((3, 2, 3, 2),),
        caught_by=("x, by differences", "x, by complex step"),
    )
)


# The right formula at the wrong point.


class BatchNormAlwaysTraining(BatchNorm):
    def normalization_grad(self, dx_hat, cache):
        return kernels.batch_norm_grad(dx_hat, cache.x_hat, cache.inverse_std)


EXHIBITS.append(
    Exhibit(
        name="BatchNorm with moving averages, differentiated with the batch's",
        room=POINTS,
        what="At inference the averages are constants, and the backward subtracts terms as if they moved with x.",
        looks_right="It is the right formula for training; and tangent and backward share it, so the adjoint agrees.",
        seen="Gradients at inference, in attacks, style transfer or frozen backbones: "
        "[one report](https://github.com/pytorch/xla/issues/913).",
        wrong=BatchNormAlwaysTraining,
        mended=BatchNorm,
        inputs=((5, 3),),
        options={"training": False},
        caught_by=("x, by differences", "x, by complex step", "x, by second order", "by tangent_backward"),
    )
)


def sigmoid(x):
    return 1 / (1 + np.exp(-x)), x


def sigmoid_wrong(dy, x):
    return dy * x * (1 - x)


def sigmoid_mended(dy, x):
    y = 1 / (1 + np.exp(-x))
    return dy * y * (1 - y)


EXHIBITS.append(
    Exhibit(
        name="A sigmoid differentiated from x as if it were y",
        room=POINTS,
        what="The formula y (1 - y) is in terms of the output, and it is given the input.",
        looks_right="In many a tutorial `sigmoid_derivative(x)` is `x * (1 - x)`, and what it calls x is the output.",
        seen="Networks made from such a tutorial, where the layer has kept its input.",
        forward=sigmoid,
        wrong=sigmoid_wrong,
        mended=sigmoid_mended,
        inputs=((3, 4),),
        caught_by=("x, by differences", "x, by complex step"),
    )
)


class LeakyReLUBySignOfY(LeakyReLU):
    def forward(self, x, ctx=INFERENCE):
        self.check_input(x)
        y = kernels.leaky_relu(x, self.negative_slope)
        return y, LeakyReLUCache(y, self.stamp(y))


EXHIBITS.append(
    Exhibit(
        name="LeakyReLU by the sign of y",
        room=POINTS,
        what="The cache holds y in the place of x, and for a negative slope y is positive on both sides.",
        looks_right="It saves an array, and for every slope of 0 or more y and x have the same sign.",
        seen="Activations that work in place; libraries now refuse negative slopes there.",
        wrong=LeakyReLUBySignOfY,
        mended=LeakyReLU,
        arguments=(-0.5,),
        inputs=((3, 5),),
        caught_by=("x, by differences", "x, by complex step", "by tangent_backward"),
    )
)


def max_of_pairs(x):
    pairs = x.reshape(len(x), -1, 2)
    y = pairs.max(axis=-1)
    return y, (pairs, y)


def max_of_pairs_wrong(dy, cache):
    pairs, y = cache
    winners = pairs == y[..., None]
    return (dy[..., None] * winners).reshape(len(dy), -1)


def max_of_pairs_mended(dy, cache):
    pairs, _ = cache
    winners = pairs.argmax(axis=-1)[..., None] == np.arange(2)
    return (dy[..., None] * winners).reshape(len(dy), -1)


EXHIBITS.append(
    Exhibit(
        name="Max pooling pays every tie in full",
        room=POINTS,
        what="Where several values are the largest, each of them gets all of dy, and dy is counted twice.",
        looks_right="`x == x.max()` finds the maximum, and random numbers have no ties; the zeros after a ReLU do.",
        seen="A much copied course assignment, and a library's "
        "[`max` of equal elements](https://github.com/apache/mxnet/issues/18563).",
        forward=max_of_pairs,
        wrong=max_of_pairs_wrong,
        mended=max_of_pairs_mended,
        inputs=(np.array([[3.0, 3.0, 1.0, 0.0], [2.0, 5.0, 4.0, 4.0]]),),
        caught_by=("kinks of x shifted together",),
    )
)


class TiedCache(NamedTuple):
    places: np.ndarray
    winners: np.ndarray
    stamp: CacheStamp


class MaxPoolingSharingTies(MaxPooling2D):
    def forward(self, x, ctx=INFERENCE):
        y, cache = super().forward(x, ctx)
        n, h, w, c = y.shape
        winners = x.reshape(n, h, 2, w, 2, c) == y[:, :, None, :, None]
        return y, TiedCache(cache.places, winners, cache.stamp)

    def backward(self, dy, cache, param_grads=True):
        self.check_backward(dy, cache)
        n, h, w, c = dy.shape
        share = dy / cache.winners.sum(axis=(2, 4), dtype=dy.dtype)
        return (cache.winners * share[:, :, None, :, None]).reshape(n, 2 * h, 2 * w, c)


EXHIBITS.append(
    Exhibit(
        name="Max pooling shares ties",
        room=POINTS,
        what="The forward takes the first of several largest values, and the backward shares dy among all.",
        looks_right="No derivative contradicts it, for at a tie there is none; but the tangent pass takes the first.",
        seen="Autograd libraries whose `max` shares in both passes, which is a choice; here one pass does.",
        wrong=MaxPoolingSharingTies,
        mended=MaxPooling2D,
        inputs=(np.array([[[3.0, 3.0, 1.0, 0.0], [2.0, 1.0, 4.0, 4.0]]]).reshape(1, 2, 4, 1),),
        caught_by=("x, by adjoint identity", "by tangent_backward"),
        helpers=(TiedCache,),
    )
)


# What is kept, written and drawn.


class DropoutDrawnAgain(Dropout):
    def forward(self, x, ctx=INFERENCE):
        y, cache = super().forward(x, ctx)
        return y, cache._replace(bits=ctx.rng)

    def backward(self, dy, cache, param_grads=True):
        self.check_backward(dy, cache)
        return kernels.dropout(dy, cache.bits.bits(dy.size, 1 - self.rate), 1 - self.rate)


EXHIBITS.append(
    Exhibit(
        name="Dropout draws its mask again",
        room=MEMORY,
        what="The backward draws a second mask from the same stream, and other units get the gradient than were kept.",
        looks_right="It has the right mean, the right scale and the right part of zeros, and the network still learns.",
        seen="A `dropout(x)` helper that is called in both passes.",
        wrong=DropoutDrawnAgain,
        mended=Dropout,
        arguments=(0.4,),
        inputs=((4, 6),),
        caught_by=(
            "x, by differences",
            "x, by complex step",
            "x, by adjoint identity",
            "repeatable",
            "dx differs",
            "by tangent_backward",
            "both hold for tangent_backward",
        ),
    )
)


class DenseWithoutQuestions(Dense):
    def backward(self, dy, cache, param_grads=True):
        if param_grads:
            self.kernel.grad += cache.x.T @ dy
            self.bias.grad += dy.sum(axis=0)
        return dy @ self.kernel.data.T


EXHIBITS.append(
    Exhibit(
        name="A stale cache",
        room=MEMORY,
        what="After an update the cache's x belongs to the old kernel, and the backward multiplies by the new one.",
        looks_right="Every formula is right; only the order of update and backward, in other code, makes it wrong.",
        seen="GAN steps that update D and then go back to G through D's old activations.",
        wrong=DenseWithoutQuestions,
        mended=Dense,
        arguments=(2,),
        inputs=((4, 3),),
        caught_by=("a stale cache is refused",),
    )
)


def relu(x):
    y = np.maximum(x, 0)
    return y, y


def relu_wrong(dy, y):
    dy[y <= 0] = 0
    return dy


def relu_mended(dy, y):
    return dy * (y > 0)


EXHIBITS.append(
    Exhibit(
        name="An in-place dy",
        room=MEMORY,
        what="The backward writes its zeros into dy, which belongs to the caller.",
        looks_right="The result is right, and it saves an array; a second reader of dy finds zeros in it.",
        seen="`dout[mask] = 0; return dout`: a widely read textbook's ReLU, and its many descendants.",
        forward=relu,
        wrong=relu_wrong,
        mended=relu_mended,
        inputs=((3, 4),),
        caught_by=("backward changed dy",),
    )
)


class DenseWithMemory(Dense):
    def forward(self, x, ctx=INFERENCE):
        self.x = x
        return super().forward(x, ctx)

    def backward(self, dy, cache, param_grads=True):
        return super().backward(dy, cache._replace(x=self.x), param_grads)


EXHIBITS.append(
    Exhibit(
        name="State on the layer",
        room=MEMORY,
        what="The layer keeps its last input; with two forwards before the backwards, both get the second one's.",
        looks_right="One forward, one backward: any single check passes, and so does the training of a classifier.",
        seen="`self.x = x` in most tutorials; a GAN's D, shared weights and siamese networks break it.",
        wrong=DenseWithMemory,
        mended=Dense,
        arguments=(2,),
        inputs=((4, 3),),
        caught_by=("two forwards, then two backwards",),
    )
)


class DenseOverwriting(Dense):
    def backward(self, dy, cache, param_grads=True):
        self.check_backward(dy, cache)
        if param_grads:
            self.kernel.grad = self.kernel_grad(cache.x, dy)
            self.bias.grad = dy.sum(axis=0)
        return self.input_grad(dy)


EXHIBITS.append(
    Exhibit(
        name="A gradient overwritten",
        room=MEMORY,
        what="A second backward replaces the parameters' gradients where it should add to them.",
        looks_right="The gradient of each backward is right, and there is no `zero_grads` to forget.",
        seen="`self.dW = ...` in layers; the real images' gradient is lost when the fake ones' comes.",
        wrong=DenseOverwriting,
        mended=Dense,
        arguments=(2,),
        inputs=((4, 3),),
        caught_by=("gradients add up",),
    )
)


class DenseNeverFrozen(Dense):
    def backward(self, dy, cache, param_grads=True):
        return super().backward(dy, cache)


EXHIBITS.append(
    Exhibit(
        name="The frozen discriminator learns",
        room=MEMORY,
        what="`param_grads=False` is taken and not passed on: the generator's step leaves gradients in D.",
        looks_right="dx is right, G learns, and D's next step may set the gradients to zero first; or may not.",
        seen="Wrappers and containers that forward their arguments by hand, and flags that are set after compiling.",
        wrong=DenseNeverFrozen,
        mended=Dense,
        arguments=(2,),
        inputs=((4, 3),),
        caught_by=("was touched",),
    )
)


# Precision and the second order.


def dense_in_float32(dy, cache):
    x, kernel = cache
    dkernel = np.zeros(kernel.shape, np.float32)
    for row, upstream in zip(x, dy):
        dkernel += np.outer(row, upstream)
    return dy @ kernel.T, dkernel.astype(kernel.dtype), dy.sum(axis=0)


EXHIBITS.append(
    Exhibit(
        name="A float32 accumulator",
        room=PRECISION,
        what="The sum over the batch is kept in float32 and handed back as float64, with seven digits.",
        looks_right="The dtype is right, and the error is within what differences can tell; complex steps tell it.",
        seen="Buffers made once with the default dtype of the time.",
        forward=dense,
        wrong=dense_in_float32,
        mended=dense_mended,
        inputs=((4, 3), (3, 2), (2,)),
        caught_by=("kernel, by complex step", "the gradient of kernel has only the digits of float32"),
    )
)


def halve_variance(x):
    return x * math.sqrt(0.5), None


def halve_variance_wrong(dy, cache):
    return dy * np.sqrt(0.5)


def halve_variance_mended(dy, cache):
    return dy * math.sqrt(0.5)


EXHIBITS.append(
    Exhibit(
        name="A float64 scalar",
        room=PRECISION,
        what="`np.sqrt(0.5)` is a float64 of NumPy, and NumPy 2 makes a float64 array of a float32 one times it.",
        looks_right="The number is right, and with NumPy 1 so was the dtype; now all layers below run in float64.",
        seen="Scaled residuals, He initialisation at run time, schedules: any `np.float64` that meets an array.",
        forward=halve_variance,
        wrong=halve_variance_wrong,
        mended=halve_variance_mended,
        inputs=((3, 4),),
        caught_by=("x is float64",),
    )
)


class TanhWithoutCurvature(Tanh):
    def second_derivative(self, cache):
        return None


EXHIBITS.append(
    Exhibit(
        name="A penalty without its second-order term",
        room=PRECISION,
        what="The slope of tanh changes with x, and the gradient of a gradient penalty leaves that out.",
        looks_right="All first gradients and the tangent pass are right, and for ReLU there is no such term.",
        seen="WGAN-GP and R1 by hand with a smooth activation, or with the first gradient detached.",
        wrong=TanhWithoutCurvature,
        mended=Tanh,
        inputs=((3, 4),),
        caught_by=("x, by second order", "by tangent_backward"),
    )
)
