"""The metrics of a step: computed on the device where the step ran, and read when they are reported.

To read a number from a GPU is to wait until the GPU has come that far, and to let it idle until the next work is sent.
So a step leaves its metrics there, in one small array, and the trainer reads those of many steps at once. The numbers
that are read are sums and squares; roots and fractions are taken of them on the host, the same on every backend.
"""

import math
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np

from minigan.backend import Array, array_module, asnumpy
from minigan.kernels import sigmoid
from minigan.models import GAN
from minigan.training.steps import DiscriminatorResult, GeneratorResult

__all__ = ["Metrics", "layer_norms", "layer_squares", "metrics_of", "named_metrics", "to_numbers"]

#: On the CPU the metrics one by one, as they are; on a GPU one array of all.
Metrics: TypeAlias = list[Array | float] | Array

#: How many metrics there are before those of the layers.
COUNT = 8


def metrics_of(
    gan: GAN, d: DiscriminatorResult, g: GeneratorResult, decision_threshold: float | None, layers: bool
) -> Metrics:
    """The metrics of D's last step and G's; with `layers` also the squared norm of each parameter's gradient.

    In turn: the losses of D and G; the mean probabilities that D gave real and generated images; how many of either it
    judged rightly; the squared norms of both networks' gradients; and those of the parameters'. A logit above
    `decision_threshold` means "real". A critic, whose values have no such threshold, is compared with 0.
    """
    real, fake = d.real_logits, d.fake_logits
    metrics = [
        d.loss,
        g.loss,
        sigmoid(real).mean(),
        sigmoid(fake).mean(),
        (real > (decision_threshold or 0)).sum(dtype=real.dtype),
        (fake < (decision_threshold or 0)).sum(dtype=real.dtype),
        square(gan.discriminator.flat_grad),
        square(gan.generator.flat_grad),
    ]
    if layers:
        metrics += [number for squares in layer_squares(gan).values() for number in squares]
    xp = array_module(real)
    return metrics if xp is np else xp.stack([xp.asarray(metric, real.dtype) for metric in metrics])


def layer_squares(gan: GAN) -> dict[str, list[Array]]:
    """The squared L2 norms of the gradients that are in both networks, layer by layer (``generator/dense`` and so on).

    Each layer has one for each parameter, an array without axes, on the device where it was computed.
    """
    squares = {}
    for network in (gan.generator, gan.discriminator):
        for layer in network.layers:
            grads = [p.grad.reshape(-1) for p in layer.parameters.values() if p.grad is not None]
            if grads:
                squares[f"{network.name}/{layer.name}"] = [grad @ grad for grad in grads]
    return squares


def square(vector: Array) -> Array:
    """The squared L2 norm."""
    return vector @ vector


def to_numbers(steps: Sequence[Metrics]) -> list[list[float]]:
    """The metrics of several steps as numbers: from a GPU all at once."""
    if not steps or isinstance(steps[0], list):
        return [[float(metric) for metric in metrics] for metrics in steps]
    return asnumpy(array_module(steps[0]).stack(steps)).tolist()


def named_metrics(numbers: Sequence[float], count: int) -> dict[str, float]:
    """The numbers of a step under their names in `StepEnd`; `count` images of either kind were judged."""
    d_loss, g_loss, d_real, d_fake, real_right, fake_right, d_square, g_square = numbers[:COUNT]
    return {
        "d_loss": d_loss,
        "g_loss": g_loss,
        "d_real": d_real,
        "d_fake": d_fake,
        "real_accuracy": real_right / count,
        "fake_accuracy": fake_right / count,
        "d_grad_norm": math.sqrt(d_square),
        "g_grad_norm": math.sqrt(g_square),
    }


def layer_norms(numbers: Sequence[float], parameters: dict[str, int]) -> dict[str, float]:
    """The L2 norm of each layer's gradients, from the numbers of a step and how many parameters each layer has."""
    squares: Iterator[float] = iter(numbers[COUNT:])
    return {layer: math.sqrt(sum(next(squares) for _ in range(count))) for layer, count in parameters.items()}
