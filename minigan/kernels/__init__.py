"""Array functions under the layers, without state.

Layers call ``kernels.<name>`` and never know which implementation answers. `minigan.kernels.reference` defines
every one of them.
"""

from minigan.kernels.reference.activations import (
    elu,
    elu_grad,
    elu_second,
    leaky_relu,
    leaky_relu_grad,
    relu,
    relu_grad,
    sigmoid,
    sigmoid_grad,
    sigmoid_second,
    softmax,
    softmax_grad,
    softmax_tangent_grad,
    softplus,
    softplus_grad,
    softplus_second,
    tanh,
    tanh_grad,
    tanh_second,
)
from minigan.kernels.reference.convolution import conv2d, conv2d_input_grad, conv2d_kernel_grad
from minigan.kernels.reference.normalization import (
    channel_sum,
    moments,
    normalize_batch,
    normalize_batch_grad,
    normalize_batch_tangent_grad,
    normalize_layer,
    normalize_layer_grad,
    normalize_layer_tangent_grad,
)
from minigan.kernels.reference.pooling import average_pool, average_pool_grad, max_pool, max_pool_grad, max_pool_tangent
from minigan.kernels.reference.resizing import (
    upsample_bilinear,
    upsample_bilinear_grad,
    upsample_nearest,
    upsample_nearest_grad,
)
from minigan.kernels.reference.windows import Pads, Pair, crop, output_size, pad

__all__ = [
    "Pads",
    "Pair",
    "average_pool",
    "average_pool_grad",
    "channel_sum",
    "conv2d",
    "conv2d_input_grad",
    "conv2d_kernel_grad",
    "crop",
    "elu",
    "elu_grad",
    "elu_second",
    "leaky_relu",
    "leaky_relu_grad",
    "max_pool",
    "max_pool_grad",
    "max_pool_tangent",
    "moments",
    "normalize_batch",
    "normalize_batch_grad",
    "normalize_batch_tangent_grad",
    "normalize_layer",
    "normalize_layer_grad",
    "normalize_layer_tangent_grad",
    "output_size",
    "pad",
    "relu",
    "relu_grad",
    "sigmoid",
    "sigmoid_grad",
    "sigmoid_second",
    "softmax",
    "softmax_grad",
    "softmax_tangent_grad",
    "softplus",
    "softplus_grad",
    "softplus_second",
    "tanh",
    "tanh_grad",
    "tanh_second",
    "upsample_bilinear",
    "upsample_bilinear_grad",
    "upsample_nearest",
    "upsample_nearest_grad",
]
