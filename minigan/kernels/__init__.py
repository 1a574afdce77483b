"""Array functions under the layers, without state.

Layers call ``kernels.<name>`` and never know which implementation answers. `minigan.kernels.reference` defines every
one of them; `minigan.kernels.cpu` has fast twins of most for NumPy, and `minigan.kernels.cuda` for GPUs. This is the
table of all.
"""

from minigan.kernels.cpu import activations as cpu_elementwise
from minigan.kernels.cpu import affine as cpu_affine
from minigan.kernels.cpu import dropout as cpu_dropout
from minigan.kernels.cpu import maxout as cpu_maxout
from minigan.kernels.cpu import normalization as cpu_normalization
from minigan.kernels.cpu import optimizer as cpu_pieces
from minigan.kernels.cpu import pooling as cpu_pooling
from minigan.kernels.cpu import resizing as cpu_resizing
from minigan.kernels.cpu import standardization as cpu_standardization
from minigan.kernels.cuda import activations as cuda_elementwise
from minigan.kernels.cuda import affine as cuda_affine
from minigan.kernels.cuda import convolution as cuda_convolution
from minigan.kernels.cuda import cross_entropy as cuda_cross_entropy
from minigan.kernels.cuda import normalization as cuda_normalization
from minigan.kernels.cuda import optimizer as cuda_optimizer
from minigan.kernels.cuda import pooling as cuda_pooling
from minigan.kernels.cuda import resizing as cuda_resizing
from minigan.kernels.reference import (
    activations,
    convolution,
    cross_entropy,
    maxout,
    normalization,
    pooling,
    resizing,
)
from minigan.kernels.reference import affine as affine_
from minigan.kernels.reference import (
    dropout as dropout_,
)
from minigan.kernels.reference import optimizer as pieces_
from minigan.kernels.reference import (
    windows as windows_,
)
from minigan.kernels.reference.affine import LINEAR, Activation, Convolution, Operation, Product, UpsampledConvolution
from minigan.kernels.reference.windows import Pads, Pair, crop, output_size
from minigan.kernels.registry import KINDS, Kernel, follow_edits, kind, using

__all__ = [
    "KINDS",
    "LINEAR",
    "TABLE",
    "Activation",
    "Convolution",
    "Kernel",
    "Operation",
    "Pads",
    "Pair",
    "Product",
    "UpsampledConvolution",
    "affine",
    "affine_grads",
    "average_pool",
    "average_pool_grad",
    "batch_norm",
    "batch_norm_grad",
    "batch_norm_tangent_grad",
    "binary_crossentropy_from_logits",
    "channel_sum",
    "conv2d",
    "conv2d_input_grad",
    "conv2d_kernel_grad",
    "crop",
    "dropout",
    "elu",
    "elu_grad",
    "elu_second_derivative",
    "follow_edits",
    "kind",
    "largest",
    "layer_norm",
    "layer_norm_grad",
    "layer_norm_tangent_grad",
    "leaky_relu",
    "leaky_relu_grad",
    "max_pool",
    "max_pool_grad",
    "max_pool_tangent",
    "moments",
    "normalize_activate",
    "normalize_activate_grads",
    "output_size",
    "pad",
    "relu",
    "relu_grad",
    "sigmoid",
    "sigmoid_grad",
    "sigmoid_second_derivative",
    "softmax",
    "softmax_grad",
    "softmax_tangent_grad",
    "softplus",
    "softplus_grad",
    "softplus_second_derivative",
    "tanh",
    "tanh_grad",
    "tanh_second_derivative",
    "update_in_place",
    "upsample_bilinear",
    "upsample_bilinear_grad",
    "upsample_nearest",
    "upsample_nearest_grad",
    "using",
]

elu = Kernel(activations.elu, cpu_elementwise.elu, cuda_elementwise.elu)
elu_grad = Kernel(activations.elu_grad, cpu_elementwise.elu_grad, cuda_elementwise.elu_grad)
elu_second_derivative = Kernel(
    activations.elu_second_derivative, cpu_elementwise.elu_second_derivative, cuda_elementwise.elu_second_derivative
)
leaky_relu = Kernel(activations.leaky_relu, cpu_elementwise.leaky_relu, cuda_elementwise.leaky_relu)
leaky_relu_grad = Kernel(activations.leaky_relu_grad, cpu_elementwise.leaky_relu_grad, cuda_elementwise.leaky_relu_grad)
relu = Kernel(activations.relu, cpu_elementwise.relu, cuda_elementwise.relu)
relu_grad = Kernel(activations.relu_grad, cpu_elementwise.relu_grad, cuda_elementwise.relu_grad)
sigmoid = Kernel(activations.sigmoid, cpu_elementwise.sigmoid, cuda_elementwise.sigmoid)
sigmoid_grad = Kernel(activations.sigmoid_grad, cpu_elementwise.sigmoid_grad, cuda_elementwise.sigmoid_grad)
sigmoid_second_derivative = Kernel(
    activations.sigmoid_second_derivative,
    cpu_elementwise.sigmoid_second_derivative,
    cuda_elementwise.sigmoid_second_derivative,
)
softmax = Kernel(activations.softmax)
softmax_grad = Kernel(activations.softmax_grad)
softmax_tangent_grad = Kernel(activations.softmax_tangent_grad)
softplus = Kernel(activations.softplus, cpu_elementwise.softplus, cuda_elementwise.softplus)
softplus_grad = Kernel(activations.softplus_grad, cpu_elementwise.softplus_grad, cuda_elementwise.softplus_grad)
softplus_second_derivative = Kernel(
    activations.softplus_second_derivative,
    cpu_elementwise.softplus_second_derivative,
    cuda_elementwise.softplus_second_derivative,
)
tanh = Kernel(activations.tanh, cpu_elementwise.tanh, cuda_elementwise.tanh)
tanh_grad = Kernel(activations.tanh_grad, cpu_elementwise.tanh_grad, cuda_elementwise.tanh_grad)
tanh_second_derivative = Kernel(
    activations.tanh_second_derivative, cpu_elementwise.tanh_second_derivative, cuda_elementwise.tanh_second_derivative
)

binary_crossentropy_from_logits = Kernel(
    cross_entropy.binary_crossentropy_from_logits, cuda=cuda_cross_entropy.binary_crossentropy_from_logits
)

conv2d = Kernel(convolution.conv2d, cpu_affine.conv2d, cuda_convolution.conv2d)
conv2d_input_grad = Kernel(
    convolution.conv2d_input_grad, cpu_affine.conv2d_input_grad, cuda_convolution.conv2d_input_grad
)
conv2d_kernel_grad = Kernel(
    convolution.conv2d_kernel_grad, cpu_affine.conv2d_kernel_grad, cuda_convolution.conv2d_kernel_grad
)

dropout = Kernel(dropout_.dropout, cpu_dropout.dropout, cuda_elementwise.dropout)

affine = Kernel(affine_.affine, cpu_affine.affine, cuda_affine.affine)
affine_grads = Kernel(affine_.affine_grads, cpu_affine.affine_grads, cuda_affine.affine_grads)
normalize_activate = Kernel(
    affine_.normalize_activate, cpu_normalization.normalize_activate, cuda_normalization.normalize_activate
)
normalize_activate_grads = Kernel(
    affine_.normalize_activate_grads,
    cpu_normalization.normalize_activate_grads,
    cuda_normalization.normalize_activate_grads,
)

largest = Kernel(maxout.largest, cpu_maxout.largest)

channel_sum = Kernel(normalization.channel_sum, cpu_standardization.channel_sum, cuda_normalization.channel_sum)
moments = Kernel(normalization.moments, cpu_normalization.moments, cuda_normalization.moments)
batch_norm = Kernel(normalization.batch_norm, cpu_standardization.batch_norm, cuda_normalization.batch_norm)
batch_norm_grad = Kernel(
    normalization.batch_norm_grad,
    cpu_standardization.batch_norm_grad,
    cuda_normalization.batch_norm_grad,
)
batch_norm_tangent_grad = Kernel(normalization.batch_norm_tangent_grad, cpu_standardization.batch_norm_tangent_grad)
layer_norm = Kernel(normalization.layer_norm, cpu_standardization.layer_norm, cuda_normalization.layer_norm)
layer_norm_grad = Kernel(
    normalization.layer_norm_grad,
    cpu_standardization.layer_norm_grad,
    cuda_normalization.layer_norm_grad,
)
layer_norm_tangent_grad = Kernel(normalization.layer_norm_tangent_grad)

average_pool = Kernel(pooling.average_pool, cpu_pooling.average_pool, cuda_pooling.average_pool)
average_pool_grad = Kernel(pooling.average_pool_grad, cpu_pooling.average_pool_grad, cuda_pooling.average_pool_grad)
max_pool = Kernel(pooling.max_pool, cpu_pooling.max_pool, cuda_pooling.max_pool)
max_pool_grad = Kernel(pooling.max_pool_grad, cpu_pooling.max_pool_grad, cuda_pooling.max_pool_grad)
max_pool_tangent = Kernel(pooling.max_pool_tangent)

upsample_bilinear = Kernel(resizing.upsample_bilinear)
upsample_bilinear_grad = Kernel(resizing.upsample_bilinear_grad)
upsample_nearest = Kernel(resizing.upsample_nearest, cpu_resizing.upsample_nearest, cuda_resizing.upsample_nearest)
upsample_nearest_grad = Kernel(
    resizing.upsample_nearest_grad, cpu_resizing.upsample_nearest_grad, cuda_resizing.upsample_nearest_grad
)

pad = Kernel(windows_.pad, cpu_resizing.pad, cuda_resizing.pad)

#: All kernels by name.
TABLE: dict[str, Kernel] = {name: value for name, value in globals().items() if isinstance(value, Kernel)}

# Not in the table of functions that return something new: it changes its arguments.
update_in_place = Kernel(pieces_.update_in_place, cpu_pieces.update_in_place, cuda_optimizer.update_in_place)
