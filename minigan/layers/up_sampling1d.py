"""Upsampling of sequences."""

from minigan.layers.one_row import OneRow
from minigan.layers.up_sampling2d import UpSampling2D
from minigan.layers.validation import positive_int


class UpSampling1D(OneRow):
    """`UpSampling2D` on images of one row: every entry is repeated.

    Shapes: x (N, T, C), y (N, T*size, C).

    Parameters
    ----------
    size : int
    name : str, optional
    """

    def __init__(self, size: int = 2, name: str | None = None) -> None:
        super().__init__(name)
        self.size = positive_int(self, "size", size)
        self.image = UpSampling2D((1, self.size), name=self.name)
