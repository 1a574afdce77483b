"""The array functions under the layers.

Layers call ``kernels.<name>`` and never know which implementation answers. `minigan.kernels.reference` defines every
one of them; `minigan.kernels.cpu` has fast twins of most for NumPy, `minigan.kernels.compiled` faster ones by Numba,
and `minigan.kernels.cuda` those for GPUs, each in the file of the definition's name. This is the table of all. A kernel
keeps no state from call to call, and all but `update_in_place` return new arrays and leave their arguments alone.
"""

from minigan.kernels import compiled, cpu, cuda
from minigan.kernels import reference as ref
from minigan.kernels.compiled import philox as compiled_philox
from minigan.kernels.cpu.parallel import memory_pool
from minigan.kernels.cuda import philox, precision
from minigan.kernels.cuda.device_scalars import DeviceScalars
from minigan.kernels.reference.affine import (
    LINEAR,
    SAME,
    Activation,
    Convolution,
    Operation,
    Product,
    UpsampledConvolution,
)
from minigan.kernels.reference.padding import Pads, Pair, crop
from minigan.kernels.reference.windows import output_size
from minigan.kernels.registry import KINDS, Kernel, compiled_run, follow_edits, kind, running, using

__all__ = [
    "KINDS",
    "LINEAR",
    "SAME",
    "TABLE",
    "Activation",
    "Convolution",
    "DeviceScalars",
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
    "compiled_philox",
    "compiled_run",
    "conv2d",
    "conv2d_input_grad",
    "conv2d_kernel_grad",
    "crop",
    "dropout",
    "elu",
    "elu_grad",
    "elu_second_derivative",
    "follow_edits",
    "gated",
    "gated_grad",
    "gated_second_derivative",
    "group_norm",
    "group_norm_grad",
    "group_norm_tangent_grad",
    "kind",
    "layer_norm",
    "layer_norm_grad",
    "layer_norm_tangent_grad",
    "leaky_relu",
    "leaky_relu_grad",
    "max_pool",
    "max_pool_grad",
    "max_pool_tangent",
    "max_with_mask",
    "max_with_mask_grad",
    "memory_pool",
    "moments",
    "normalize_activate",
    "normalize_activate_grads",
    "output_size",
    "pad",
    "philox",
    "precision",
    "relu",
    "relu_grad",
    "running",
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

elu = Kernel(ref.activations.elu, cpu.activations.elu, cuda.activations.elu)
elu_grad = Kernel(ref.activations.elu_grad, cpu.activations.elu_grad, cuda.activations.elu_grad)
elu_second_derivative = Kernel(
    ref.activations.elu_second_derivative, cpu.activations.elu_second_derivative, cuda.activations.elu_second_derivative
)
leaky_relu = Kernel(
    ref.activations.leaky_relu, cpu.activations.leaky_relu, cuda.activations.leaky_relu, compiled.activations.leaky_relu
)
leaky_relu_grad = Kernel(
    ref.activations.leaky_relu_grad,
    cpu.activations.leaky_relu_grad,
    cuda.activations.leaky_relu_grad,
    compiled.activations.leaky_relu_grad,
)
relu = Kernel(ref.activations.relu, cpu.activations.relu, cuda.activations.relu, compiled.activations.relu)
relu_grad = Kernel(
    ref.activations.relu_grad, cpu.activations.relu_grad, cuda.activations.relu_grad, compiled.activations.relu_grad
)
sigmoid = Kernel(ref.activations.sigmoid, cpu.activations.sigmoid, cuda.activations.sigmoid)
sigmoid_grad = Kernel(
    ref.activations.sigmoid_grad,
    cpu.activations.sigmoid_grad,
    cuda.activations.sigmoid_grad,
    compiled.activations.sigmoid_grad,
)
sigmoid_second_derivative = Kernel(
    ref.activations.sigmoid_second_derivative,
    cpu.activations.sigmoid_second_derivative,
    cuda.activations.sigmoid_second_derivative,
)
softmax = Kernel(ref.activations.softmax)
softmax_grad = Kernel(ref.activations.softmax_grad)
softmax_tangent_grad = Kernel(ref.activations.softmax_tangent_grad)
softplus = Kernel(ref.activations.softplus, cpu.activations.softplus, cuda.activations.softplus)
softplus_grad = Kernel(ref.activations.softplus_grad, cpu.activations.softplus_grad, cuda.activations.softplus_grad)
softplus_second_derivative = Kernel(
    ref.activations.softplus_second_derivative,
    cpu.activations.softplus_second_derivative,
    cuda.activations.softplus_second_derivative,
)
tanh = Kernel(ref.activations.tanh, cpu.activations.tanh, cuda.activations.tanh)
tanh_grad = Kernel(
    ref.activations.tanh_grad, cpu.activations.tanh_grad, cuda.activations.tanh_grad, compiled.activations.tanh_grad
)
tanh_second_derivative = Kernel(
    ref.activations.tanh_second_derivative,
    cpu.activations.tanh_second_derivative,
    cuda.activations.tanh_second_derivative,
)

affine = Kernel(ref.affine.affine, cpu.affine.affine, cuda.affine.affine, compiled.affine.affine)
affine_grads = Kernel(
    ref.affine.affine_grads, cpu.affine.affine_grads, cuda.affine.affine_grads, compiled.affine.affine_grads
)

conv2d = Kernel(ref.convolution.conv2d, cpu.convolution.conv2d, cuda.convolution.conv2d, compiled.convolution.conv2d)
conv2d_input_grad = Kernel(
    ref.convolution.conv2d_input_grad,
    cpu.convolution.conv2d_input_grad,
    cuda.convolution.conv2d_input_grad,
    compiled.convolution.conv2d_input_grad,
)
conv2d_kernel_grad = Kernel(
    ref.convolution.conv2d_kernel_grad,
    cpu.convolution.conv2d_kernel_grad,
    cuda.convolution.conv2d_kernel_grad,
    compiled.convolution.conv2d_kernel_grad,
)

binary_crossentropy_from_logits = Kernel(
    ref.cross_entropy.binary_crossentropy_from_logits,
    cuda=cuda.cross_entropy.binary_crossentropy_from_logits,
    compiled=compiled.cross_entropy.binary_crossentropy_from_logits,
)

dropout = Kernel(ref.dropout.dropout, cpu.dropout.dropout, cuda.dropout.dropout, compiled.dropout.dropout)

gated = Kernel(ref.gates.gated, cpu.gates.gated, cuda.gates.gated)
gated_grad = Kernel(ref.gates.gated_grad, cpu.gates.gated_grad, cuda.gates.gated_grad)
gated_second_derivative = Kernel(
    ref.gates.gated_second_derivative, cpu.gates.gated_second_derivative, cuda.gates.gated_second_derivative
)

max_with_mask = Kernel(ref.maxout.max_with_mask, cpu.maxout.max_with_mask, compiled=compiled.maxout.max_with_mask)
max_with_mask_grad = Kernel(ref.maxout.max_with_mask_grad, compiled=compiled.maxout.max_with_mask_grad)

batch_norm = Kernel(
    ref.normalization.batch_norm,
    cpu.normalization.batch_norm,
    cuda.normalization.batch_norm,
    compiled.normalization.batch_norm,
)
batch_norm_grad = Kernel(
    ref.normalization.batch_norm_grad,
    cpu.normalization.batch_norm_grad,
    cuda.normalization.batch_norm_grad,
    compiled.normalization.batch_norm_grad,
)
batch_norm_tangent_grad = Kernel(
    ref.normalization.batch_norm_tangent_grad,
    cpu.normalization.batch_norm_tangent_grad,
    compiled=compiled.batch_norm_tangent.batch_norm_tangent_grad,
)
channel_sum = Kernel(
    ref.normalization.channel_sum,
    cpu.normalization.channel_sum,
    cuda.normalization.channel_sum,
    compiled.normalization.channel_sum,
)
group_norm = Kernel(ref.normalization.group_norm, cpu.normalization.group_norm, compiled=compiled.group_norm.group_norm)
group_norm_grad = Kernel(
    ref.normalization.group_norm_grad,
    cpu.normalization.group_norm_grad,
    compiled=compiled.group_norm.group_norm_grad,
)
group_norm_tangent_grad = Kernel(ref.normalization.group_norm_tangent_grad)
layer_norm = Kernel(
    ref.normalization.layer_norm,
    cpu.normalization.layer_norm,
    cuda.normalization.layer_norm,
    compiled.layer_norm.layer_norm,
)
layer_norm_grad = Kernel(
    ref.normalization.layer_norm_grad,
    cpu.normalization.layer_norm_grad,
    cuda.normalization.layer_norm_grad,
    compiled.layer_norm.layer_norm_grad,
)
layer_norm_tangent_grad = Kernel(
    ref.normalization.layer_norm_tangent_grad,
    cpu.normalization.layer_norm_tangent_grad,
    compiled=compiled.layer_norm.layer_norm_tangent_grad,
)
moments = Kernel(
    ref.normalization.moments,
    cpu.normalization.moments,
    cuda.normalization.moments,
    compiled.normalization.moments,
)

normalize_activate = Kernel(
    ref.normalize_activate.normalize_activate,
    cpu.normalize_activate.normalize_activate,
    cuda.normalize_activate.normalize_activate,
    compiled.normalize_activate.normalize_activate,
)
normalize_activate_grads = Kernel(
    ref.normalize_activate.normalize_activate_grads,
    cpu.normalize_activate.normalize_activate_grads,
    cuda.normalize_activate.normalize_activate_grads,
    compiled.normalize_activate.normalize_activate_grads,
)

update_in_place = Kernel(
    ref.optimizer.update_in_place,
    cpu.optimizer.update_in_place,
    cuda.optimizer.update_in_place,
    compiled.optimizer.update_in_place,
)

pad = Kernel(ref.padding.pad, cpu.padding.pad, cuda.padding.pad)

average_pool = Kernel(ref.pooling.average_pool, cpu.pooling.average_pool, cuda.pooling.average_pool)
average_pool_grad = Kernel(ref.pooling.average_pool_grad, cpu.pooling.average_pool_grad, cuda.pooling.average_pool_grad)
max_pool = Kernel(ref.pooling.max_pool, cpu.pooling.max_pool, cuda.pooling.max_pool)
max_pool_grad = Kernel(ref.pooling.max_pool_grad, cpu.pooling.max_pool_grad, cuda.pooling.max_pool_grad)
max_pool_tangent = Kernel(ref.pooling.max_pool_tangent)

upsample_bilinear = Kernel(ref.resizing.upsample_bilinear)
upsample_bilinear_grad = Kernel(ref.resizing.upsample_bilinear_grad)
upsample_nearest = Kernel(ref.resizing.upsample_nearest, cpu.resizing.upsample_nearest, cuda.resizing.upsample_nearest)
upsample_nearest_grad = Kernel(
    ref.resizing.upsample_nearest_grad, cpu.resizing.upsample_nearest_grad, cuda.resizing.upsample_nearest_grad
)

#: All kernels by name.
TABLE: dict[str, Kernel] = {name: value for name, value in globals().items() if isinstance(value, Kernel)}
