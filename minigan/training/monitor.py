"""Watches a run, and says in words what happens in it.

===============  ===================================================================================================
kind             what is seen
===============  ===================================================================================================
D winning        D is nearly always right, for long; told sooner where G's gradient has vanished as well
D beaten         D is right less often than a coin, or takes nearly all generated images for real
accuracy at 50%  D was better once, and has come to rest at half
mode collapse    the samples are much closer to each other than real images are
oscillation      D's accuracy swings widely and slowly, again and again
exploding        losses or gradients are far above all that they were when the run began
===============  ===================================================================================================

The numbers of one step are noise: an accuracy on 16 images jumps by tenths. So the monitor keeps running averages, over
spans that are told in images, for the noise depends on them, and in steps, for without steps nothing happens. A state
must last before it is told. It is told once; only after it has clearly gone it can be told again.

All limits are constants beside what they decide. They were set on runs on the digits, good ones and spoilt ones; the
documentation's page on convergence shows them.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from minigan.errors import ConfigError
from minigan.training.events import Diversity, Event, Notice, StepEnd

__all__ = ["KINDS", "Monitor"]


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

    def __init__(self, batch_size: int, accuracy: bool) -> None:
        window = WINDOW.at(batch_size)
        self.accuracy = accuracy
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


# What is watched


class Watch:
    """One kind of notice: told once when its state has lasted, and again only after it has gone.

    A subclass says when the state `holds`, and when it is clearly `gone`, which leaves a margin between the two; what
    is `seen`; and the `advice`, what people do about it.
    """

    kind: ClassVar[str]
    advice: ClassVar[str]
    #: How long the state must last.
    lasting: ClassVar[Span] = Span(1, 1)

    def __init__(self, batch_size: int) -> None:
        self.patience = self.lasting.at(batch_size)
        self.held = 0.0
        self.told = False

    def __call__(self, course: Course) -> str | None:
        """What is to be told now."""
        if self.told:
            if self.gone(course):
                self.held, self.told = 0.0, False
            return None
        weight = self.holds(course)
        self.held = self.held + weight if weight else 0.0
        self.told = self.held >= self.patience
        return f"{self.seen(course)} {self.advice}" if self.told else None

    def holds(self, course: Course) -> float:
        """How much a step counts for the state: 0 where it does not hold, mostly 1 where it does."""
        raise NotImplementedError

    def gone(self, course: Course) -> bool:
        """Whether the state has clearly gone."""
        raise NotImplementedError

    def seen(self, course: Course) -> str:
        """The state, with its figures."""
        raise NotImplementedError


class Winning(Watch):
    """D is nearly always right.

    Every GAN begins so, and many a good D stays at nine tenths. It is told if it stays; four times as soon where G's
    gradient is a twentieth of what it was, for then G can hardly come back.
    """

    kind = "D winning"
    advice = (
        "People slow D down (a lower learning rate, fewer steps, more dropout), blur what it sees by noise "
        "(arXiv:1701.04862) or smooth its labels (arXiv:1606.03498), and prefer the non-saturating loss to minimax "
        "(arXiv:1406.2661, section 3) or take a Wasserstein loss with a gradient penalty (arXiv:1704.00028)."
    )
    lasting = Span(8_000, 400)
    enough, too_little = 0.98, 0.9
    vanished, haste = 0.05, 4.0

    def holds(self, course: Course) -> float:
        if min(course.real, course.fake) < self.enough:
            return 0.0
        return self.haste if course.gradient < self.vanished else 1.0

    def gone(self, course: Course) -> bool:
        return min(course.real, course.fake) < self.too_little

    def seen(self, course: Course) -> str:
        right = f"D is right about {course.real:.0%} of the real and {course.fake:.0%} of the generated images"
        if course.gradient < self.vanished:
            level = f"{course.gradient:.1g} of its highest level"
            return f"{right}, and G's gradient has fallen to {level}: G learns next to nothing."
        still = f"G's gradient is at {course.gradient:.0%} of its highest level: look whether the samples get better."
        return f"{right}, and it lasts. {still}"


class Beaten(Watch):
    """D is right less often than a coin, or is sure that nearly all generated images are real.

    Sure it must be: a D that says 1/2 to all has its logits on one side of 0 or the other by chance.
    """

    kind = "D beaten"
    advice = (
        "People give D a higher learning rate than G (arXiv:1706.08500), more steps for each of G's "
        "(arXiv:1406.2661, algorithm 1) or more filters, or slow G down."
    )
    lasting = Span(4_000, 150)
    less_than_chance, chance = 0.42, 0.47
    fooled, sure, unsure = 0.15, 0.65, 0.55

    def holds(self, course: Course) -> float:
        fooled = course.fake < self.fooled and course.d_fake > self.sure
        return float(fooled or course.mean < self.less_than_chance)

    def gone(self, course: Course) -> bool:
        return course.mean > self.chance and course.d_fake < self.unsure

    def seen(self, course: Course) -> str:
        return (
            f"D is right about only {course.real:.0%} of the real and {course.fake:.0%} of the generated images: it "
            "does not keep up with G, and what it teaches was true a while ago."
        )


class AtHalf(Watch):
    """D's accuracy has come to rest at 50%, and D(G(z)) at 1/2: it cannot tell real from generated images any more.

    A D that was never better has not been reached by G: it has not learnt yet, and this says nothing of it.
    """

    kind = "accuracy at 50%"
    advice = (
        "This is where the game ends (arXiv:1406.2661, section 4), and a good place to stop. If the samples are not "
        "good yet, D is too weak to see it: people make it larger or give it more steps, or lower both learning rates "
        "and average G's weights (arXiv:1806.04498)."
    )
    lasting = Span(8_000, 400)
    near, d_near, far, better = 0.03, 0.15, 0.07, 0.58

    def holds(self, course: Course) -> float:
        rests = abs(course.mean - 0.5) < self.near and abs(course.d_fake - 0.5) < self.d_near
        return float(rests and course.best > self.better)

    def gone(self, course: Course) -> bool:
        return abs(course.mean - 0.5) > self.far

    def seen(self, course: Course) -> str:
        return (
            f"D's accuracy has come to rest at {course.mean:.0%}: D cannot tell the images apart any more, and what "
            "it teaches G from here on is mostly noise."
        )


class Collapse(Watch):
    """The samples are much closer to each other than real images are."""

    kind = "mode collapse"
    advice = (
        "People go back to weights from before, lower G's learning rate, show D several images at once "
        "(arXiv:1606.03498, section 3.2; the standard deviation of a minibatch, arXiv:1710.10196; packed samples, "
        "arXiv:1712.04086), or take a Wasserstein loss (arXiv:1701.07875)."
    )
    little, enough = 0.5, 0.6

    def holds(self, course: Course) -> float:
        return float(course.diversity < self.little)

    def gone(self, course: Course) -> bool:
        return course.diversity > self.enough

    def seen(self, course: Course) -> str:
        return (
            f"Two generated samples are on average {course.diversity:.0%} as far apart as two real ones: G makes much "
            "the same of every noise."
        )


class Oscillation(Watch):
    """D tells real from generated images well, then badly, then well: its accuracy swings, widely and slowly.

    The accuracy and not D(G(z)) or a loss, for it means the same in every game but a critic's.
    """

    kind = "oscillation"
    advice = (
        "People lower both learning rates or the momentum (Adam's beta_1 to 0.5, arXiv:1511.06434, or to 0), penalise "
        "D's gradient on real images (R1, arXiv:1801.04406), and average G's weights (arXiv:1806.04498)."
    )
    times, slow = 3, 0.65
    wide, narrow = 0.33, 0.2
    #: For a critic's loss, whose size means nothing: in units of its mean size.
    critic_wide, critic_narrow = 2.0, 1.0

    def holds(self, course: Course) -> float:
        return float(any(self.swinging(swings, course) for swings in course.swings))

    def swinging(self, swings: Swings, course: Course) -> bool:
        """Whether there are enough swings, slow and wide enough."""
        limit = self.wide if course.accuracy else self.critic_wide * swings.mean_size
        return swings.count >= self.times and swings.slowness > self.slow and swings.size > limit

    def gone(self, course: Course) -> bool:
        limits = (self.narrow if course.accuracy else self.critic_narrow * swings.mean_size for swings in course.swings)
        return all(swings.size <= limit for swings, limit in zip(course.swings, limits))

    def seen(self, course: Course) -> str:
        swings = next(swings for swings in course.swings if self.swinging(swings, course))
        low, high = f"{swings.low:.2g}", f"{swings.high:.2g}"
        if course.accuracy:
            low, high = f"{swings.low:.0%}", f"{swings.high:.0%}"
        return (
            f"D's {'accuracy' if course.accuracy else 'loss'} swings between {low} and {high}, {swings.count} times in "
            f"the last {BLOCKS * swings.length:,} steps: D and G go round each other and get no nearer."
        )


class Exploding(Watch):
    """A loss or a gradient is far above all that it was when the run began."""

    kind = "exploding"
    advice = (
        "People go back to weights from before, lower the learning rates, take Adam in the place of plain gradient "
        "descent, and bound D by spectral normalisation (arXiv:1802.05957) or a gradient penalty (arXiv:1704.00028)."
    )
    lasting = Span(1, 10)
    #: Times the highest of the beginning; and a loss that says, in a game whose losses are about 1, that D's logits
    #: are in the hundreds.
    factor, loss = 30.0, 100.0

    def excess(self, course: Course) -> dict[str, float]:
        """Every size as a part of its limit."""
        known = course.steps > course.beginning
        limits = {name: self.factor * first if known else math.inf for name, first in course.first_sizes.items()}
        for name in ("d_loss", "g_loss"):
            limits[name] = self.loss if course.accuracy else max(self.loss, limits[name])
        return {name: course.sizes[name] / limit for name, limit in limits.items() if limit > 0}

    def holds(self, course: Course) -> float:
        return float(max(self.excess(course).values()) > 1)

    def gone(self, course: Course) -> bool:
        return max(self.excess(course).values()) < 1 / 3

    def seen(self, course: Course) -> str:
        excess = self.excess(course)
        name = max(excess, key=lambda name: excess[name])
        what = f"{SIZES[name]} has grown to {course.sizes[name]:.2g}"
        if name.endswith("loss") and course.accuracy:
            return f"{what}, where losses of about 1 are expected: D's logits are in the hundreds."
        return f"{what}: in the first {course.beginning} steps it was {course.first_sizes[name]:.2g} at the most."


#: What is looked for after every step; the last three only where D's accuracy means something.
WATCHES: tuple[type[Watch], ...] = (Exploding, Oscillation, Winning, Beaten, AtHalf)
#: All that a monitor can say.
KINDS = tuple([watch.kind for watch in WATCHES] + [Collapse.kind])


class Monitor:
    """Reads the events of a run one by one, and reports what a person should know.

    Parameters
    ----------
    batch_size : int
        Real images in a step: how much the numbers of one step say.
    accuracy : bool
        D's accuracy means something. False for a Wasserstein critic, which is never undecided: then nothing is said of
        who is winning, D's loss is watched for swings in the place of its accuracy, and a loss may be of any size.

    Raises
    ------
    ConfigError
        `batch_size` is less than 1.

    Notes
    -----
    A step costs some tens of microseconds, and the memory is constant.

    Examples
    --------
    >>> from minigan.training.events import Diversity
    >>> monitor = Monitor(batch_size=16)
    >>> [notice] = monitor(Diversity(step=1000, generated=1.5, real=10.0))
    >>> notice.kind
    'mode collapse'
    >>> print(notice.text.split(". ")[0])
    Two generated samples are on average 15% as far apart as two real ones: G makes much the same of every noise
    >>> monitor(Diversity(step=2000, generated=1.5, real=10.0))  # once is enough
    []
    """

    def __init__(self, batch_size: int, accuracy: bool = True) -> None:
        if batch_size < 1:
            raise ConfigError(f"expected batch_size to be at least 1, got {batch_size!r}")
        self.course = Course(batch_size, accuracy)
        self.watches = [watch(batch_size) for watch in (WATCHES if accuracy else WATCHES[:2])]
        self.collapse = Collapse(batch_size)

    def __call__(self, event: Event) -> list[Notice]:
        """What there is to say after this event: mostly nothing."""
        if isinstance(event, StepEnd):
            self.course.add(event)
            watches = self.watches
        elif isinstance(event, Diversity) and event.step > self.course.beginning and event.real > 0:
            self.course.diversity = event.generated / event.real
            watches = [self.collapse]
        else:
            return []
        texts = ((watch.kind, watch(self.course)) for watch in watches)
        return [Notice(event.step, kind, text) for kind, text in texts if text is not None]

    @property
    def converged(self) -> bool:
        """D's accuracy rests at 50%: its feedback is noise. True from the notice until this has changed."""
        return any(isinstance(watch, AtHalf) and watch.told for watch in self.watches)
