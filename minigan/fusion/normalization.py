"""BatchNorm with the activation and the dropout after it."""

from typing import Any, NamedTuple

from minigan import kernels
from minigan.backend import Array
from minigan.fusion.step import Step, activation_cache, activation_of
from minigan.kernels import Activation
from minigan.layers.base import INFERENCE, CacheStamp, Context, Layer
from minigan.layers.batch_norm import BatchNorm, BatchNormCache
from minigan.layers.dropout import Dropout, DropoutCache
from minigan.layers.validation import training_stream

__all__ = ["NormalizationStep"]


class NormalizationStepCache(NamedTuple):
    """The input and its statistics; the output; dropout's bits and the fraction that it keeps."""

    x: Array
    mean: Array
    variance: Array
    y: Array
    bits: Array | None
    keep: float
    training: bool
    stamp: CacheStamp


class NormalizationStep(Step):
    """``y = dropout(f(gamma * x_hat + beta))`` at once.

    x_hat is not kept: the backward computes it again from x, which costs less than to write and to read it.

    Parameters
    ----------
    layers : list of Layer
        A BatchNorm with scale and shift, perhaps an activation, perhaps a Dropout.
    """

    def __init__(self, layers: list[Layer]) -> None:
        super().__init__(layers)
        self.norm = next(layer for layer in layers if isinstance(layer, BatchNorm))
        self.drop = next((layer for layer in layers if isinstance(layer, Dropout)), None)
        found = [activation for layer in layers if (activation := activation_of(layer))]
        self.activation = found[0] if found else Activation()

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, NormalizationStepCache]:
        self.check_input(x)
        mean, variance = self.norm.statistics(x, ctx)
        by_batch = self.norm.by_batch(x, ctx)
        if not by_batch:
            # The averages themselves, which a later forward may move under this cache.
            mean, variance = mean.copy(), variance.copy()
        keep, bits = 1.0, None
        if self.drop is not None and self.drop.rate and ctx.training:
            keep = 1 - self.drop.rate
            bits = training_stream(self.drop, ctx).bits(x.size, keep)
        y = kernels.normalize_activate(
            x,
            mean,
            variance,
            self.norm.epsilon,
            self.norm.gamma.data,
            self.norm.beta.data,
            self.activation,
            bits,
            keep,
        )
        return y, NormalizationStepCache(x, mean, variance, y, bits, keep, by_batch, self.stamp(y))

    def backward(self, dy: Array, cache: NormalizationStepCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        dx, dgamma, dbeta = kernels.normalize_activate_grads(
            dy,
            cache.y,
            cache.bits,
            cache.keep,
            cache.x,
            cache.mean,
            cache.variance,
            self.norm.epsilon,
            self.norm.gamma.data,
            self.activation,
            cache.training,
        )
        if param_grads:
            self.norm.gamma.grad += dgamma
            self.norm.beta.grad += dbeta
        return dx

    def unfold(self, cache: NormalizationStepCache) -> tuple[Any, ...]:
        norm = self.norm
        x_hat, inverse_std = kernels.batch_norm(cache.x, cache.mean, cache.variance, norm.epsilon)
        u = norm.shifted(norm.scaled(x_hat))
        caches: list[Any] = []
        for layer in self.layers:
            if layer is norm:
                caches.append(BatchNormCache(x_hat, inverse_std, cache.training, norm.stamp(u)))
            elif layer is self.drop:
                caches.append(DropoutCache(cache.bits, layer.stamp(u)))
            else:
                caches.append(activation_cache(layer, u))
        return tuple(caches)
