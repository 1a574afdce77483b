"""Real images, batch after batch."""

import copy

import numpy as np

from minigan import backend
from minigan.backend import Array, array_module
from minigan.data import Dataset, Points
from minigan.random import Stream

__all__ = ["RealBatches", "State", "mirrored"]

#: The stream's state before the order of this pass was drawn, and the place in it.
State = tuple[tuple[int, int, int, int], int]


class RealBatches:
    """An endless iterator over batches of real images and their classes, in a new order at every pass.

    On a GPU all images are copied to its memory once, as they are stored, if they take no more than half of the free
    memory; from then on a batch is gathered there, by indices that are there too, and no image crosses the bus again.
    If they do not fit, each batch is copied by itself.

    Parameters
    ----------
    data : Dataset or Points
    batch_size : int
        Images that do not fill a batch at the end of a pass are skipped until the next pass.
    output_range : (float, float), or None
        The range to which images are scaled.
    labelled : bool
        Whether classes are returned too.
    stream : Stream
        The stream from which the orders are drawn.
    flips : Stream, optional
        Each image is mirrored left to right with probability 1/2, by numbers from this stream. Default: none is.

    Attributes
    ----------
    state : State
        The place in the pass; may be set, to go on from there.
    """

    def __init__(
        self,
        data: Dataset | Points,
        batch_size: int,
        output_range: tuple[float, float] | None,
        labelled: bool,
        stream: Stream,
        flips: Stream | None = None,
    ) -> None:
        self.stored = "images" if isinstance(data, Dataset) else "points"
        self.resident = backend.name() != "numpy" and backend.fits(getattr(data, self.stored).nbytes)
        self.data = self._on_device(data) if self.resident else data
        self.labels = data.labels if labelled else None
        if self.labels is not None and self.resident:
            self.labels = backend.asarray(self.labels)
        self.batch_size, self.output_range, self.stream, self.flips = batch_size, output_range, stream, flips
        self.order: Array = np.empty(0, np.intp)
        self.place, self.before = 0, stream.state

    def _on_device(self, data: Dataset | Points) -> Dataset | Points:
        """The same data with its images on the device."""
        copied = copy.copy(data)
        setattr(copied, self.stored, backend.asarray(getattr(data, self.stored)))
        return copied

    def __iter__(self) -> "RealBatches":
        return self

    def places(self) -> Array:
        """The indices of the next batch's images, in the memory where the images are."""
        if self.place + self.batch_size > len(self.order):
            self._shuffle()
        self.place += self.batch_size
        return self.order[self.place - self.batch_size : self.place]

    def __next__(self) -> tuple[Array, Array | None]:
        chosen = self.places()
        classes = None if self.labels is None else backend.asarray(self.labels[chosen])
        return self.images(chosen), classes

    def images(self, places: Array) -> Array:
        """The images at these indices, about half of them mirrored if there are flips."""
        images = self.data.batch(places, self.output_range)
        if self.flips is None:
            return images
        return mirrored(images, self.flips.uniform((len(images),)) < 0.5)

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


def mirrored(images: Array, chosen: Array) -> Array:
    """The images (N, H, W, C), those that are chosen (N,) with left and right exchanged."""
    return array_module(images).where(chosen[:, None, None, None], images[:, :, ::-1], images)
