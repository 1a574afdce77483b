"""Real images, batch after batch."""

import copy

import numpy as np

from minigan import backend
from minigan.backend import Array
from minigan.data import Dataset, Points
from minigan.random import Stream

__all__ = ["RealBatches", "State"]

#: The stream's state before the order of this pass was drawn, and the place in it.
State = tuple[tuple[int, int, int, int], int]


class RealBatches:
    """Batches of real images and their classes without end, in a new order at every pass.

    On a GPU all images are moved to its memory once, as they are stored, if they take no more than half of what is
    free; from then on a batch is gathered there by indices that lie there too, and nothing crosses the bus. Where they
    do not fit, each batch is moved by itself.

    Parameters
    ----------
    data : Dataset or Points
    batch_size : int
        What does not fill a batch waits for the next pass.
    output_range : (float, float), or None
        What images are scaled to.
    labelled : bool
        Whether the classes are asked for.
    stream : Stream
        Of the orders.

    Attributes
    ----------
    state : State
        Where it stands; may be set, to go on from there.
    """

    def __init__(
        self,
        data: Dataset | Points,
        batch_size: int,
        output_range: tuple[float, float] | None,
        labelled: bool,
        stream: Stream,
    ) -> None:
        self.stored = "images" if isinstance(data, Dataset) else "points"
        self.resident = backend.name() != "numpy" and backend.fits(getattr(data, self.stored).nbytes)
        self.data = self._moved(data) if self.resident else data
        self.labels = data.labels if labelled else None
        if self.labels is not None and self.resident:
            self.labels = backend.asarray(self.labels)
        self.batch_size, self.output_range, self.stream = batch_size, output_range, stream
        self.order: Array = np.empty(0, np.intp)
        self.place, self.before = 0, stream.state

    def _moved(self, data: Dataset | Points) -> Dataset | Points:
        """The same data with its images on the device."""
        moved = copy.copy(data)
        setattr(moved, self.stored, backend.asarray(getattr(data, self.stored)))
        return moved

    def __iter__(self) -> "RealBatches":
        return self

    def places(self) -> Array:
        """Which images the next batch has: indices, on the device where the images are there."""
        if self.place + self.batch_size > len(self.order):
            self._shuffle()
        self.place += self.batch_size
        return self.order[self.place - self.batch_size : self.place]

    def __next__(self) -> tuple[Array, Array | None]:
        chosen = self.places()
        classes = None if self.labels is None else backend.asarray(self.labels[chosen])
        return self.data.batch(chosen, self.output_range), classes

    def _shuffle(self) -> None:
        """Begin a pass."""
        self.before, self.place = self.stream.state, 0
        self.order = self.stream.permutation(len(self.data))
        if self.resident:
            self.order = backend.asarray(self.order)

    @property
    def state(self) -> State:
        return self.before, self.place

    @state.setter
    def state(self, state: State) -> None:
        self.stream.state, place = state
        self.order = self.order[:0]
        if place:  # 0: the first pass has not begun
            self._shuffle()
        self.before, self.place = state
