"""Which neighbours are joined: the table of rewrites."""

import itertools
import os
from collections.abc import Callable, Iterator, Sequence

from minigan import edits, kernels
from minigan import layers as layers_room
from minigan.errors import ConfigError
from minigan.fusion.affine import AffineStep
from minigan.fusion.maxout import MaxoutStep
from minigan.fusion.normalization import NormalizationStep
from minigan.fusion.residual import ResidualStep
from minigan.fusion.step import Step, activation_of, is_builtin
from minigan.io.messages import listed
from minigan.kernels import SAME, Operation, Product, UpsampledConvolution
from minigan.layers.base import Layer
from minigan.layers.batch_norm import BatchNorm
from minigan.layers.conv2d import Conv2D
from minigan.layers.dense import Dense
from minigan.layers.dropout import Dropout
from minigan.layers.identity import Identity
from minigan.layers.maxout import Maxout
from minigan.layers.residual import Residual
from minigan.layers.up_sampling2d import UpSampling2D

__all__ = ["REWRITES", "enabled", "fuse"]


def affine(layers: Sequence[Layer], operation: Operation) -> Step | None:
    """A step of all layers up to the first Dense or Conv2D, and of the activation after it where that has none."""
    place, layer = next((i, layer) for i, layer in enumerate(layers) if isinstance(layer, Dense | Conv2D))
    own = activation_of(layer.activation)
    if own is None:
        return None
    taken = list(layers[: place + 1])
    if isinstance(layer.activation, Identity) and len(layers) > place + 1:
        following = activation_of(layers[place + 1])
        if following is not None:
            return AffineStep([*taken, layers[place + 1]], operation, following)
    return AffineStep(taken, operation, own)


def upsampled_convolution(layers: Sequence[Layer]) -> Step | None:
    """UpSampling2D + Conv2D (+ activation), where two by two pixels are repeated for a 3 x 3 convolution."""
    match layers:
        case [UpSampling2D(size=(2, 2), interpolation="nearest"), Conv2D() as conv, *_]:
            if conv.windows.size == (3, 3) and conv.operation == SAME:
                return affine(layers, UpsampledConvolution())
    return None


def convolution(layers: Sequence[Layer]) -> Step | None:
    """Conv2D (+ activation)."""
    match layers:
        case [Conv2D() as conv, *_]:
            return affine(layers, conv.operation)
    return None


def dense(layers: Sequence[Layer]) -> Step | None:
    """Dense (+ activation)."""
    match layers:
        case [Dense(), *_]:
            return affine(layers, Product())
    return None


def maxout(layers: Sequence[Layer]) -> Step | None:
    """Maxout."""
    match layers:
        case [Maxout() as layer, *_]:
            return MaxoutStep(layer)
    return None


def normalization(layers: Sequence[Layer]) -> Step | None:
    """BatchNorm (+ rectifier) (+ Dropout)."""
    match layers:
        case [BatchNorm(scale=True, center=True) as norm, *rest]:
            taken: list[Layer] = [norm]
            activation = activation_of(rest[0]) if rest else None
            if activation is not None and activation.name in ("linear", "leaky_relu"):
                taken.append(rest.pop(0))
            if rest and isinstance(rest[0], Dropout):
                taken.append(rest[0])
            return NormalizationStep(taken)
    return None


def residual(layers: Sequence[Layer]) -> Step | None:
    """Residual, if any of its layers are joined."""
    match layers:
        case [Residual() as block, *_]:
            steps = joined(block.layers)
            if any(isinstance(step, Step) for step in steps):
                return ResidualStep(block, steps)
    return None


#: The rewrites, the first that fits first: each takes the layers from some place on, and joins some or none.
REWRITES: tuple[Callable[[Sequence[Layer]], Step | None], ...] = (
    upsampled_convolution,
    convolution,
    dense,
    maxout,
    normalization,
    residual,
)


def fuse(layers: Sequence[Layer]) -> list[Layer]:
    """The steps that do what the built `layers` do: layers and `Step`.

    Layers whose files were edited (`minigan.edits`) stay as they are, which is said once.
    """
    edits.refresh()
    edits.announce(consequences(kernels.follow_edits()))
    return joined(layers)


def joined(layers: Sequence[Layer]) -> list[Layer]:
    """Layers and the steps in the place of those that are joined."""
    steps: list[Layer] = []
    place = 0
    while place < len(layers):
        known = list(itertools.takewhile(is_builtin, layers[place:]))
        found = (step for rewrite in REWRITES if (step := rewrite(known)) is not None)
        step = next(found, None)
        steps.append(step or layers[place])
        place += len(step.layers) if step else 1
    return steps


def consequences(definitions: Sequence[str]) -> Iterator[str]:
    """What runs plainly because files were edited: classes of layers, and kernels by the names of their definitions."""
    classes = [cls for cls in vars(layers_room).values() if isinstance(cls, type) and issubclass(cls, Layer)]
    if edited := [cls.__name__ for cls in classes if edits.edited_behind(cls.__module__)]:
        yield f"no fused steps for {listed(edited)}"
    if definitions:
        yield f"no fast kernels for {listed(definitions)}"
    if files := [name for name in edits.FILES if name in edits.edited_files()]:
        yield f"no compiled loops for {listed(files)}"


def enabled() -> bool:
    """Whether networks fuse by default: ``MINIGAN_FUSE`` is 1 (the default) or 0."""
    setting = os.environ.get("MINIGAN_FUSE", "1")
    if setting not in ("0", "1"):
        raise ConfigError(f"MINIGAN_FUSE: expected 0 or 1, got {setting!r}")
    return setting == "1"
