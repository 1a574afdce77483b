"""The convolution layer."""

from minigan import kernels
from minigan.backend import Array
from minigan.errors import ConfigError, ShapeError
from minigan.initializers import Initializer
from minigan.kernels import Pads, Pair
from minigan.layers.base import Layer, Shape
from minigan.layers.convolution import Convolution2D
from minigan.layers.validation import height_width, image_shape, positive_int


class Conv2D(Convolution2D):
    """Convolution: one small kernel looks at every place of an image.

    With a kernel w of KH x KW pixels, strides s, dilation d and x padded with zeros,

    ``z[n, p, q, f] = b[f] + sum_ijc x[n, p*s + i*d, q*s + j*d, c] w[i, j, c, f]``  and  ``y = activation(z)``.

    (The kernel is not turned over, as in every deep learning library; a mathematician says cross-correlation.)
    Write the windows of x as the rows of a matrix X (N*OH*OW, KH*KW*C), and w as a matrix W (KH*KW*C, F): then
    ``Z = X W + b`` is a Dense layer on windows, with the gradients of one,

    - ``dW = X^T dZ``;
    - ``db = sum over images and places of dz``;
    - ``dX = dZ W^T``, of which each pixel adds up the entries of all windows it lies in:
      ``dx[n, h, w, c] = sum of dz[n, p, q, f] w[i, j, c, f]`` over all ``p*s + i*d = h``, ``q*s + j*d = w`` and f.

    In groups, channels and filters are divided into as many parts, and the filters of a part see the channels of that
    part alone. With a group for each channel that is a depthwise convolution.

    Shapes: x (N, H, W, C), w (KH, KW, C / groups, filters), b (filters,), y (N, OH, OW, filters).

    Parameters
    ----------
    filters : int
        The number of output channels, F.
    kernel_size, strides : int or (int, int)
        Of height and width.
    padding : {"valid", "same"}, int, (int, int) or ((int, int), (int, int))
        No zeros; the zeros that give ``ceil(size / stride)`` outputs, the odd row at the bottom and the odd column at
        the right, as in Keras; or a number of pixels.
    activation, use_bias, kernel_initializer, bias_initializer, name
        As in `Dense`.
    dilation_rate : int or (int, int)
        The pixels of a window are so far apart, and the window is ``(size - 1) * dilation_rate + 1`` pixels large. It
        may go with strides, which Keras refuses.
    groups : int
        A divisor of the input's channels and of `filters`.

    Notes
    -----
    LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 1998; the matrix of
    windows ("im2col"): Chellapilla, Puri and Simard, 2006.

    A default run executes this layer fused with its neighbours, with the same result but for rounding;
    `minigan.backend.textbook` runs this file instead.

    To read: `product`, `kernel_grad` and `input_grad` here, then `Affine.forward` and `Affine.backward` (affine.py),
    which call them, then the three functions in kernels/reference/convolution.py.
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
        groups: int = 1,
        name: str | None = None,
    ) -> None:
        initializers = kernel_initializer, bias_initializer
        super().__init__(
            filters, kernel_size, strides, padding, activation, use_bias, *initializers, dilation_rate, name
        )
        self.groups = positive_int(self, "groups", groups)
        if self.filters % self.groups:
            raise ConfigError(f"{self.title}: expected groups to divide the {self.filters} filters, got {groups}")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        height, width, channels = image_shape(self, input_shape)
        if channels % self.groups:
            raise ShapeError(f"{self.title}: expected channels that {self.groups} groups divide, got {channels}")
        return (*self.windows.fit(self, (height, width)), self.filters)

    def kernel_shape(self) -> Shape:
        return (*self.windows.size, self.input_shape[-1] // self.groups, self.filters)

    @property
    def pads(self) -> Pads:
        """The rows and columns of zeros around the input."""
        return self.windows.pads(height_width(self.input_shape))

    def product(self, x: Array) -> Array:
        return kernels.conv2d(x, self.kernel.data, *self.operation)

    def kernel_grad(self, x: Array, dz: Array) -> Array:
        return kernels.conv2d_kernel_grad(x, dz, self.windows.size, *self.operation)

    def input_grad(self, dz: Array) -> Array:
        image = height_width(self.input_shape)
        return kernels.conv2d_input_grad(dz, self.kernel.data, image, *self.operation)
