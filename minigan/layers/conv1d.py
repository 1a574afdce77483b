"""The convolution layer for sequences."""

from minigan import kernels
from minigan.backend import Array
from minigan.initializers import Initializer
from minigan.kernels import Pair
from minigan.layers.affine import Affine
from minigan.layers.base import Layer, Shape
from minigan.layers.conv2d import Conv2D
from minigan.layers.one_row import one_row, row_padding, row_sides
from minigan.layers.validation import positive_int


class Conv1D(Affine):
    """Convolution of sequences: `Conv2D` on images of one row.

    ``z[n, p, f] = b[f] + sum_ic x[n, p*s + i*d, c] w[i, c, f]``  and  ``y = activation(z)``, with strides s, dilation d
    and x padded with zeros; the gradients are those of `Conv2D`.

    Shapes: x (N, T, C), w (K, C / groups, filters), b (filters,), y (N, OT, filters).

    Parameters
    ----------
    filters : int
        The number of output channels.
    kernel_size, strides : int
    padding : {"valid", "same"}, int or (int, int)
        As in `Conv2D`; numbers are those of both sides, or of the beginning and the end.
    activation, use_bias, kernel_initializer, bias_initializer, name
        As in `Dense`.
    dilation_rate, groups : int
        As in `Conv2D`.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        strides: int = 1,
        padding: str | int | Pair = "valid",
        activation: str | Layer | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        dilation_rate: int = 1,
        groups: int = 1,
        name: str | None = None,
    ) -> None:
        super().__init__(activation, use_bias, kernel_initializer, bias_initializer, name)
        self.filters = positive_int(self, "filters", filters)
        self.kernel_size = positive_int(self, "kernel_size", kernel_size)
        self.strides = positive_int(self, "strides", strides)
        self.dilation_rate = positive_int(self, "dilation_rate", dilation_rate)
        sizes = (1, self.kernel_size), (1, self.strides), row_padding(self, padding)
        apart = (1, self.dilation_rate)
        self.image = Conv2D(self.filters, *sizes, dilation_rate=apart, groups=groups, name=self.name)
        self.groups, self.padding = self.image.groups, row_sides(self.image.windows.padding)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.image.name, self.image.input_shape = self.name, one_row(self, input_shape)
        return self.image.compute_output_shape(self.image.input_shape)[1:]

    def kernel_shape(self) -> Shape:
        return self.image.kernel_shape()[1:]

    def product(self, x: Array) -> Array:
        return kernels.conv2d(x[:, None], self.kernel.data[None], *self.image.operation)[:, 0]

    def kernel_grad(self, x: Array, dz: Array) -> Array:
        size = self.image.windows.size
        return kernels.conv2d_kernel_grad(x[:, None], dz[:, None], size, *self.image.operation)[0]

    def input_grad(self, dz: Array) -> Array:
        row = 1, self.input_shape[0]
        return kernels.conv2d_input_grad(dz[:, None], self.kernel.data[None], row, *self.image.operation)[:, 0]
