"""Watches a run, and says in words what happens in it.

The numbers of one step are noise: an accuracy of 16 images jumps by tenths. So the monitor keeps running averages, over
windows that hold about a thousand images whatever the batch size, and lets a state last before it speaks. It speaks
once. Only when the state has clearly gone does it listen for it again.

===============  ===================================================================================================
kind             what is seen
===============  ===================================================================================================
D winning        D is right nearly always, for long; sooner where G's gradient has vanished as well
D beaten         D is right less often than a coin, or takes nearly all generated images for real
accuracy at 50%  D was better once, and has come to rest at half
mode collapse    the samples are much closer to each other than real images are
oscillation      D(G(z)) swings widely and slowly, again and again
exploding        a loss or a gradient is far above what it was in the first steps
===============  ===================================================================================================

All numbers of its judgement are the constants below. They were set on runs on the digits, good and bad ones, and are
told with a picture each in the documentation's page on convergence.
"""

import math
from dataclasses import dataclass

import numpy as np

from minigan.errors import ConfigError
from minigan.training.events import Diversity, Event, Notice, StepEnd

__all__ = ["KINDS", "Monitor"]

D_WINNING, D_BEATEN, AT_HALF = "D winning", "D beaten", "accuracy at 50%"
COLLAPSE, OSCILLATION, EXPLODING = "mode collapse", "oscillation", "exploding"

#: All a monitor can say.
KINDS = (D_WINNING, D_BEATEN, AT_HALF, COLLAPSE, OSCILLATION, EXPLODING)

#: An average reaches back over so many images, and steps at least.
WINDOW = (1_000, 20)
#: How long a state must last before it is told.
LASTING = (8_000, 300)
#: After this the run has found its level: what a gradient is compared with.
BEGINNING = (4_000, 150)
#: One entry of the history of D(G(z)), and how many there are.
BLOCK = (128, 5)
BLOCKS = 64

#: D's accuracy, of both kinds of images, from which it wins, and below which it no longer does.
WINNING, NOT_WINNING = 0.98, 0.9
#: The part of its highest level to which G's gradient has vanished.
VANISHED = 0.05
#: D's mean accuracy, or that on generated images, below which it is beaten; above the third it no longer is.
BEATEN, FOOLED, NOT_BEATEN = 0.42, 0.15, 0.47
#: How close to 0.5 the mean accuracy rests, and each of the two; how far off it was before, and is when it has left.
RESTING, RESTING_EACH, NOT_RESTING = 0.03, 0.1, 0.07
#: The diversity of samples relative to that of real images below which G has collapsed, and above which it has not.
COLLAPSED, NOT_COLLAPSED = 0.5, 0.6
#: The size of a swing of D(G(z)) from top to bottom; where the swing is over; how many there must be.
SWINGING, NOT_SWINGING, SWINGS = 0.35, 0.2, 2
#: The same for a critic's loss, in units of its mean size.
CRITIC_SWINGING, CRITIC_NOT_SWINGING = 2.0, 1.0
#: How like the next one a block is (a correlation) in a slow swing: noise has 0.
SLOW = 0.5
#: How many times the level of the beginning is an explosion, and is none any more; for how many steps.
EXPLODED, NOT_EXPLODED, EXPLODED_STEPS = 30.0, 10.0, 10
#: A loss of this size says that logits are in the hundreds, in a game whose losses are about 1.
HUGE_LOSS = 100.0


class Monitor:
    """Reads the events of a run one by one, and reports what a person should know.

    Parameters
    ----------
    batch_size : int
        Real images in a step: how much the number of one step says.
    accuracy : bool
        The sign of D's logit is a judgement. False for a Wasserstein critic, whose values have no zero: then nothing
        is said of who is winning, D's loss is watched for swings in the place of D(G(z)), and losses may be of any
        size.

    Attributes
    ----------
    converged : bool
        D's accuracy rests at 50%: its feedback is noise. True until that has changed.

    Raises
    ------
    ConfigError
        `batch_size` is less than 1.

    Notes
    -----
    A step costs some microseconds, and the memory is constant.

    Examples
    --------
    >>> from minigan.training.events import Diversity
    >>> monitor = Monitor(batch_size=16)
    >>> [notice] = monitor(Diversity(step=1000, generated=1.5, real=10.0))
    >>> notice.kind
    'mode collapse'
    >>> print(notice.text.split(". ")[0])
    Two generated samples are on average 15% as far apart as two real ones: G makes nearly the same of every noise
    >>> monitor(Diversity(step=2000, generated=1.5, real=10.0))  # once is enough
    []
    """

    def __init__(self, batch_size: int, accuracy: bool = True) -> None:
        if batch_size < 1:
            raise ConfigError(f"expected batch_size to be at least 1, got {batch_size!r}")
        self.accuracy = accuracy
        window, lasting, self.beginning = (in_steps(span, batch_size) for span in (WINDOW, LASTING, BEGINNING))
        self.averages = {name: Average(window) for name in ("real_accuracy", "fake_accuracy")}
        self.logs = {name: Average(window) for name in ("d_grad_norm", "g_grad_norm")}
        self.fast = {name: Average(EXPLODED_STEPS / 2) for name in SIZES}
        self.levels = dict.fromkeys(SIZES, 0.0)
        self.g_highest = 0.0
        self.was_better = False
        self.history = Swings(in_steps(BLOCK, batch_size))
        self.winning, self.beaten, self.at_half = Alarm(lasting), Alarm(lasting // 2), Alarm(lasting)
        self.collapse, self.oscillation, self.exploding = Alarm(1), Alarm(1), Alarm(EXPLODED_STEPS)

    @property
    def converged(self) -> bool:
        """D's accuracy rests at 50%."""
        return self.at_half.sounded

    def __call__(self, event: Event) -> list[Notice]:
        """What this event makes worth saying: mostly nothing."""
        if isinstance(event, Diversity):
            found = [(COLLAPSE, self._collapse(event))]
        elif isinstance(event, StepEnd):
            found = [(EXPLODING, self._exploding(event)), (OSCILLATION, self._oscillation(event))]
            if self.accuracy:
                self._judge(event)
                found += [
                    (D_WINNING, self._winning(event)),
                    (D_BEATEN, self._beaten(event)),
                    (AT_HALF, self._at_half(event)),
                ]
        else:
            return []
        return [Notice(event.step, kind, text) for kind, text in found if text]

    # Who is winning

    def _judge(self, event: StepEnd) -> None:
        """Take a step's accuracies, and G's gradient, into the averages."""
        for name, average in self.averages.items():
            average.add(getattr(event, name))
        self.real, self.fake = (average.value for average in self.averages.values())
        self.mean = (self.real + self.fake) / 2
