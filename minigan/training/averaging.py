"""The moving average of a network's weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from minigan import backend, kernels
from minigan.backend import Array
from minigan.errors import ConfigError
from minigan.model.sequential import Sequential
from minigan.numbers import finite

__all__ = ["MovingAverage"]


class MovingAverage:
    """An average of the earlier values of a network's weights, in which the last ones count most.

    During training G's weights circle around good values rather than approach them. Their average is nearer: images of
    the averaged G are often better than those of G at any step. Training itself is not changed by the average.

    After the updates 1 to t, with the weights w and the decay d,

    ``average_t = (1 - d) / (1 - d^t) * (w_t + d w_(t-1) + d^2 w_(t-2) + ... + d^(t-1) w_1)``.

    The factor in front makes the coefficients add up to 1 from the first update on, as Adam's correction does: the
    initial weights count no more than others. It is computed step by step, in place, from ``average_1 = w_1``:

    ``average <- average + r (w - average)`` with ``r = (1 - d) / (1 - d^t)``.

    Only trainable values are averaged. The moving averages of a layer, such as BatchNorm's, are averages already: those
    of the network are used.

    Parameters
    ----------
    network : Sequential
        Built.
    decay : float
        At least 0 and less than 1. About ``1 / (1 - decay)`` updates count: with 0.999 about a thousand.

    Attributes
    ----------
    values : array
        The average of the network's `flat_data`, after one update or more.
    updates : int
        The number of updates so far.

    Raises
    ------
    NotBuiltError
        The network has no weights yet.
    ConfigError
        `decay` is out of its range.

    Notes
    -----
    Yazıcı et al., "The unusual effectiveness of averaging in GAN training", arXiv:1806.04498; there without
    the correction. The correction: Kingma and Ba, arXiv:1412.6980, section 3.

    Examples
    --------
    >>> import minigan as mg
    >>> generator = mg.models.build("dcgan28").generator
    >>> average = MovingAverage(generator, decay=0.5)
    >>> average.update()  # after every step of G
    >>> generator.flat_data += 3
    >>> average.update()
    >>> before = generator.flat_data[0]
    >>> with average.applied() as averaged:  # weights 1/3 and 2/3: the average is 1 below the last values
    ...     print(round(float(before - averaged.flat_data[0]), 4))
    1.0
    >>> bool(generator.flat_data[0] == before)
    True
    """

    values: Array

    def __init__(self, network: Sequential, decay: float = 0.999) -> None:
        share = finite(decay)
        if share is None or not 0 <= share < 1:
            raise ConfigError(f"expected decay to be at least 0 and less than 1, got {decay!r}")
        network.parameters()  # refuses a network that is not built
        self.network, self.decay = network, share
        self.updates = 0

    def __repr__(self) -> str:
        return f"MovingAverage({self.network.name!r}, decay={self.decay!r}, updates={self.updates})"

    def to(self, name: str) -> "MovingAverage":
        """Move the average to another backend, "numpy" or "cupy", as its network was, and return it."""
        if self.updates:
            self.values = backend.to(self.values, name)
        return self

    def update(self) -> None:
        """Include the network's current values; nothing is allocated after the first update."""
        w = self.network.flat_data
        self.updates += 1
        if self.updates == 1:
            self.values = w.copy()
            return
        self._rate = (1 - self.decay) / (1 - self.decay**self.updates)
        kernels.update_in_place(self.values, w, rule=self._update_slab)

    def _update_slab(self, average: Array, w: Array, *, scratch: Array) -> None:
        """``average <- average + r (w - average)``."""
        np.subtract(w, average, out=scratch)
        scratch *= self._rate
        average += scratch

    @contextmanager
    def applied(self) -> Iterator[Sequential]:
        """A block in which the network has the averaged weights; before any update, its own.

        Afterwards it has its own weights again, bit for bit, and its own moving averages. Caches from before the block
        are stale in it, and those made in it are stale afterwards.
        """
        if not self.updates:
            yield self.network
            return
        kept = [(p.data, p.data.copy()) for p in self.network.parameters().values() if not p.trainable]
        kept.append((self.network.flat_data, self.network.flat_data.copy()))
        self.network.flat_data[...] = self.values
        self.network.mark_updated()
        try:
            yield self.network
        finally:
            for place, values in kept:
                place[...] = values
            # A second time: with the old version number, caches made in the block could become valid again.
            self.network.mark_updated()

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of the averaged values, and of the network's others, in host memory: enough to build a network."""
        with self.applied() as network:
            return network.state_dict()
