"""The fully connected layer."""

from minigan.backend import Array
from minigan.initializers import Initializer
from minigan.layers.affine import Affine
from minigan.layers.base import Layer, Shape
from minigan.layers.validation import positive_int, require_last_axis


class Dense(Affine):
    """``y = activation(x W + b)``: every output sees every input.

    With ``z = x W + b`` and ``dz = activation'(z) dy``, each entry of W meets each image once,
    ``z_nu = sum_d x_nd W_du + b_u``, hence

    - ``dW_du = sum_n x_nd dz_nu``, as a matrix ``dW = x^T dz``;
    - ``db_u = sum_n dz_nu``;
    - ``dx_nd = sum_u dz_nu W_du``, as a matrix ``dx = dz W^T``.

    Shapes: x (N, ..., D), W (D, units), b (units,), y (N, ..., units).

    Parameters
    ----------
    units : int
        The number of outputs.
    activation : str or Layer, optional
        Applied to the product; default none.
    use_bias : bool
        Add b.
    kernel_initializer, bias_initializer : str or callable
        See `minigan.initializers`.
    name : str, optional

    Notes
    -----
    A default run executes this layer fused with its neighbours, with the same result but for rounding;
    `minigan.backend.textbook` runs this file instead.

    To read: `product`, `kernel_grad` and `input_grad` here, then `Affine.forward` and `Affine.backward` (affine.py),
    which call them.
    """

    def __init__(
        self,
        units: int,
        activation: str | Layer | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        name: str | None = None,
    ) -> None:
        super().__init__(activation, use_bias, kernel_initializer, bias_initializer, name)
        self.units = positive_int(self, "units", units)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*require_last_axis(self, input_shape)[:-1], self.units)

    def kernel_shape(self) -> Shape:
        return self.input_shape[-1], self.units

    def product(self, x: Array) -> Array:
        return x @ self.kernel.data

    def kernel_grad(self, x: Array, dz: Array) -> Array:
        return x.reshape(-1, x.shape[-1]).T @ dz.reshape(-1, self.units)

    def input_grad(self, dz: Array) -> Array:
        return dz @ self.kernel.data.T
