"""Images with a number so large that sums of neighbours lose the small ones.

A transform of patches adds numbers of neighbouring pixels, and later subtracts them again. Where one pixel of a patch
is far larger than the others, their digits are lost in between, also for outputs that do not see the large pixel; and
an infinity or a NaN reaches them. A direct sum has none of this. So an algorithm with such transforms computes these
images directly.

A pixel is as large as the length of the vector of its channels, and what an output sees is as large as the largest
pixel in its window. An image is even, if no pixel is more than `RATIO` times as large as what any output sees: then
what spills over is `RATIO` times the rounding of a direct sum at most, and usually far less.
"""

import numpy as np

from minigan.kernels.cpu.algorithms.im2col import zero_padded
from minigan.kernels.reference.padding import Pads

__all__ = ["uneven"]

#: In the shipped models the images have ratios up to about 3.
RATIO = 256


def uneven(images: np.ndarray, pads: Pads) -> np.ndarray:
    """For each of the images whether it is uneven; each output sees 3 x 3 pixels of the padded image.

    A window of zeros alone does not count: its output is zero but for the rounding of its neighbours.
    """
    # The squares of the sizes. From the root of the largest number on they are infinite, and count as such.
    sizes = np.einsum("nhwc,nhwc->nhw", images, images)
    largest = sizes.max(axis=(1, 2))
    seen = zero_padded(sizes[..., None], pads)
    seen = np.maximum(np.maximum(seen[:, :-2], seen[:, 1:-1]), seen[:, 2:])
    seen = np.maximum(np.maximum(seen[:, :, :-2], seen[:, :, 1:-1]), seen[:, :, 2:])
    seen[seen == 0] = np.inf
    # Comparisons with NaN are false.
    return ~((largest * RATIO**-2 <= seen.min(axis=(1, 2, 3))) & (largest < np.inf))
