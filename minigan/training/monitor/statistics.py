"""What a run has come to, by its events: running averages, and a history of swings.

The numbers of one step are noise: an accuracy on 16 images jumps by tenths. So averages reach back over spans that are
told in images, for the noise depends on them, and in steps, for without steps nothing happens.
"""

import math
from dataclasses import dataclass

import numpy as np

from minigan.training.events import StepEnd

__all__ = ["Course", "Span"]


@dataclass(frozen=True)
class Span:
    """So many images, but at least so many steps."""

    images: int
    steps: int

    def at(self, batch_size: int) -> int:
        """In steps."""
        return max(self.steps, math.ceil(self.images / batch_size))


#: What an average reaches back over: an accuracy is then known to a hundredth or two.
WINDOW = Span(1_000, 20)
#: After this a run has found its level: later gradients are compared with what came before.
BEGINNING = Span(4_000, 150)
#: The average by which an explosion is seen, in steps.
FAST = 5
#: One entry of the finest history; the others' entries are so many times longer; how many entries each has.
BLOCK = Span(64, 3)
SCALES = (1, 4, 16)
BLOCKS = 128
#: What an explosion is looked for in.
SIZES = {
    "d_loss": "D's loss",
    "g_loss": "G's loss",
    "d_grad_norm": "D's gradient norm",
    "g_grad_norm": "G's gradient norm",
}


class Average:
    """The mean of all values until there are `window` of them; then newer ones count more, as in a moving average."""

    def __init__(self, window: int) -> None:
        self.window, self.count, self.value = window, 0, 0.0

    def add(self, value: float) -> None:
        """Count one more."""
        self.count = min(self.count + 1, self.window)
        self.value += (value - self.value) / self.count


class Swings:
    """How widely and how slowly a number has swung over the last 128 blocks of steps.

    The means of the blocks, less the straight line through them, are x. A wave ``a sin(...)`` has the variance
    ``a^2 / 2``, so ``size = 2 sqrt(2) std(x)`` is its height from bottom to top. ``slowness`` is the correlation of
    each block with the next, which is 0 for noise and ``cos(2 pi / P)`` for a wave of P blocks. ``count`` is how often
    x went all the way from one side to the other, and back: beyond half its deviation each time, so that a trembling
    around the line does not count.

    Parameters
    ----------
    length : int
        Of a block, in steps.
    """

    times = np.arange(BLOCKS) - (BLOCKS - 1) / 2

    def __init__(self, length: int) -> None:
        self.length = length
        self.blocks = np.zeros(BLOCKS)
        self.block = Average(length)
        self.added = 0
        self.size = self.slowness = self.mean_size = 0.0
        self.low = self.high = 0.0
        self.count = 0

    def add(self, value: float) -> None:
        """Count one more step; at the end of a block, measure anew."""
        self.block.add(value)
        if self.block.count < self.length:
            return
        self.blocks[:-1] = self.blocks[1:]
        self.blocks[-1] = self.block.value
        self.block = Average(self.length)
        self.added += 1
        if self.added >= BLOCKS:
            self.measure()

    def measure(self) -> None:
        """The statistics of the blocks as they stand."""
        t, blocks = self.times, self.blocks
        x = blocks - blocks.mean() - t * (t @ blocks) / (t @ t)
        square = float(x @ x)
        deviation = math.sqrt(square / BLOCKS)
        self.size = 2 * math.sqrt(2) * deviation
        self.slowness = float(x[1:] @ x[:-1]) / max(square, 1e-30)
        sides = np.sign(x[np.abs(x) > deviation / 2])
        self.count = int(np.count_nonzero(sides[1:] != sides[:-1])) // 2
        self.mean_size = float(np.abs(blocks).mean())
        self.low, self.high = float(blocks.min()), float(blocks.max())


class Course:
    """What a run has come to: a few averages of its numbers, and how it began.

    Attributes
    ----------
    blurred : int
        The step until which D sees through noise.
    steps : int
        How many were seen.
    real, fake, mean : float
        D's accuracy on real images, on generated ones, and on both.
    d_fake : float
        The mean of D(G(z)).
    best : float
        The highest mean accuracy there was.
    gradient : float
        G's gradient as a part of its highest level.
    sizes, first_sizes : dict
        The losses, without their sign, and the gradient norms: of the last steps, and the highest of the beginning.
    swings : list of Swings
        The history of D's accuracy, or of a critic's loss: the finest first.
    diversity : float
        Of the samples, relative to real images.
    """

    def __init__(self, batch_size: int, accuracy: bool, blurred: int = 0) -> None:
        window = WINDOW.at(batch_size)
        self.accuracy, self.blurred = accuracy, blurred
        self.beginning = BEGINNING.at(batch_size)
        self.steps = 0
        self.real = self.fake = self.mean = self.d_fake = self.best = self.highest = 0.0
        self.gradient = self.diversity = 1.0
        self._real, self._fake, self._d_fake, self._log_gradient = (Average(window) for _ in range(4))
        self._sizes = {name: Average(FAST) for name in SIZES}
        self.sizes = self.first_sizes = dict.fromkeys(SIZES, 0.0)
        self.swings = [Swings(scale * BLOCK.at(batch_size)) for scale in SCALES]

    def add(self, event: StepEnd) -> None:
        """Take in one step."""
        self.steps += 1
        self._real.add(event.real_accuracy)
        self._fake.add(event.fake_accuracy)
        self._d_fake.add(event.d_fake)
        self.real, self.fake, self.d_fake = self._real.value, self._fake.value, self._d_fake.value
        self.mean = (self.real + self.fake) / 2
        # Means of logarithms: a gradient changes by factors. 1e-30 stands for a gradient of nothing.
        self._log_gradient.add(math.log(max(event.g_grad_norm, 1e-30)))
        level = math.exp(self._log_gradient.value)
        self.highest = max(self.highest, level)
        self.gradient = level / self.highest
        for name, average in self._sizes.items():
            average.add(abs(getattr(event, name)))
        self.sizes = {name: average.value for name, average in self._sizes.items()}
        if self._real.count == self._real.window:
            self.best = max(self.best, self.mean)
        if self.steps <= self.beginning:
            self.first_sizes = {name: max(size, self.first_sizes[name]) for name, size in self.sizes.items()}
        else:
            # Every run swings when it begins.
            for swings in self.swings:
                swings.add((event.real_accuracy + event.fake_accuracy) / 2 if self.accuracy else event.d_loss)
