"""Convolution as one matrix product, and its two gradients as products too.

Write every window of the (padded) image as a row: that matrix, ``im2col(x)``, has a row for each output pixel and
a column for each kernel entry. With the kernel as a matrix (KH*KW*C, F),

    y = im2col(x) @ kernel,        dkernel = im2col(x)^T @ dy.

For dx, each pixel collects its gradients from all windows that it is in. Kernel entry (i, j) was multiplied by the
pixels i rows and j columns into the windows; their gradients through this entry are ``dy @ kernel[i, j]^T``. dx adds
them up, pixel by pixel.

A dilated kernel looks at pixels that are `dilation` apart: only `windows` and `scatter` have to know. In groups, the
filters of a group see the channels of that group alone: that is one convolution for each group, side by side.
"""

from collections.abc import Callable
from functools import partial

from minigan.backend import Array, array_module
from minigan.kernels.reference.padding import Pads, Pair, pad
from minigan.kernels.reference.windows import DENSE, output_size, scatter, windows

__all__ = ["conv2d", "conv2d_input_grad", "conv2d_kernel_grad", "im2col"]


def im2col(x: Array, size: Pair, strides: Pair, dilation: Pair = DENSE) -> Array:
    """The windows of `x` (N, H, W, C) as rows: (N*OH*OW, KH*KW*C), a copy."""
    view = windows(x, size, strides, dilation)
    n, oh, ow, kh, kw, c = view.shape
    return view.reshape(n * oh * ow, kh * kw * c)


def conv2d(x: Array, kernel: Array, strides: Pair, pads: Pads, dilation: Pair = DENSE, groups: int = 1) -> Array:
    """``y[n, p, q, f] = sum_ijc x[n, p*s + i*d, q*s + j*d, c] kernel[i, j, c, f]``, x padded with zeros.

    Shapes: x (N, H, W, C), kernel (KH, KW, C / groups, F), y (N, OH, OW, F).
    """
    if groups > 1:
        return side_by_side(partial(conv2d, strides=strides, pads=pads, dilation=dilation), x, kernel, groups)
    kh, kw, c, f = kernel.shape
    oh, ow = map(output_size, x.shape[1:3], (kh, kw), strides, pads, dilation)
    y = im2col(pad(x, pads), (kh, kw), strides, dilation) @ kernel.reshape(kh * kw * c, f)
    return y.reshape(len(x), oh, ow, f)


def conv2d_kernel_grad(
    x: Array, dy: Array, size: Pair, strides: Pair, pads: Pads, dilation: Pair = DENSE, groups: int = 1
) -> Array:
    """``dkernel[i, j, c, f] = sum_npq x[n, p*s + i*d, q*s + j*d, c] dy[n, p, q, f]``."""
    if groups > 1:
        one = partial(conv2d_kernel_grad, size=size, strides=strides, pads=pads, dilation=dilation)
        return side_by_side(one, x, dy, groups)
    c, f = x.shape[-1], dy.shape[-1]
    dkernel = im2col(pad(x, pads), size, strides, dilation).T @ dy.reshape(-1, f)
    return dkernel.reshape(*size, c, f)


def conv2d_input_grad(
    dy: Array, kernel: Array, image: Pair, strides: Pair, pads: Pads, dilation: Pair = DENSE, groups: int = 1
) -> Array:
    """``dx[n, h, w, c] = sum of dy[n, p, q, f] kernel[i, j, c, f] over all p*s + i*d = h, q*s + j*d = w, and f``.

    `image` is (H, W) of x: several sizes give a dy of the same size when the strides leave a rest.
    """
    if groups > 1:
        one = partial(conv2d_input_grad, image=image, strides=strides, pads=pads, dilation=dilation)
        return side_by_side(one, dy, kernel, groups)
    kh, kw, c, f = kernel.shape
    n, oh, ow, _ = dy.shape
    rows = dy.reshape(-1, f)
    taps = ((rows @ kernel[i, j].T).reshape(n, oh, ow, c) for i in range(kh) for j in range(kw))
    return scatter(taps, image, (kh, kw), strides, pads, dilation)


def side_by_side(one: Callable[[Array, Array], Array], a: Array, b: Array, groups: int) -> Array:
    """`one` of each group's parts of both arrays; in all arrays the groups lie along the last axis."""
    xp = array_module(a)
    parts = zip(xp.split(a, groups, axis=-1), xp.split(b, groups, axis=-1))
    return xp.concatenate([one(*part) for part in parts], axis=-1)
