"""Running statistics of a run: moving averages of its metrics, and a history of oscillations.

The numbers of one step are noise: an accuracy on 16 images jumps by tenths. So averages reach back over a horizon that
is given in images, for the noise depends on them, and in steps, for nothing changes without steps.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigan.training.events import StepEnd

__all__ = ["Horizon", "OscillationHistory", "RunStatistics"]


@dataclass(frozen=True)
class Horizon:
    """A number of images, with a minimum in steps."""

    images: int
    steps: int

    def in_steps(self, batch_size: int) -> int:
        """The steps that see all the images, or the minimum."""
        return max(self.steps, math.ceil(self.images / batch_size))


#: The horizon of averages: an accuracy is then known to a hundredth or two.
WINDOW = Horizon(1_000, 20)
#: After this a run has settled: later gradients are compared with those before.
BEGINNING = Horizon(4_000, 150)
#: The average by which an explosion is detected, in steps.
FAST = 5
#: One entry of the finest history; entries of the others are longer by these factors; each has this many entries.
BLOCK = Horizon(64, 3)
SCALES = (1, 4, 16)
BLOCKS = 128
#: The metrics that may explode, and their names in texts.
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
        """Include one more value."""
        self.count = min(self.count + 1, self.window)
        self.value += (value - self.value) / self.count

    def state(self) -> dict[str, Any]:
        """For a checkpoint: ``count``, the number of values up to the window, and ``value``."""
        return {"count": self.count, "value": float(self.value)}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.count, self.value = state["count"], state["value"]


class OscillationHistory:
    """How widely and how slowly a number has swung over the last 128 blocks of steps.

    The means of the blocks, less the straight line through them, are x. A wave ``a sin(...)`` has the variance
    ``a^2 / 2``, so ``size = 2 sqrt(2) std(x)`` is its height from bottom to top. ``slowness`` is the correlation of
    each block with the next, which is 0 for noise and ``cos(2 pi / P)`` for a wave of P blocks. ``count`` is how often
    x went all the way from one side to the other, and back: beyond half its deviation each time, so that small
    crossings of the line do not count.

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
        self.measure()

    def add(self, value: float) -> None:
        """Include one more step; at the end of a block, measure again."""
        self.block.add(value)
        if self.block.count < self.length:
            return
        self.blocks[:-1] = self.blocks[1:]
        self.blocks[-1] = self.block.value
        self.block = Average(self.length)
        self.added += 1
        self.measure()

    def measure(self) -> None:
        """The statistics of the blocks; 0 until there are 128."""
        self.size = self.slowness = self.mean_size = 0.0
        self.low = self.high = 0.0
        self.count = 0
        if self.added < BLOCKS:
            return
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

    def state(self) -> dict[str, Any]:
        """For a checkpoint: the means of the ``blocks``, the ``block`` that has begun, and how many were ``added``."""
        return {"blocks": self.blocks.tolist(), "block": self.block.state(), "added": self.added}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from a `state`; what follows from the blocks is measured again."""
        self.blocks[:] = state["blocks"]
        self.block.load_state(state["block"])
        self.added = state["added"]
        self.measure()


class RunStatistics:
    """A few averages of a run's metrics, and how it began.

    Parameters
    ----------
    batch_size : int
    has_accuracy : bool
        D's accuracy means something: D is no critic.
    noise_until : int
        The step until which D sees through noise.

    Attributes
    ----------
    steps : int
        The number of steps so far.
    real_accuracy, fake_accuracy, mean_accuracy : float
        D's accuracy on real images, on generated ones, and on both.
    d_fake : float
        The mean of D(G(z)).
    best_accuracy : float
        The highest mean accuracy so far.
    gradient_level : float
        G's gradient as a fraction of its highest level.
    sizes, first_sizes : dict
        The losses, without their sign, and the gradient norms: of the last steps, and the highest of the beginning.
    oscillations : list of OscillationHistory
        The history of D's accuracy, or of a critic's loss: the finest first.
    diversity : float
        Of the samples, relative to real images.
    """

    def __init__(self, batch_size: int, has_accuracy: bool, noise_until: int = 0) -> None:
        window = WINDOW.in_steps(batch_size)
        self.has_accuracy, self.noise_until = has_accuracy, noise_until
        self.beginning = BEGINNING.in_steps(batch_size)
        self.steps = 0
        self.best_accuracy = self.highest_gradient = 0.0
        self.diversity = 1.0
        self.averages = {name: Average(window) for name in ("real_accuracy", "fake_accuracy", "d_fake", "log_gradient")}
        self.averages |= {name: Average(FAST) for name in SIZES}
        self.first_sizes = dict.fromkeys(SIZES, 0.0)
        self.oscillations = [OscillationHistory(scale * BLOCK.in_steps(batch_size)) for scale in SCALES]
        self._read_averages()

    def add(self, event: StepEnd) -> None:
        """Include one step."""
        self.steps += 1
        for name in ("real_accuracy", "fake_accuracy", "d_fake"):
            self.averages[name].add(getattr(event, name))
        # Means of logarithms: a gradient changes by factors. 1e-30 stands for a gradient of 0.
        self.averages["log_gradient"].add(math.log(max(event.g_grad_norm, 1e-30)))
        for name in SIZES:
            self.averages[name].add(abs(getattr(event, name)))
        self._read_averages()
        if self.averages["real_accuracy"].count == self.averages["real_accuracy"].window:
            self.best_accuracy = max(self.best_accuracy, self.mean_accuracy)
        if self.steps <= self.beginning:
            self.first_sizes = {name: max(size, self.first_sizes[name]) for name, size in self.sizes.items()}
        else:
            # Every run oscillates when it begins.
            for history in self.oscillations:
                history.add((event.real_accuracy + event.fake_accuracy) / 2 if self.has_accuracy else event.d_loss)

    def _read_averages(self) -> None:
        """Compute what follows from the averages."""
        averages = self.averages
        self.real_accuracy, self.fake_accuracy = averages["real_accuracy"].value, averages["fake_accuracy"].value
        self.d_fake = averages["d_fake"].value
        self.mean_accuracy = (self.real_accuracy + self.fake_accuracy) / 2
        self.sizes = {name: averages[name].value for name in SIZES}
        self.gradient_level = 1.0
        if self.steps:
            level = math.exp(averages["log_gradient"].value)
            self.highest_gradient = max(self.highest_gradient, level)
            self.gradient_level = level / self.highest_gradient

    def state(self) -> dict[str, Any]:
        """For a checkpoint, by name: all that does not follow from the settings or from the rest."""
        return {
            "steps": self.steps,
            "best_accuracy": float(self.best_accuracy),
            "highest_gradient": float(self.highest_gradient),
            "diversity": float(self.diversity),
            "first_sizes": {name: float(size) for name, size in self.first_sizes.items()},
            "averages": {name: average.state() for name, average in self.averages.items()},
            "oscillations": [history.state() for history in self.oscillations],
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.steps, self.diversity = state["steps"], state["diversity"]
        self.best_accuracy, self.highest_gradient = state["best_accuracy"], state["highest_gradient"]
        self.first_sizes = dict(state["first_sizes"])
        for name, average in self.averages.items():
            average.load_state(state["averages"][name])
        for history, its in zip(self.oscillations, state["oscillations"], strict=True):
            history.load_state(its)
        self._read_averages()
