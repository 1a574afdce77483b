"""Detectors of training problems, one class a kind of notice.

A state must last before it is reported. It is reported once, and again only after it has clearly ended. All limits are
class attributes of the detectors that use them. They were set on runs on the digits, good ones and bad ones; the
documentation's page on convergence shows them.
"""

import math
from typing import Any, ClassVar

from minigan.training.monitor.statistics import BLOCKS, SIZES, Horizon, OscillationHistory, RunStatistics

__all__ = ["DETECTORS", "KINDS", "Detector", "Equilibrium", "ModeCollapse"]


class Detector:
    """Detects one kind of problem: reports it once when its state has lasted, and again only after it has ended.

    A subclass defines when the state `is_active`, and when it `is_clear`, which leaves a margin between the two; how to
    `describe` it; and the `advice`: what people do about it.
    """

    kind: ClassVar[str]
    advice: ClassVar[str]
    #: How long the state must last.
    lasting: ClassVar[Horizon] = Horizon(1, 1)

    def __init__(self, batch_size: int) -> None:
        self.patience = self.lasting.in_steps(batch_size)
        self.lasted = 0.0
        self.reported = False

    def __call__(self, run: RunStatistics) -> str | None:
        """The text of a notice, if one is due now."""
        if self.reported:
            if self.is_clear(run):
                self.lasted, self.reported = 0.0, False
            return None
        weight = self.is_active(run)
        self.lasted = self.lasted + weight if weight else 0.0
        self.reported = self.lasted >= self.patience
        return f"{self.describe(run)} {self.advice}" if self.reported else None

    def is_active(self, run: RunStatistics) -> float:
        """How much a step counts for the state: 0 if it is not active, mostly 1 if it is."""
        raise NotImplementedError

    def is_clear(self, run: RunStatistics) -> bool:
        """Whether the state has clearly ended."""
        raise NotImplementedError

    def describe(self, run: RunStatistics) -> str:
        """The state, with its numbers."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """For a checkpoint: ``lasted``, the weights of the steps in the state so far, and ``reported``."""
        return {"lasted": float(self.lasted), "reported": self.reported}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.lasted, self.reported = state["lasted"], state["reported"]


class DiscriminatorWinning(Detector):
    """D is nearly always right.

    Every GAN begins so, and many good D stay at nine tenths. It is reported if it lasts; four times as soon if G's
    gradient is a twentieth of what it was, for then G can hardly recover.
    """

    kind = "D winning"
    advice = (
        "People slow D down (a lower learning rate, fewer steps, more dropout), blur what it sees by noise "
        "(arXiv:1701.04862) or smooth its labels (arXiv:1606.03498), and prefer the non-saturating loss to minimax "
        "(arXiv:1406.2661, section 3) or take a Wasserstein loss with a gradient penalty (arXiv:1704.00028)."
    )
    lasting = Horizon(8_000, 400)
    enough, too_little = 0.98, 0.9
    vanished, haste = 0.05, 4.0

    def is_active(self, run: RunStatistics) -> float:
        if min(run.real_accuracy, run.fake_accuracy) < self.enough:
            return 0.0
        return self.haste if run.gradient_level < self.vanished else 1.0

    def is_clear(self, run: RunStatistics) -> bool:
        return min(run.real_accuracy, run.fake_accuracy) < self.too_little

    def describe(self, run: RunStatistics) -> str:
        real, fake, gradient = run.real_accuracy, run.fake_accuracy, run.gradient_level
        right = f"D is right about {real:.0%} of the real and {fake:.0%} of the generated samples"
        if gradient < self.vanished:
            level = f"{gradient:.1g} of its highest level"
            return f"{right}, and G's gradient has fallen to {level}: G learns next to nothing."
        still = f"G's gradient is at {gradient:.0%} of its highest level: look whether the samples get better."
        return f"{right}, and it lasts. {still}"


class DiscriminatorLosing(Detector):
    """D is right less often than a coin, or is confident that nearly all generated images are real.

    D must be confident: if D gives 1/2 to all images, its logits are on one side of 0 or the other by chance.
    """

    kind = "D beaten"
    advice = (
        "People give D a higher learning rate than G (arXiv:1706.08500), more steps for each of G's "
        "(arXiv:1406.2661, algorithm 1) or more filters, or slow G down."
    )
    lasting = Horizon(4_000, 150)
    less_than_chance, chance = 0.42, 0.47
    fooled, sure, unsure = 0.15, 0.65, 0.55

    def is_active(self, run: RunStatistics) -> float:
        fooled = run.fake_accuracy < self.fooled and run.d_fake > self.sure
        return float(fooled or run.mean_accuracy < self.less_than_chance)

    def is_clear(self, run: RunStatistics) -> bool:
        return run.mean_accuracy > self.chance and run.d_fake < self.unsure

    def describe(self, run: RunStatistics) -> str:
        return (
            f"D is right about only {run.real_accuracy:.0%} of the real and {run.fake_accuracy:.0%} of the generated "
            "samples: it does not keep up with G, and its gradients lag behind."
        )


class Equilibrium(Detector):
    """D's accuracy stays at 50%, and D(G(z)) at 1/2: D cannot distinguish real from generated images any more.

    If D was never better, it has not learnt yet, and nothing is reported. Nor while D sees through noise, which is
    added to hide the difference.
    """

    kind = "accuracy at 50%"
    advice = (
        "This is where the game ends (arXiv:1406.2661, section 4), and a good place to stop. If the samples are not "
        "good yet, D is too weak to see it: people make it larger or give it more steps, or lower both learning rates "
        "and average G's weights (arXiv:1806.04498)."
    )
    lasting = Horizon(8_000, 400)
    near, d_near, far, better = 0.03, 0.15, 0.07, 0.58

    def is_active(self, run: RunStatistics) -> float:
        rests = abs(run.mean_accuracy - 0.5) < self.near and abs(run.d_fake - 0.5) < self.d_near
        return float(rests and run.best_accuracy > self.better and run.steps > run.noise_until)

    def is_clear(self, run: RunStatistics) -> bool:
        return abs(run.mean_accuracy - 0.5) > self.far

    def describe(self, run: RunStatistics) -> str:
        return (
            f"D's accuracy has come to rest at {run.mean_accuracy:.0%}: D cannot tell them apart any more, and "
            "what it teaches G from here on is mostly noise."
        )


class ModeCollapse(Detector):
    """The samples are much closer to each other than real images are, at two measurements in a row.

    At the beginning G may make nearly the same image of every noise, and improve before the next measurement.
    """

    kind = "mode collapse"
    advice = (
        "People go back to weights from before, lower G's learning rate, show D several images at once "
        "(arXiv:1606.03498, section 3.2; the standard deviation of a minibatch, arXiv:1710.10196; packed samples, "
        "arXiv:1712.04086), or take a Wasserstein loss (arXiv:1701.07875)."
    )
    lasting = Horizon(1, 2)  # measurements, not steps
    little, enough = 0.5, 0.6

    def is_active(self, run: RunStatistics) -> float:
        return float(run.diversity < self.little)

    def is_clear(self, run: RunStatistics) -> bool:
        return run.diversity > self.enough

    def describe(self, run: RunStatistics) -> str:
        return (
            f"Two generated samples are on average {run.diversity:.0%} as far apart as two real ones: G makes much "
            "the same of every noise."
        )


class Oscillation(Detector):
    """D's accuracy is good, then bad, then good: it swings, widely and slowly.

    The accuracy is used, not D(G(z)) or a loss, because it means the same in every game but a critic's.
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

    def is_active(self, run: RunStatistics) -> float:
        return float(any(self.oscillates(history, run) for history in run.oscillations))

    def oscillates(self, history: OscillationHistory, run: RunStatistics) -> bool:
        """Whether there are enough swings, slow and wide enough."""
        limit = self.wide if run.has_accuracy else self.critic_wide * history.mean_size
        return history.count >= self.times and history.slowness > self.slow and history.size > limit

    def is_clear(self, run: RunStatistics) -> bool:
        return all(
            history.size <= (self.narrow if run.has_accuracy else self.critic_narrow * history.mean_size)
            for history in run.oscillations
        )

    def describe(self, run: RunStatistics) -> str:
        history = next(history for history in run.oscillations if self.oscillates(history, run))
        low, high = f"{history.low:.2g}", f"{history.high:.2g}"
        if run.has_accuracy:
            low, high = f"{history.low:.0%}", f"{history.high:.0%}"
        return (
            f"D's {'accuracy' if run.has_accuracy else 'loss'} swings between {low} and {high}, {history.count} times "
            f"in the last {BLOCKS * history.length:,} steps: they oscillate and come no nearer to a balance."
        )


class Exploding(Detector):
    """A loss or a gradient is far above its highest value at the beginning of the run."""

    kind = "exploding"
    advice = (
        "People go back to weights from before, lower the learning rates, take Adam in the place of plain gradient "
        "descent, and bound D by spectral normalisation (arXiv:1802.05957) or a gradient penalty (arXiv:1704.00028)."
    )
    lasting = Horizon(1, 10)
    #: A multiple of the highest value of the beginning; and a loss which, in a game whose losses are about 1, means
    #: that D's logits are in the hundreds.
    factor, loss = 30.0, 100.0

    def excess(self, run: RunStatistics) -> dict[str, float]:
        """Every size as a fraction of its limit."""
        known = run.steps > run.beginning
        limits = {name: self.factor * first if known else math.inf for name, first in run.first_sizes.items()}
        for name in ("d_loss", "g_loss"):
            limits[name] = self.loss if run.has_accuracy else max(self.loss, limits[name])
        return {name: run.sizes[name] / limit for name, limit in limits.items() if limit > 0}

    def is_active(self, run: RunStatistics) -> float:
        return float(max(self.excess(run).values()) > 1)

    def is_clear(self, run: RunStatistics) -> bool:
        return max(self.excess(run).values()) < 1 / 3

    def describe(self, run: RunStatistics) -> str:
        excess = self.excess(run)
        name = max(excess, key=lambda name: excess[name])
        what = f"{SIZES[name]} has grown to {run.sizes[name]:.2g}"
        if name.endswith("loss") and run.has_accuracy:
            return f"{what}, where losses of about 1 are expected: D's logits are in the hundreds."
        return f"{what}: in the first {run.beginning} steps it was {run.first_sizes[name]:.2g} at the most."


#: The detectors that run after every step; the last three only if D's accuracy means something.
DETECTORS: tuple[type[Detector], ...] = (
    Exploding,
    Oscillation,
    DiscriminatorWinning,
    DiscriminatorLosing,
    Equilibrium,
)
#: All kinds of notices of a monitor.
KINDS = tuple([detector.kind for detector in DETECTORS] + [ModeCollapse.kind])
