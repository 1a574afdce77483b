"""The fully connected layer."""

from minigan import kernels
from minigan.backend import Array
from minigan.initializers import Initializer
from minigan.layers.affine import Affine, AffineCache
from minigan.layers.base import INFERENCE, Context, Layer, Shape
from minigan.layers.options import positive, vectors


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
        self.units = positive(self, "units", units)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*vectors(self, input_shape)[:-1], self.units)

    def kernel_shape(self) -> Shape:
        return self.input_shape[-1], self.units

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, AffineCache]:
        self.check_input(x)
        z = x @ self.kernel.data
        if self.use_bias:
            z += self.bias.data
        y, remembered = self.activation.forward(z, ctx)
        return y, AffineCache(x, remembered, self.stamp(y))

    def backward(self, dy: Array, cache: AffineCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        dz = self.activation.backward(dy, cache.activation)
        if param_grads:
            rows, drows = cache.x.reshape(-1, cache.x.shape[-1]), dz.reshape(-1, self.units)
            self.kernel.grad += rows.T @ drows
            if self.use_bias:
                self.bias.grad += kernels.channel_sum(dz)
        return dz @ self.kernel.data.T
