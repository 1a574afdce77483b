"""Convolution as one matrix product, and its two gradients as products too.

Write every window of the (padded) image as a row: that matrix, ``im2col(x)``, has a row for each output pixel and
a column for each kernel entry. With the kernel as a matrix (KH*KW*C, F),

    y = im2col(x) @ kernel,        dkernel = im2col(x)^T @ dy.

For dx, each pixel collects its gradients from all windows that it is in. Kernel entry (i, j) was multiplied by the
pixels i rows and j columns into the windows; their gradients through this entry are ``dy @ kernel[i, j]^T``. dx adds
them up, pixel by pixel.
"""

from minigan.backend import Array
from minigan.kernels.reference.padding import Pads, Pair, pad
from minigan.kernels.reference.windows import output_size, scatter, windows

__all__ = ["conv2d", "conv2d_input_grad", "conv2d_kernel_grad", "im2col"]


def im2col(x: Array, size: Pair, strides: Pair) -> Array:
    """The windows of `x` (N, H, W, C) as rows: (N*OH*OW, KH*KW*C), a copy."""
    view = windows(x, size, strides)
    n, oh, ow, kh, kw, c = view.shape
    return view.reshape(n * oh * ow, kh * kw * c)


def conv2d(x: Array, kernel: Array, strides: Pair, pads: Pads) -> Array:
    """``y[n, p, q, f] = sum_ijc x[n, p*s + i, q*s + j, c] kernel[i, j, c, f]``, x padded with zeros.

    Shapes: x (N, H, W, C), kernel (KH, KW, C, F), y (N, OH, OW, F).
    """
    kh, kw, c, f = kernel.shape
    oh, ow = map(output_size, x.shape[1:3], (kh, kw), strides, pads)
    y = im2col(pad(x, pads), (kh, kw), strides) @ kernel.reshape(kh * kw * c, f)
    return y.reshape(len(x), oh, ow, f)


def conv2d_kernel_grad(x: Array, dy: Array, size: Pair, strides: Pair, pads: Pads) -> Array:
    """``dkernel[i, j, c, f] = sum_npq x[n, p*s + i, q*s + j, c] dy[n, p, q, f]``."""
    c, f = x.shape[-1], dy.shape[-1]
    dkernel = im2col(pad(x, pads), size, strides).T @ dy.reshape(-1, f)
    return dkernel.reshape(*size, c, f)


def conv2d_input_grad(dy: Array, kernel: Array, image: Pair, strides: Pair, pads: Pads) -> Array:
    """``dx[n, h, w, c] = sum of dy[n, p, q, f] kernel[i, j, c, f] over all p*s + i = h, q*s + j = w, and f``.

    `image` is (H, W) of x: several sizes give a dy of the same size when the strides leave a rest.
    """
    kh, kw, c, f = kernel.shape
    n, oh, ow, _ = dy.shape
    rows = dy.reshape(-1, f)
    taps = ((rows @ kernel[i, j].T).reshape(n, oh, ow, c) for i in range(kh) for j in range(kw))
    return scatter(taps, image, (kh, kw), strides, pads)
