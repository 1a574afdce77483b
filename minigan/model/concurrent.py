"""The passes of one network over two batches, each in a thread of its own where that pays.

A kernel that is spread over threads has them wait for each other at its end, and a small one is mostly waiting. The
discriminator's passes over real and over generated images are independent of each other: on two threads each may run
from its beginning to its end without waiting once. What comes out is, to the bit, what one pass after the other gives:

- the second pass draws its random numbers from where the first will have left the stream,
- it moves averages only when the first has ended, and so has moved them,
- its gradients are summed in memory of their own, and added at the end.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from minigan import backend, kernels
from minigan.backend import Array
from minigan.fusion.step import is_builtin
from minigan.kernels.cpu.parallel import memory_pool, slabs
from minigan.layers.base import Context, grads_in
from minigan.layers.spectral_normalization import SpectralNormalization
from minigan.model.sequential import Sequential

__all__ = ["backward", "forward"]

#: What a network's forward gives.
Pass: TypeAlias = tuple[Array, tuple[Any, ...]]

#: A network that makes fewer numbers than this of a batch is done before another thread has woken.
ENOUGH = 1 << 18


def forward(network: Sequential, batches: Sequence[Array], contexts: Sequence[Context]) -> list[Pass]:
    """The outputs and caches of two forwards, which draw from one stream, where they draw."""
    if not pays(network, batches):
        return [network.forward(x, ctx) for x, ctx in zip(batches, contexts)]
    (x, other_x), (ctx, other_ctx) = batches, contexts
    moves: list[Callable[[], None]] = []
    rng, ahead = ctx.rng, None
    if rng is not None:
        ahead = rng.ahead(sum(layer.rng_blocks(len(x), x.dtype) for layer in network.layers))
    other_ctx = other_ctx._replace(rng=ahead, later=moves)
    passes = both(lambda: network.forward(x, ctx), lambda: network.forward(other_x, other_ctx))
    for move in moves:
        move()
    if rng is not None and ahead is not None:
        rng.state = ahead.state
    return passes


def backward(network: Sequential, dys: Sequence[Array], caches: Sequence[tuple[Any, ...]]) -> None:
    """Add the parameters' gradients of both passes."""
    if not pays(network, dys):
        for dy, its in zip(dys, caches):
            network.backward(dy, its)
        return
    flat_grad = memory_pool.zeros(network.flat_grad.shape, network.flat_grad.dtype)

    def second() -> None:
        with grads_in(network.parts_of(flat_grad)):
            network.backward(dys[1], caches[1])

    both(lambda: network.backward(dys[0], caches[0]), second)
    network.flat_grad += flat_grad


def both(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """The results of two calls, side by side."""
    results: list[Any] = [None, None]

    def work(number: int) -> None:
        results[number] = (first, second)[number]()

    slabs.run(work, 2)
    return results


def pays(network: Sequential, batches: Sequence[Array]) -> bool:
    """Whether the passes are safe side by side, and worth it.

    More than three threads are better off with the kernels. The passes should be long; and make more numbers than the
    network has weights, for which there are gradients twice.
    """
    if type(network.flat_data) is not np.ndarray or kernels.kind() != "fast" or backend.threads() not in (2, 3):
        return False
    numbers = len(batches[0]) * sum(math.prod(layer.output_shape) for layer in network.layers)
    return numbers > max(ENOUGH, network.flat_grad.size) and all(map(may_run_twice, network.layers))


def may_run_twice(layer: Any) -> bool:
    """Whether two threads may be in a layer: of those that are not minigan's nobody knows."""
    return is_builtin(layer) and not isinstance(layer, SpectralNormalization)  # it moves u and uses it at once
