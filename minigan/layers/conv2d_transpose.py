"""The transposed convolution layer."""

from typing import Any

from minigan import kernels
from minigan.backend import Array
from minigan.errors import ConfigError, ShapeError
from minigan.initializers import Initializer
from minigan.kernels import Pads, Pair
from minigan.layers.base import Layer, Shape
from minigan.layers.convolution import Convolution2D
from minigan.layers.validation import height_width, image_shape, is_sequence
from minigan.numbers import whole


class Conv2DTranspose(Convolution2D):
    """Transposed convolution ("deconvolution"): every input pixel paints one kernel into the output.

    ``z[n, h, w, f] = b[f] + sum x[n, p, q, c] w[i, j, f, c]`` over all ``p*s + i*d = h``, ``q*s + j*d = w`` and c,
    ``y = activation(z)``: what the backward of a convolution does to its dy. It is the adjoint A^T of a
    convolution A from the large image to the small one, so its own backward runs that convolution forwards:

    - ``dx = A dz``;
    - dw is the kernel gradient of A, with dz in the place of its input and x in the place of its dy;
    - ``db = sum over images and places of dz``.

    Shapes: x (N, H, W, C), w (KH, KW, filters, C), b (filters,), y (N, OH, OW, filters). With kernels that span
    ``K = (KH - 1) * d + 1`` rows, "same" gives ``OH = H * stride``, and "valid" all that the kernels paint,
    ``OH = (H - 1) * stride + K``, or where that is less, ``H * stride``. An explicit padding is what is cut off the
    "valid" output. `output_padding` gives another size, as in Keras: "valid" ``OH = (H - 1) * stride + K +
    output_padding``, "same" ``OH = (H - 1) * stride + K % 2 + output_padding``. Of the painted rows that are too many
    for "same", half are cut off above, the rest below.

    Parameters
    ----------
    filters : int
        The number of output channels, F.
    kernel_size, strides : int or (int, int)
        Of height and width.
    padding : {"valid", "same"}, int, (int, int) or ((int, int), (int, int))
        As in `Conv2D`, of the convolution A.
    activation, use_bias, kernel_initializer, bias_initializer, name
        As in `Dense`.
    dilation_rate : int or (int, int)
        As in `Conv2D`.
    output_padding : int or (int, int), optional
        Less than the strides. Convolutions of that stride make images of several sizes equally large; this says which
        of the sizes it is. Default: as said above.

    Notes
    -----
    Zeiler et al., "Deconvolutional networks", CVPR 2010; Dumoulin and Visin, arXiv:1603.07285, section 4.

    To read: `product`, `kernel_grad` and `input_grad` here, then `Affine.forward` and `Affine.backward` (affine.py),
    which call them, then the three functions in kernels/reference/convolution.py. Default runs use fast versions of
    these three; `minigan.backend.textbook` runs the functions as they are written there.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | Pair,
        strides: int | Pair = 1,
        padding: str | int | Pair | Pads = "valid",
        activation: str | Layer | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        dilation_rate: int | Pair = 1,
        output_padding: int | Pair | None = None,
        name: str | None = None,
    ) -> None:
        initializers = kernel_initializer, bias_initializer
        super().__init__(
            filters, kernel_size, strides, padding, activation, use_bias, *initializers, dilation_rate, name
        )
        self.output_padding = None if output_padding is None else self.below_strides(output_padding)

    def below_strides(self, output_padding: Any) -> Pair:
        """The argument as a pair, checked."""
        both = output_padding if is_sequence(output_padding) else (output_padding, output_padding)
        down, across = self.windows.strides
        match [whole(size) for size in both]:
            case [int(rows), int(columns)] if 0 <= rows < down and 0 <= columns < across:
                return rows, columns
        raise ConfigError(
            f"{self.title}: expected output_padding to be a whole number or two, from 0 on and less than the strides "
            f"{self.windows.strides}, got {output_padding!r}"
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        height, width, _ = image_shape(self, input_shape)
        oh, ow = (size for size, _ in self.axes((height, width)))
        if min(oh, ow) < 1:
            raise ShapeError(f"{self.title}: the padding leaves nothing of images of {(height, width)}")
        return oh, ow, self.filters

    def axes(self, image: Pair) -> list[tuple[int, Pair]]:
        """For height and width: the size of the output, and what is cut off before and behind it."""
        padding, more = self.windows.padding, self.output_padding or (None, None)
        cuts = ((0, 0), (0, 0)) if isinstance(padding, str) else padding
        options = zip(image, self.windows.spans, self.windows.strides, cuts, more)
        return [(same_size if padding == "same" else valid_size)(*option) for option in options]

    def kernel_shape(self) -> Shape:
        return (*self.windows.size, self.filters, self.input_shape[-1])

    @property
    def pads(self) -> Pads:
        """The padding of the output that the convolution A sees, in pixels."""
        (_, height), (_, width) = self.axes(height_width(self.input_shape))
        return height, width

    def product(self, x: Array) -> Array:
        image = height_width(self.output_shape)
        return kernels.conv2d_input_grad(x, self.kernel.data, image, *self.operation)

    def kernel_grad(self, x: Array, dz: Array) -> Array:
        return kernels.conv2d_kernel_grad(dz, x, self.windows.size, *self.operation)

    def input_grad(self, dz: Array) -> Array:
        return kernels.conv2d(dz, self.kernel.data, *self.operation)


def valid_size(size: int, span: int, stride: int, cut: Pair, more: int | None) -> tuple[int, Pair]:
    """One axis with "valid" or explicit padding: the size of the output, and what is cut off before and behind it."""
    extra = max(stride - span, 0) if more is None else more
    return (size - 1) * stride + span + extra - sum(cut), cut


def same_size(size: int, span: int, stride: int, cut: Pair, more: int | None) -> tuple[int, Pair]:
    """As `valid_size`, with "same" padding, which says itself what is cut off."""
    large = size * stride if more is None else (size - 1) * stride + span % 2 + more
    total = max((size - 1) * stride + span - large, 0)
    return large, (total // 2, total - total // 2)
