"""The passes of one network over two batches, on two threads where that is faster.

A kernel that is spread over threads has them wait for each other at its end, and a small kernel is mostly waiting. The
discriminator's passes over real and over generated images are independent of each other: on two threads each runs from
its beginning to its end without waiting once. The results are, to the bit, those of one pass after the other:

- the second pass draws its random numbers from where the first will leave the stream,
- it updates moving averages only when the first pass has ended, and so has updated them,
- its gradients are summed in memory of their own, and added at the end.
"""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from minigan import backend, kernels
from minigan.backend import Array
from minigan.fusion.step import is_builtin
from minigan.kernels import memory_pool
from minigan.kernels.cpu.parallel.in_place import add_up
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.layers.base import Context, Layer
from minigan.model.copies import with_parameters
from minigan.model.sequential import Sequential

__all__ = ["backward_both", "forward_both"]

#: The output of a network's forward, and its caches.
Pass: TypeAlias = tuple[Array, tuple[Any, ...]]

#: A network that makes fewer numbers than this of a batch is done before another thread has woken.
ENOUGH = 1 << 18


def forward_both(network: Sequential, batches: Sequence[Array], contexts: Sequence[Context]) -> list[Pass]:
    """``[network.forward(x, ctx) for x, ctx in zip(batches, contexts)]`` for two batches.

    Both contexts have the same random stream, or none.
    """
    if not is_faster(network, batches):
        return [network.forward(x, ctx) for x, ctx in zip(batches, contexts)]
    (x, other_x), (ctx, other_ctx) = batches, contexts
    updates: list[Callable[[], None]] = []
    rng, ahead = ctx.rng, None
    if rng is not None:
        ahead = rng.jumped(sum(layer.rng_blocks(len(x), x.dtype) for layer in network.layers))
    other_ctx = other_ctx._replace(rng=ahead, deferred=updates)
    passes = on_two_threads(lambda: network.forward(x, ctx), lambda: network.forward(other_x, other_ctx))
    for update in updates:
        update()
    if rng is not None and ahead is not None:
        rng.state = ahead.state
    return passes


def backward_both(network: Sequential, dys: Sequence[Array], caches: Sequence[tuple[Any, ...]]) -> None:
    """``network.backward(dy, cache, input_grad=False)`` for each of two passes: adds to the parameters' gradients."""
    if not is_faster(network, dys):
        for dy, its in zip(dys, caches):
            network.backward(dy, its, input_grad=False)
        return
    flat_grad = memory_pool.zeros(network.flat_grad.shape, network.flat_grad.dtype)
    other = with_grads(network, flat_grad)
    on_two_threads(
        lambda: network.backward(dys[0], caches[0], input_grad=False),
        lambda: other.backward(dys[1], caches[1], input_grad=False),
    )
    add_up(network.flat_grad, flat_grad)


def on_two_threads(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """The results of two calls that run at the same time."""
    results: list[Any] = [None, None]

    def work(number: int) -> None:
        results[number] = (first, second)[number]()

    parallel_for(work, 2)
    return results


def is_faster(network: Sequential, batches: Sequence[Array]) -> bool:
    """Whether the passes may run at the same time, and end sooner then.

    More than three threads are better used by the kernels. The passes should be long; and make more numbers than the
    network has weights, for which there are two sums of gradients.
    """
    if type(network.flat_data) is not np.ndarray or kernels.kind() == "reference" or backend.threads() not in (2, 3):
        return False
    if type(network) is not Sequential:
        return False  # nobody knows whether two threads may be in it; one that is watched reports pass after pass
    numbers = len(batches[0]) * sum(math.prod(layer.output_shape) for layer in network.layers)
    # Of layers and activations that are not minigan's nobody knows whether two threads may be in them.
    safe = (is_builtin(layer) and layer.concurrent_safe for layer in parts_of(network.layers))
    return numbers > max(ENOUGH, network.flat_grad.size) and all(safe)


def parts_of(layers: Sequence[Layer]) -> Iterator[Layer]:
    """All layers, with their activations and those inside of them."""
    for layer in layers:
        yield layer
        yield getattr(layer, "activation", layer)
        yield from parts_of(getattr(layer, "layers", []))


def with_grads(network: Sequential, flat_grad: Array) -> Sequential:
    """A copy of the network that shares all values, but whose backwards add the gradients to `flat_grad`."""
    parameters = {p: p.with_grad(grad) for p, grad in network.parts_of(flat_grad).items()}
    copies: dict[Layer, Layer] = {}
    other = copy.copy(network)
    other.layers = with_parameters(network.layers, parameters, copies)
    other._fused = with_parameters(network._fused, parameters, copies)
    return other
