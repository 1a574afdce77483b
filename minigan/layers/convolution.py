"""What Conv2D and Conv2DTranspose share: their arguments."""

from minigan.initializers import Initializer
from minigan.kernels import Convolution, Pads, Pair
from minigan.layers.affine import Affine
from minigan.layers.base import Layer
from minigan.layers.validation import positive_int
from minigan.layers.window_spec import WindowSpec

__all__ = ["Convolution2D"]


class Convolution2D(Affine):
    """A layer whose kernel has height and width, and slides over images.

    Parameters
    ----------
    filters : int
        The number of output channels.
    kernel_size, strides, padding, dilation_rate
        As in `minigan.layers.Conv2D`.
    activation, use_bias, kernel_initializer, bias_initializer, name
        As in `Affine`.
    """

    #: Parts of the channels that are convolved by themselves.
    groups = 1

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
        name: str | None = None,
    ) -> None:
        super().__init__(activation, use_bias, kernel_initializer, bias_initializer, name)
        self.filters = positive_int(self, "filters", filters)
        sizes = ("kernel_size", kernel_size), ("strides", strides)
        self.windows = WindowSpec.of(self, *sizes, padding, dilation_rate)

    @property
    def pads(self) -> Pads:
        """The rows and columns of zeros around the larger image."""
        raise NotImplementedError

    @property
    def operation(self) -> Convolution:
        """Strides, pads, dilation and groups, as the kernels take them."""
        return Convolution(self.windows.strides, self.pads, self.windows.dilation_rate, self.groups)
