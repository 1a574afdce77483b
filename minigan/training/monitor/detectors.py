"""What is watched for in a run, and what is said of it: one class a kind.

A state must last before it is told. It is told once; only after it has clearly gone it can be told again. All limits
are constants beside what they decide. They were set on runs on the digits, good ones and spoilt ones; the
documentation's page on convergence shows them.
"""

import math
from typing import ClassVar

from minigan.training.monitor.statistics import BLOCKS, SIZES, Course, Span, Swings

__all__ = ["KINDS", "WATCHES", "Collapse", "Equilibrium"]


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


class Equilibrium(Watch):
    """D's accuracy has come to rest at 50%, and D(G(z)) at 1/2: it cannot tell real from generated images any more.

    A D that was never better has not been reached by G: it has not learnt yet, and this says nothing of it. Nor does it
    of a D that sees through noise, which is there to hide the difference.
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
        return float(rests and course.best > self.better and course.steps > course.blurred)

    def gone(self, course: Course) -> bool:
        return abs(course.mean - 0.5) > self.far

    def seen(self, course: Course) -> str:
        return (
            f"D's accuracy has come to rest at {course.mean:.0%}: D cannot tell the images apart any more, and what "
            "it teaches G from here on is mostly noise."
        )


class Collapse(Watch):
    """The samples are much closer to each other than real images are, at two looks in a row.

    A G that has only just begun may paint much the same of every noise, and learn better before it is looked at again.
    """

    kind = "mode collapse"
    advice = (
        "People go back to weights from before, lower G's learning rate, show D several images at once "
        "(arXiv:1606.03498, section 3.2; the standard deviation of a minibatch, arXiv:1710.10196; packed samples, "
        "arXiv:1712.04086), or take a Wasserstein loss (arXiv:1701.07875)."
    )
    lasting = Span(1, 2)  # looks, not steps
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
WATCHES: tuple[type[Watch], ...] = (Exploding, Oscillation, Winning, Beaten, Equilibrium)
#: All that a monitor can say.
KINDS = tuple([watch.kind for watch in WATCHES] + [Collapse.kind])
