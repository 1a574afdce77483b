"""Reasons why mutants survive."""

from benchmarks.mutants.mutate import Mutant

AT_THE_KINK = "differs only at the kink, where both slopes are valid and no random input is"
NOT_USED = "the same gradient: the minimum only keeps an exponential that is not used from overflowing"
TIMES_ZERO = "the same gradient: dy * 0 instead of 0"
OVER_NO_AXES = "the same gradient: between its first and its last a matrix has no axes to sum over"
ONE_ENTRY = "the same gradient: the axis has one entry, and the last is the first"
TWO_SIZES = "the same gradient: two sizes are used, and a third is ignored"
ORDER_OF_AXES = "the same gradient: a sum over two axes that are named in the other order"
OF_ZEROS = "the same gradient: the zeros to which everything is added, negated or doubled"
EVEN = "the same gradient: all penalties depend on norms, and -g has the norm of g"
REFUSAL = "the check that refuses unsuitable networks; the tests of the penalties notice it"
ADDS_ZERO = "the same gradient: without gradients of parameters, zeros are added"
OTHER_ORDER = "the same gradient: the two are multiplied, in the other order, or compared"

#: Why a mutant survives, by its function and the kind of damage.
REASONS = {
    ("kernels/reference/activations.py:relu_grad", "comparison made strict or not"): AT_THE_KINK,
    ("kernels/reference/activations.py:leaky_relu_grad", "comparison made strict or not"): AT_THE_KINK,
    ("kernels/reference/activations.py:elu_grad", "comparison made strict or not"): AT_THE_KINK,
    ("kernels/reference/activations.py:elu_second_derivative", "comparison made strict or not"): AT_THE_KINK,
    ("kernels/reference/activations.py:elu_grad", "arguments exchanged"): NOT_USED,
    ("kernels/reference/activations.py:elu_grad", "wrong constant"): NOT_USED,
    ("kernels/reference/activations.py:elu_second_derivative", "arguments exchanged"): NOT_USED,
    ("kernels/reference/activations.py:elu_second_derivative", "wrong constant"): NOT_USED,
    ("kernels/reference/activations.py:relu_grad", "condition dropped"): TIMES_ZERO,
    ("kernels/reference/normalization.py:channel_sum", "comparison made strict or not"): OVER_NO_AXES,
    ("kernels/reference/normalization.py:channel_sum", "condition dropped"): OVER_NO_AXES,
    ("kernels/reference/pooling.py:max_pool_tangent", "off by one"): ONE_ENTRY,
    ("kernels/reference/resizing.py:upsample_bilinear_grad", "off by one"): TWO_SIZES,
    ("kernels/reference/resizing.py:upsample_nearest_grad", "axes transposed"): ORDER_OF_AXES,
    ("kernels/reference/windows.py:scatter", "sign flipped"): OF_ZEROS,
    ("kernels/reference/windows.py:scatter", "factor 2"): OF_ZEROS,
    ("layers/average_pooling2d.py:AveragePooling2D.apply", "off by one"): TWO_SIZES,
    ("layers/global_average_pooling2d.py:GlobalAveragePooling2D.apply", "axes transposed"): ORDER_OF_AXES,
    ("layers/max_pooling2d.py:MaxPooling2D.tangent", "off by one"): TWO_SIZES,
    ("layers/concatenate_labels.py:ConcatenateLabels.tangent", "sign flipped"): OF_ZEROS,
    ("layers/concatenate_labels.py:ConcatenateLabels.tangent", "factor 2"): OF_ZEROS,
    ("layers/projection_head.py:ProjectionHead.backward", "arguments exchanged"): OTHER_ORDER,
    ("layers/projection_head.py:ProjectionHead.tangent_backward", "arguments exchanged"): OTHER_ORDER,
    ("layers/spectral_normalization.py:SpectralNormalization.backward", "condition dropped"): ADDS_ZERO,
    ("layers/spectral_normalization.py:SpectralNormalization.tangent_backward", "condition dropped"): ADDS_ZERO,
    ("losses/hinge.py:Hinge.real", "arguments exchanged"): OTHER_ORDER,
    ("losses/hinge.py:Hinge.real", "comparison made strict or not"): AT_THE_KINK,
    ("penalties.py:Penalty.__call__", "term dropped"): REFUSAL,
    ("penalties.py:Penalty.__call__", "sign flipped"): EVEN,
}


def reason_of(mutant: Mutant) -> str:
    """The reason why a mutant survives, if it is known."""
    return REASONS.get((mutant.place, mutant.kind), "no reason is known")
