"""The transposed convolution layer."""

from minigan import kernels
from minigan.backend import Array
from minigan.errors import ShapeError
from minigan.kernels import Pads
from minigan.layers.base import Shape
from minigan.layers.convolution import Convolution2D
from minigan.layers.validation import height_width, image_shape


class Conv2DTranspose(Convolution2D):
    """Transposed convolution ("deconvolution"): every input pixel paints one kernel into the output.

    ``z[n, h, w, f] = b[f] + sum x[n, p, q, c] w[i, j, f, c]`` over all ``p*s + i = h``, ``q*s + j = w`` and c,
    ``y = activation(z)``: what the backward of a convolution does to its dy. It is the adjoint A^T of a
    convolution A from the large image to the small one, so its own backward runs that convolution forwards:

    - ``dx = A dz``;
    - dw is the kernel gradient of A, with dz in the place of its input and x in the place of its dy;
    - ``db = sum over images and places of dz``.

    Shapes: x (N, H, W, C), w (KH, KW, filters, C), b (filters,), y (N, OH, OW, filters). "same" gives
    ``OH = H * stride``, "valid" ``OH = (H - 1) * stride + max(KH, stride)``; an explicit padding is what is cut
    off the "valid" output.

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

    Notes
    -----
    Zeiler et al., "Deconvolutional networks", CVPR 2010; Dumoulin and Visin, arXiv:1603.07285, section 4.

    To read: `product`, `kernel_grad` and `input_grad` here, then `Affine.forward` and `Affine.backward` (affine.py),
    which call them, then the three functions in kernels/reference/convolution.py. Default runs use fast versions of
    these three; `minigan.backend.textbook` runs the functions as they are written there.
    """

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        height, width, _ = image_shape(self, input_shape)
        size, strides, padding = self.windows
        if padding == "same":
            return height * strides[0], width * strides[1], self.filters
        cuts = ((0, 0), (0, 0)) if isinstance(padding, str) else padding
        oh, ow = (
            (extent - 1) * stride + max(window, stride) - sum(cut)
            for extent, window, stride, cut in zip((height, width), size, strides, cuts)
        )
        if min(oh, ow) < 1:
            raise ShapeError(f"{self.title}: the padding leaves nothing of images of {(height, width)}")
        return oh, ow, self.filters

    def kernel_shape(self) -> Shape:
        return (*self.windows.size, self.filters, self.input_shape[-1])

    @property
    def pads(self) -> Pads:
        """The padding of the output that the convolution A sees, in pixels."""
        return self.windows.pads(height_width(self.output_shape))

    def product(self, x: Array) -> Array:
        image = height_width(self.output_shape)
        return kernels.conv2d_input_grad(x, self.kernel.data, image, self.windows.strides, self.pads)

    def kernel_grad(self, x: Array, dz: Array) -> Array:
        return kernels.conv2d_kernel_grad(dz, x, self.windows.size, self.windows.strides, self.pads)

    def input_grad(self, dz: Array) -> Array:
        return kernels.conv2d(dz, self.kernel.data, self.windows.strides, self.pads)
