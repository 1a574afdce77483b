"""The built-in cases of ``minigan gradcheck``.

Every layer with its important options, every loss, every gradient penalty, and the training steps.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from minigan import backend, losses, penalties
from minigan.backend import Array
from minigan.gradcheck.builtin.loss_formulas import check_loss, check_penalty
from minigan.gradcheck.builtin.training_steps import (
    discriminator_step_functions,
    generator_step_functions,
    simultaneous_step_functions,
)
from minigan.gradcheck.checker import check
from minigan.gradcheck.report import Report
from minigan.layers import (
    ELU,
    GELU,
    SELU,
    AveragePooling1D,
    AveragePooling2D,
    BatchNorm,
    ChannelMax,
    ConcatenateLabels,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    GroupNormalization,
    Identity,
    Layer,
    LayerNorm,
    LeakyReLU,
    Maxout,
    MaxPooling1D,
    MaxPooling2D,
    MinibatchStdDev,
    PReLU,
    ProjectionHead,
    ReLU,
    Reshape,
    Residual,
    SelfAttention2D,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    SpectralNormalization,
    Tanh,
    UpSampling1D,
    UpSampling2D,
    ZeroPadding2D,
)
from minigan.model.sequential import Sequential
from minigan.random import Stream

__all__ = ["CASES", "LAYERS", "LOSSES", "PENALTIES", "STEPS", "Case", "FunctionCase"]


class Case(NamedTuple):
    """A layer or a network, the shape of its input with the batch axis, and whether inference differs from training."""

    name: str
    make: Callable[[], Layer | Sequential]
    shape: tuple[int, ...]
    two_modes: bool = False

    @property
    def subject(self) -> str:
        """The name of the class."""
        return type(self.make()).__name__

    def check(self, seed: int = 0, **options: Any) -> Report:
        """Check in training mode and, where it differs, in inference mode."""
        reports = [check(self.make(), self.shape, seed=seed, name=self.name, **options)]
        if self.two_modes:
            name = f"{self.name}, inference"
            reports.append(check(self.make(), self.shape, seed=seed, name=name, training=False, **options))
        return Report.merged(reports)


class FunctionCase(NamedTuple):
    """Plain functions, and the point at which they are checked."""

    name: str
    subject: str
    functions: Callable[[], tuple[Callable, Callable | None]]
    point: Callable[[], Array]
    mode: str = "auto"

    def check(self, seed: int = 0, **options: Any) -> Report:
        """Check the functions."""
        forward, backward = self.functions()
        options = {"mode": self.mode, **options}
        return check(forward, self.point(), backward=backward, seed=seed, name=self.name, **options)


LAYERS = [
    Case("dense", lambda: Dense(4), (3, 5)),
    Case("dense-activation", lambda: Dense(4, activation="tanh"), (3, 5)),
    Case("dense-no-bias", lambda: Dense(4, use_bias=False), (1, 5)),
    Case("dense-on-sequences", lambda: Dense(3), (2, 3, 4)),
    Case("dense-on-images", lambda: Dense(3, activation="sigmoid"), (2, 3, 2, 4)),
    Case("conv1d", lambda: Conv1D(3, 3, strides=2, padding="same", activation="tanh"), (2, 6, 2)),
    Case("conv1d-options", lambda: Conv1D(4, 2, padding=(1, 2), dilation_rate=2, groups=2, use_bias=False), (2, 5, 4)),
    Case("conv2d-valid", lambda: Conv2D(3, 3), (2, 5, 6, 2)),
    Case("conv2d-same", lambda: Conv2D(3, 3, padding="same", activation="softplus"), (2, 5, 4, 2)),
    Case("conv2d-same-stride", lambda: Conv2D(2, 3, strides=2, padding="same"), (2, 5, 6, 3)),
    Case("conv2d-stride-leaves-a-rest", lambda: Conv2D(2, 3, strides=3), (2, 8, 7, 1)),
    Case("conv2d-rectangular", lambda: Conv2D(2, (2, 3), strides=(2, 1), padding="same"), (1, 7, 5, 2)),
    Case("conv2d-explicit", lambda: Conv2D(2, 3, strides=2, padding=((2, 0), (1, 3)), use_bias=False), (2, 4, 5, 2)),
    Case("conv2d-1x1", lambda: Conv2D(3, 1, strides=2), (2, 5, 5, 2)),
    Case("conv2d-stride-over-kernel", lambda: Conv2D(2, 2, strides=3, padding="same"), (2, 7, 8, 2)),
    Case("conv2d-dilated", lambda: Conv2D(2, (3, 2), padding="same", dilation_rate=(2, 3)), (2, 5, 4, 2)),
    Case("conv2d-dilated-stride", lambda: Conv2D(2, 2, strides=(2, 1), dilation_rate=2), (2, 5, 4, 2)),
    Case("conv2d-groups", lambda: Conv2D(4, 2, groups=2, activation="tanh"), (2, 4, 3, 6)),
    Case("conv2d-depthwise", lambda: Conv2D(6, 3, strides=2, padding="same", groups=3), (2, 4, 5, 3)),
    Case("conv2d-transpose-same", lambda: Conv2DTranspose(3, 3, strides=2, padding="same"), (2, 3, 4, 2)),
    Case("conv2d-transpose-valid", lambda: Conv2DTranspose(2, 3, strides=2, activation="tanh"), (2, 3, 2, 2)),
    Case("conv2d-transpose-even", lambda: Conv2DTranspose(2, 4, strides=2, padding="same"), (1, 3, 3, 2)),
    Case("conv2d-transpose-gaps", lambda: Conv2DTranspose(2, 2, strides=3), (2, 2, 3, 2)),
    Case("conv2d-transpose-explicit", lambda: Conv2DTranspose(2, 3, strides=2, padding=((1, 0), (0, 2))), (2, 3, 4, 2)),
    Case("conv2d-transpose-dilated", lambda: Conv2DTranspose(2, 2, padding="same", dilation_rate=(2, 3)), (2, 3, 4, 2)),
    Case(
        "conv2d-transpose-output-padding",
        lambda: Conv2DTranspose(2, 3, strides=2, padding="same", output_padding=(0, 1)),
        (2, 3, 2, 2),
    ),
    Case("maxout", lambda: Maxout(4, 3), (3, 5)),
    Case("channel-max", lambda: ChannelMax(3), (2, 3, 2, 6)),
    Case("batch-norm", lambda: BatchNorm(), (5, 3), two_modes=True),
    Case("batch-norm-images", lambda: BatchNorm(momentum=0.8), (3, 4, 3, 2), two_modes=True),
    Case("batch-norm-bare", lambda: BatchNorm(center=False, scale=False), (4, 3), two_modes=True),
    Case("layer-norm", lambda: LayerNorm(), (3, 5)),
    Case("layer-norm-images", lambda: LayerNorm(), (2, 3, 2, 4)),
    Case("layer-norm-bare", lambda: LayerNorm(center=False, scale=False), (3, 4)),
    Case("group-normalization", lambda: GroupNormalization(2), (2, 3, 2, 4)),
    Case("group-normalization-vectors", lambda: GroupNormalization(2, center=False), (3, 6)),
    Case("instance-normalization", lambda: GroupNormalization(-1, scale=False), (2, 3, 2, 2)),
    Case("relu", lambda: ReLU(), (3, 5)),
    Case("relu-options", lambda: ReLU(max_value=0.9, negative_slope=0.1, threshold=0.2), (4, 6)),
    Case("leaky-relu", lambda: LeakyReLU(0.2), (3, 5)),
    Case("leaky-relu-negative-slope", lambda: LeakyReLU(-0.5), (3, 5)),
    Case("residual", lambda: Residual([Conv2D(2, 3, padding="same", activation="tanh"), LayerNorm()]), (2, 3, 2, 2)),
    Case("residual-two-modes", lambda: Residual([BatchNorm(), Dense(4, "tanh"), Dropout(0.3)]), (5, 4), two_modes=True),
    Case("prelu", lambda: PReLU("ones"), (3, 2, 5)),
    Case("prelu-shared", lambda: PReLU("ones", shared_axes=(1, 2)), (2, 3, 2, 3)),
    Case("elu", lambda: ELU(0.7), (3, 5)),
    Case("selu", lambda: SELU(), (3, 5)),
    Case("gelu", lambda: GELU(), (3, 5)),
    Case("gelu-approximate", lambda: GELU(approximate=True), (3, 5)),
    Case("silu", lambda: SiLU(), (3, 5)),
    Case("sigmoid", lambda: Sigmoid(), (3, 5)),
    Case("tanh", lambda: Tanh(), (3, 5)),
    Case("softplus", lambda: Softplus(), (3, 5)),
    Case("softmax", lambda: Softmax(), (3, 5)),
    Case("softmax-axis", lambda: Softmax(axis=1), (2, 3, 4)),
    Case("identity", lambda: Identity(), (3, 5)),
    Case("dropout", lambda: Dropout(0.4), (4, 6), two_modes=True),
    Case("gaussian-noise", lambda: GaussianNoise(0.3), (3, 5), two_modes=True),
    Case("flatten", lambda: Flatten(), (2, 3, 4, 2)),
    Case("reshape", lambda: Reshape((2, -1)), (3, 4, 3)),
    Case("up-sampling-1d", lambda: UpSampling1D(3), (2, 4, 2)),
    Case("up-sampling-nearest", lambda: UpSampling2D((2, 3)), (2, 3, 4, 2)),
    Case("up-sampling-bilinear", lambda: UpSampling2D((2, 3), interpolation="bilinear"), (2, 3, 4, 2)),
    Case("zero-padding", lambda: ZeroPadding2D(((0, 1), (2, 0))), (2, 3, 2, 2)),
    Case("max-pooling-1d", lambda: MaxPooling1D(3, strides=2, padding=(1, 0)), (2, 6, 2)),
    Case("average-pooling-1d", lambda: AveragePooling1D(3, strides=2, padding="same"), (2, 6, 2)),
    Case("max-pooling", lambda: MaxPooling2D(2), (2, 5, 4, 2)),
    Case("max-pooling-overlap", lambda: MaxPooling2D((3, 2), strides=(2, 1), padding="same"), (2, 5, 6, 2)),
    Case("average-pooling", lambda: AveragePooling2D(2), (2, 5, 4, 2)),
    Case("average-pooling-overlap", lambda: AveragePooling2D((3, 2), strides=(2, 1), padding="same"), (2, 5, 6, 2)),
    Case("global-average-pooling", lambda: GlobalAveragePooling2D(), (2, 3, 4, 3)),
    Case("concatenate-labels", lambda: ConcatenateLabels(3, 2), (5, 4)),
    Case("concatenate-labels-images", lambda: ConcatenateLabels(3, 2), (5, 2, 3, 2)),
    Case("projection-head", lambda: ProjectionHead(3), (5, 4)),
    Case("minibatch-std-dev", lambda: MinibatchStdDev(2), (5, 2, 3, 2)),
    Case("minibatch-std-dev-vectors", lambda: MinibatchStdDev(), (8, 3)),
    Case("self-attention", lambda: SelfAttention2D(gamma_initializer="ones"), (2, 2, 3, 4)),
    Case("self-attention-channels", lambda: SelfAttention2D(2, 3, gamma_initializer="ones"), (2, 3, 2, 2)),
    Case("spectral-normalization-dense", lambda: SpectralNormalization(Dense(4, activation="tanh")), (3, 5)),
    Case("spectral-normalization-conv2d", lambda: SpectralNormalization(Conv2D(3, 3, 2, "same"), 2), (2, 5, 4, 2)),
    Case("spectral-normalization-transpose", lambda: SpectralNormalization(Conv2DTranspose(3, 3, 2)), (2, 3, 2, 2)),
]


def logits() -> Array:
    """Positive and negative logits."""
    return Stream(0, "gradcheck/logits").normal((5, 1), stddev=2.0, dtype=np.float64)


def probabilities() -> Array:
    """Probabilities away from 0 and 1."""
    return Stream(0, "gradcheck/probabilities").uniform((5, 1), 0.1, 0.9, np.float64)


def loss_case(name: str, loss: Callable, point: Callable[[], Array] = logits) -> FunctionCase:
    """The case of a loss, whose value is also compared with its formula."""

    def functions() -> tuple[Callable, None]:
        check_loss(name, loss, point())
        return loss, None

    return FunctionCase(name, "losses", functions, point)


def noisy(term: str) -> Callable:
    """A loss with noisy labels, of which the same are wrong in every call."""
    return lambda z: getattr(losses.NoisyLabels(losses.NonSaturating(), 0.4, Stream(0, "gradcheck/labels")), term)(z)


TERMS = ("real", "fake", "generator")

#: The GAN losses, and those with labels also with two-sided smoothing.
GAN_LOSSES: dict[str, losses.GANLoss] = {
    **{name: losses.get(name) for name in losses.GAN_LOSSES},
    **{
        f"{name}-smoothed": losses.get(name, label_smoothing=0.1, fake_label_smoothing=0.2)
        for name, kind in losses.GAN_LOSSES.items()
        if issubclass(kind, losses.TargetLoss)
    },
}

LOSSES = [
    loss_case("binary-crossentropy", lambda p: losses.binary_crossentropy(p, 0.7), probabilities),
    loss_case("binary-crossentropy-from-logits", lambda z: losses.binary_crossentropy_from_logits(z, 0.7)),
    *(loss_case(f"{name}-{term}", getattr(loss, term)) for name, loss in GAN_LOSSES.items() for term in TERMS),
    *(loss_case(f"noisy-labels-{term}", noisy(term)) for term in TERMS),
]


def small_critic(dtype: Any, wrap: Callable[[Layer], Layer] | None = None) -> Sequential:
    """A discriminator with strides, normalization, a kink, smooth activations, dropout and classes.

    `wrap` can put a layer with a state between calls around one of its layers.
    """
    dense = Dense(3, activation="sigmoid")
    critic = Sequential(
        [
            Conv2D(3, 3, strides=2, padding="same", activation="softplus"),
            LayerNorm(),
            LeakyReLU(0.2),
            Conv2DTranspose(2, 2, strides=2, activation="tanh"),
            Dropout(0.25),
            Flatten(),
            dense if wrap is None else wrap(dense),
            ProjectionHead(3),
        ],
        name="critic",
    )
    critic.build((4, 3, 2), seed=1, dtype=dtype)
    return critic


def penalty_functions(name: str) -> tuple[Callable, Callable]:
    """A penalty as a function of D's weights; its cache is the gradient that it added."""
    labels, fake_labels = (backend.asarray(np.array(classes)) for classes in ([0, 1, 2], [2, 0, 1]))

    def images(dtype: Any) -> tuple[Array, Array, Stream]:
        rng = Stream(2, "gradcheck/penalty")
        real, fake = (rng.normal((3, 4, 3, 2), dtype=np.float64).astype(dtype) for _ in range(2))
        return real, fake, rng

    def forward(weights: Array) -> tuple[Array, Array]:
        critic = small_critic(weights.dtype)
        critic.flat_data[...] = weights
        return penalties.get(name)(critic, *images(weights.dtype), labels, fake_labels), critic.flat_grad

    def backward(dy: Array, gradient: Array) -> Array:
        return dy * gradient

    for classes in ((labels, fake_labels), (labels, None)):
        critic = small_critic(np.float64, SpectralNormalization)
        check_penalty(name, penalties.get(name), critic, *images(np.float64)[:2], classes)
    return forward, backward


def penalty_case(name: str) -> FunctionCase:
    """The case of a penalty; its forward is several passes through a network, too slow for a check entry by entry."""
    weights = lambda: small_critic(np.float64).flat_data  # noqa: E731
    return FunctionCase(name, "penalties", lambda: penalty_functions(name), weights, "directional")


PENALTIES = [penalty_case(name) for name in penalties.PENALTIES]


def step_case(network: str, loss: str, functions: Callable[[str], tuple[Callable, Callable, Array]]) -> FunctionCase:
    """The case of a step in one network's weights; its forward is a whole step, too slow for a check entry by entry."""
    name = f"{network}-step-{loss}"
    return FunctionCase(name, "steps", lambda: functions(loss)[:2], lambda: functions(loss)[2], "directional")


def discriminator_step(loss: str) -> tuple[Callable, Callable, Array]:
    """D's step, with smoothed labels where the loss has labels."""
    labelled = issubclass(losses.GAN_LOSSES[loss], losses.TargetLoss)
    return discriminator_step_functions(loss, 0.1 if labelled else 0.0)


def simultaneous_step_case(network: str) -> FunctionCase:
    """The case of the step of both networks, in the weights of one."""
    return step_case(f"simultaneous-{network}", "non-saturating", partial(simultaneous_step_functions, network))


STEPS = [
    *(
        step_case(network, loss, functions)
        for network, functions in (("discriminator", discriminator_step), ("generator", generator_step_functions))
        for loss in losses.GAN_LOSSES
    ),
    *map(simultaneous_step_case, ("discriminator", "generator")),
]

CASES: list[Case | FunctionCase] = [*LAYERS, *LOSSES, *PENALTIES, *STEPS]
