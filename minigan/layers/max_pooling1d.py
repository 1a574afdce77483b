"""Maximum pooling of sequences."""

from minigan.kernels import Pair
from minigan.layers.max_pooling2d import MaxPooling2D
from minigan.layers.one_row import OneRow, row_padding, row_sides
from minigan.layers.validation import positive_int


class MaxPooling1D(OneRow):
    """`MaxPooling2D` on images of one row: the largest value of every window.

    Shapes: x (N, T, C), y (N, OT, C).

    Parameters
    ----------
    pool_size : int
    strides : int, optional
        Default: `pool_size`, windows side by side.
    padding : {"valid", "same"}, int or (int, int)
        As in `MaxPooling2D`; numbers are those of both sides, or of the beginning and the end.
    name : str, optional
    """

    def __init__(
        self,
        pool_size: int = 2,
        strides: int | None = None,
        padding: str | int | Pair = "valid",
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.pool_size = positive_int(self, "pool_size", pool_size)
        self.strides = self.pool_size if strides is None else positive_int(self, "strides", strides)
        sizes = (1, self.pool_size), (1, self.strides)
        self.image = MaxPooling2D(*sizes, row_padding(self, padding), self.name)
        self.padding = row_sides(self.image.windows.padding)
