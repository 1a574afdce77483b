"""Noise on all inputs of D."""

from minigan import numbers
from minigan.backend import Array
from minigan.errors import ConfigError
from minigan.random import Stream

__all__ = ["InstanceNoise"]


class InstanceNoise:
    """Normal noise on all inputs of D, real and generated, which decreases to zero during training.

    Real and generated images lie on manifolds of low dimension that hardly meet, and a D that separates them without
    error gives G no gradient. With noise the two distributions overlap. The standard deviation of the noise falls
    linearly to zero,

    ``stddev_t = stddev max(0, 1 - t / steps)`` after t calls of `step`.

    The noise does not depend on the image, so the gradient passes it unchanged.

    Parameters
    ----------
    stddev : float
        The standard deviation at the beginning, in units of the images' values.
    steps : int
        Calls of `step` after which there is no noise left.
    rng : Stream
        The noise is drawn from it.

    Attributes
    ----------
    taken : int
        Number of calls of `step`.

    Raises
    ------
    ConfigError
        `stddev` is negative or not finite, or `steps` is less than 1.

    Notes
    -----
    Sønderby et al., arXiv:1610.04490; Arjovsky and Bottou, arXiv:1701.04862, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> noise = InstanceNoise(0.5, steps=10, rng=Stream(0, "blur"))
    >>> x = np.zeros((2, 3), np.float32)
    >>> (noise(x) != x).all()
    np.True_
    >>> for _ in range(10):
    ...     noise.step()
    >>> noise(x) is x
    True
    """

    def __init__(self, stddev: float, steps: int, rng: Stream) -> None:
        width, count = numbers.finite(stddev), numbers.whole(steps)
        if width is None or width < 0:
            raise ConfigError(f"expected the noise's stddev to be at least 0 and finite, got {stddev!r}")
        if count is None or count < 1:
            raise ConfigError(f"expected the noise's steps to be 1 or more, got {steps!r}")
        self.stddev, self.steps, self.rng = width, count, rng
        self.taken = 0

    def __repr__(self) -> str:
        return f"InstanceNoise(stddev={self.stddev!r}, steps={self.steps!r}, taken={self.taken})"

    @property
    def current(self) -> float:
        """The standard deviation now."""
        return self.stddev * max(0.0, 1 - self.taken / self.steps)

    def step(self) -> None:
        """Decrease the noise by one step."""
        self.taken += 1

    def __call__(self, x: Array) -> Array:
        """``x + noise``; x itself when there is no noise left."""
        if not self.current:
            return x
        return x + self.rng.normal(x.shape, stddev=self.current, dtype=x.dtype)
