"""Affine maps and their activations on the GPU, by the products of `minigan.kernels.cuda.convolution`.

A matrix product is the convolution of one row of pixels with a window of one pixel. Upsampling before a convolution
takes nine products for each pixel: they are one matrix product, and ``affine.cu`` has the steps before and after it.
"""

from minigan.backend import Array, array_module
from minigan.kernels.cuda.compiler import contiguous, module, spread
from minigan.kernels.cuda.convolution import Sizes, forward, kernel_grad, plain
from minigan.kernels.cuda.convolution import input_grad as grad_of_input
from minigan.kernels.cuda.fused_activation import code
from minigan.kernels.reference.affine import LINEAR, Activation, Convolution, Operation, UpsampledConvolution

__all__ = ["affine", "affine_grads"]

#: The taps of a kernel, and the number of the one in the middle.
TAPS, MIDDLE = 9, 4


def affine(x: Array, kernel: Array, bias: Array | None, operation: Operation, activation: Activation) -> Array:
    """The twin of `minigan.kernels.reference.affine.affine`: bias and activation in the product's own kernel."""
    sizes, shape = as_convolution(operation, x.shape, kernel.shape)
    if not covers(operation) or not sizes.fit():
        return NotImplemented
    if not isinstance(operation, UpsampledConvolution):
        return forward(x, kernel, bias, sizes, activation).reshape(shape)
    taps = forward(x, kernel, None, sizes, LINEAR, kernel.shape[3])
    y = array_module(x).empty(shape, x.dtype)
    launch_taps("spread_taps", (taps, bias), x.shape, kernel.shape[3], activation, y, y.size)
    return y


def affine_grads(
    dy: Array,
    y: Array,
    x: Array,
    kernel: Array,
    operation: Operation,
    activation: Activation,
    param_grads: bool = True,
    input_grad: bool = True,
) -> tuple[Array | None, Array | None, Array | None]:
    """The twin of `minigan.kernels.reference.affine.affine_grads`: ``dz = dy f'(y)`` is computed where it is read."""
    sizes, _ = as_convolution(operation, x.shape, kernel.shape)
    if not covers(operation) or not sizes.fit():
        return NotImplemented
    if isinstance(operation, UpsampledConvolution):
        return upsampled_grads(dy, y, x, kernel, sizes, activation, param_grads, input_grad)
    dx = grad_of_input(dy, y, kernel, sizes, activation).reshape(x.shape) if input_grad else None
    if not param_grads:
        return dx, None, None
    gradients = kernel_grad(x, dy, y, sizes, activation)
    return dx, gradients[:-1].reshape(kernel.shape), gradients[-1]


def upsampled_grads(
    dy: Array,
    y: Array,
    x: Array,
    kernel: Array,
    sizes: Sizes,
    activation: Activation,
    param_grads: bool,
    input_grad: bool,
) -> tuple[Array | None, Array | None, Array | None]:
    """`affine_grads` of an upsampled convolution, by way of the gradient with respect to its taps."""
    filters = kernel.shape[3]
    taps = array_module(x).empty((sizes.places, sizes.filters), x.dtype)
    launch_taps("collect_taps", (dy, y), x.shape, filters, activation, taps, sizes.places * filters)
    # For dx, the nine taps of a pixel are nine places of a dz that all read this one pixel.
    around = Sizes(sizes.places, 1, 1, sizes.channels, 1, TAPS, filters, 1, TAPS, 1, 1, 0, 0)
    dx = grad_of_input(taps, None, kernel, around, LINEAR, direction=1).reshape(x.shape) if input_grad else None
    if not param_grads:
        return dx, None, None
    gradients = kernel_grad(x, taps, None, sizes, LINEAR, filters)
    # The sum over the tap in the middle has each pixel of dz once: it is the sum of dz.
    return dx, gradients[:-1].reshape(kernel.shape), gradients[-1][MIDDLE * filters : (MIDDLE + 1) * filters]


def covers(operation: Operation) -> bool:
    """Whether the kernels can do it."""
    return not isinstance(operation, Convolution) or plain(operation.dilation, operation.groups)


def as_convolution(operation: Operation, x: tuple[int, ...], kernel: tuple[int, ...]) -> tuple[Sizes, tuple[int, ...]]:
    """The sizes of the convolution that computes an operation on arrays of these shapes, and the shape of y."""
    if isinstance(operation, Convolution):
        sizes = Sizes.of(x, kernel, operation.strides, operation.pads)
        return sizes, (sizes.images, sizes.out_height, sizes.out_width, sizes.filters)
    pixels = 1
    for extent in x[:-1]:
        pixels *= extent
    row = Sizes(1, 1, pixels, x[-1], 1, pixels, kernel[-1], 1, 1, 1, 1, 0, 0)
    if isinstance(operation, UpsampledConvolution):
        return row._replace(filters=TAPS * kernel[-1]), (x[0], 2 * x[1], 2 * x[2], kernel[-1])
    return row, (*x[:-1], kernel[-1])


def launch_taps(
    kernel: str,
    arrays: tuple[Array | None, ...],
    image: tuple[int, ...],
    filters: int,
    activation: Activation,
    out: Array,
    size: int,
) -> None:
    """Launch a kernel of ``affine.cu`` over `size` numbers; None among the arrays is a null pointer."""
    given = (None if array is None else contiguous(array) for array in (*arrays, out))
    module("affine", out.dtype).launch(kernel, *spread(size), (*given, *image[:3], filters, *code(activation)))
