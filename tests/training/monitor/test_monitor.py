"""The monitor: what each kind of course makes it say, that it says it once, and that a healthy run is left in peace."""

import math
import pickle
import re
from collections.abc import Callable
from itertools import count

import numpy as np
import pytest

import minigan as mg
from minigan.errors import ConfigError
from minigan.training.events import Diversity, EpochEnd, Notice, StepEnd
from minigan.training.monitor.detectors import DETECTORS, KINDS, ModeCollapse
from minigan.training.monitor.monitor import Monitor

#: A step of a run that goes well.
HEALTHY = {
    "d_loss": 1.3,
    "g_loss": 0.9,
    "d_real": 0.55,
    "d_fake": 0.45,
    "real_accuracy": 0.62,
    "fake_accuracy": 0.62,
    "d_grad_norm": 10.0,
    "g_grad_norm": 10.0,
}


ACCURACIES = ("real_accuracy", "fake_accuracy")


class Run:
    """A monitor, and the numbers of a run that it is given."""

    def __init__(self, batch_size: int = 16, accuracy: bool = True, noise_until: int = 0) -> None:
        self.monitor = Monitor(batch_size, accuracy, noise_until)
        self.batch_size, self.numbers, self.step = batch_size, count(1), 0
        self.rng = np.random.default_rng(0)

    def steps(self, number: int, **values: float | Callable[[int], float]) -> list[Notice]:
        """Run `number` steps: each value a number, or a function of the step. Returns the notices."""
        said = []
        for _ in range(number):
            self.step = next(self.numbers)
            numbers = {name: v(self.step) if callable(v) else v for name, v in {**HEALTHY, **values}.items()}
            said += self.monitor(StepEnd(1, self.step, 10_000, **numbers, images_per_second=1.0, seconds=1.0))
        return said

    def accuracy(self, probability: float) -> Callable[[int], float]:
        """As a batch of images shows it: with all the noise."""
        return lambda step: self.rng.binomial(self.batch_size, probability) / self.batch_size

    def noisy(self, value: float, by: float) -> Callable[[int], float]:
        """A positive number that changes by a factor from step to step."""
        return lambda step: value * float(np.exp(by * self.rng.standard_normal()))

    def diversity(self, share: float) -> list[Notice]:
        return self.monitor(Diversity(self.step, generated=20.0 * share, real=20.0))


def kinds(notices: list[Notice]) -> list[str]:
    return [notice.kind for notice in notices]


def wave(period: float, height: float, middle: float = 0.5) -> Callable[[int], float]:
    """An oscillation of this period in steps, and this height from bottom to top."""
    return lambda step: middle + height / 2 * math.sin(2 * math.pi * step / period)


# A run that goes well


@pytest.mark.parametrize("batch_size", [1, 4, 16, 64, 512])
def test_a_healthy_run_has_no_notices_at_any_batch_size(batch_size):
    run, said = Run(batch_size), []
    # D wins at first, as it always does; then G comes closer. Numbers of runs on the digits.
    length = max(100, 1600 // batch_size)
    for accuracy, d_fake, d_grad, g_grad in [(0.8, 0.3, 5, 15), (0.985, 0.15, 1, 25), (0.75, 0.35, 8, 20)]:
        said += run.steps(
            length,
            real_accuracy=run.accuracy(accuracy),
            fake_accuracy=run.accuracy(accuracy),
            d_fake=run.noisy(d_fake, 0.2),
            d_grad_norm=run.noisy(d_grad, 0.5),
            g_grad_norm=run.noisy(g_grad, 0.5),
        )
    said += run.steps(
        max(1500, 24_000 // batch_size),
        real_accuracy=run.accuracy(0.6),
        fake_accuracy=run.accuracy(0.6),
        d_fake=run.noisy(0.44, 0.1),
        d_grad_norm=run.noisy(10, 0.5),
        g_grad_norm=run.noisy(10, 0.5),
    )
    said += run.diversity(0.8)
    assert said == []
    assert not run.monitor.converged


@pytest.mark.slow
def test_a_short_real_run_on_the_digits_has_no_notices():
    gan = mg.models.build("dcgan28", generator_filters=(32, 16), discriminator_filters=(8, 16, 32, 64))
    trainer, monitor = mg.Trainer(gan, mg.data.load("digits"), batch_size=16), Monitor(16)
    assert [notice for event in trainer.train(steps=500) for notice in monitor(event)] == []
    assert monitor.statistics.steps == 500
    # It has seen something: D was ahead, and G has come closer.
    assert monitor.statistics.best_accuracy > 0.8
    assert 0.5 < monitor.statistics.mean_accuracy < 0.75


def test_other_events_cause_no_notice():
    assert Monitor(16)(EpochEnd(1, 100)) == []


# Who is winning


def test_a_d_that_stays_right_is_reported_once():
    run = Run()
    said = run.steps(2000, real_accuracy=0.99, fake_accuracy=1.0)
    assert kinds(said) == ["D winning"]
    assert 500 <= said[0].step < 600
    assert "99% of the real and 100% of the generated" in said[0].text
    assert "G's gradient is at 100%" in said[0].text


def test_a_d_that_is_right_for_the_first_steps_is_not_reported():
    run = Run()
    assert run.steps(450, real_accuracy=1.0, fake_accuracy=1.0) == []
    assert run.steps(1000) == []


def test_a_d_that_wins_is_reported_sooner_if_gs_gradient_has_vanished():
    run = Run()
    said = run.steps(400, real_accuracy=1.0, fake_accuracy=1.0, g_grad_norm=lambda step: 10 * math.exp(-step / 10))
    assert kinds(said) == ["D winning"]
    assert said[0].step < 250
    assert re.search(r"G's gradient has fallen to \de-\d+ of its highest level", said[0].text)


def test_a_gradient_of_zero_has_vanished():
    run = Run()
    run.steps(20)
    said = run.steps(400, real_accuracy=1.0, fake_accuracy=1.0, g_grad_norm=0.0)
    assert kinds(said) == ["D winning"]


def test_a_vanishing_gradient_alone_is_not_reported():
    run = Run()
    assert run.steps(1000, g_grad_norm=lambda step: 10 * math.exp(-step / 50)) == []


def test_a_d_that_is_right_about_real_images_only_does_not_win():
    assert Run().steps(2000, real_accuracy=1.0, fake_accuracy=0.7) == []


def test_a_d_that_wins_again_is_reported_again():
    run = Run()
    winning = {"real_accuracy": 1.0, "fake_accuracy": 1.0}
    assert kinds(run.steps(700, **winning)) == ["D winning"]
    assert run.steps(300, real_accuracy=0.94, fake_accuracy=0.94) == []
    assert run.steps(700, **winning) == []  # it had never clearly gone
    assert run.steps(500) == []
    assert kinds(run.steps(700, **winning)) == ["D winning"]


@pytest.mark.parametrize(("real", "fake", "d_fake"), [(0.35, 0.4, 0.5), (0.9, 0.05, 0.8)])
def test_a_d_below_chance_or_fooled_is_beaten(real, fake, d_fake):
    run = Run()
    said = run.steps(1000, real_accuracy=real, fake_accuracy=fake, d_fake=d_fake)
    assert kinds(said) == ["D beaten"]
    assert 250 <= said[0].step < 300
    assert f"{real:.0%} of the real and {fake:.0%} of the generated" in said[0].text
    assert run.steps(500) == []
    assert kinds(run.steps(1000, real_accuracy=real, fake_accuracy=fake, d_fake=d_fake)) == ["D beaten"]


def test_a_d_just_below_chance_is_not_beaten():
    run = Run()
    assert run.steps(2000, real_accuracy=run.accuracy(0.44), fake_accuracy=run.accuracy(0.46)) == []


# At half


@pytest.mark.parametrize("batch_size", [1, 16, 512])
def test_an_accuracy_that_comes_to_rest_at_half_has_converged(batch_size):
    run = Run(batch_size)
    run.steps(max(200, 2000 // batch_size), real_accuracy=0.9, fake_accuracy=0.9)
    assert not run.monitor.converged
    half = {"real_accuracy": run.accuracy(0.5), "fake_accuracy": run.accuracy(0.5)}
    said = run.steps(max(1500, 16_000 // batch_size), **half)
    assert kinds(said) == ["accuracy at 50%"]
    assert re.search("come to rest at (48|49|50|51|52)%", said[0].text)
    assert run.monitor.converged
    run.steps(max(500, 8000 // batch_size), real_accuracy=run.accuracy(0.7), fake_accuracy=run.accuracy(0.7))
    assert not run.monitor.converged
    assert kinds(run.steps(max(1500, 16_000 // batch_size), **half)) == ["accuracy at 50%"]


def test_a_d_that_never_was_better_than_chance_has_not_converged():
    run = Run()
    assert run.steps(2000, real_accuracy=run.accuracy(0.5), fake_accuracy=run.accuracy(0.5)) == []
    assert not run.monitor.converged


def test_a_d_that_says_half_to_everything_is_not_beaten_and_has_converged():
    run = Run()
    run.steps(200, real_accuracy=0.9, fake_accuracy=0.9)
    # All logits are next to 0, and at times all on one side of it.
    said = run.steps(700, real_accuracy=0.95, fake_accuracy=0.05, d_fake=0.501)
    said += run.steps(700, real_accuracy=0.05, fake_accuracy=0.95, d_fake=0.499)
    assert kinds(said) == ["accuracy at 50%"]


@pytest.mark.parametrize(("real", "fake", "d_fake"), [(0.7, 0.3, 0.68), (0.56, 0.56, 0.48)])
def test_other_accuracies_are_not_half(real, fake, d_fake):
    run = Run()
    run.steps(200, real_accuracy=0.9, fake_accuracy=0.9)
    assert run.steps(2000, real_accuracy=real, fake_accuracy=fake, d_fake=d_fake) == []
    assert not run.monitor.converged


def test_an_accuracy_that_passes_through_half_has_not_come_to_rest():
    run = Run()
    run.steps(200, real_accuracy=0.9, fake_accuracy=0.9)
    for _ in range(4):
        assert run.steps(300, real_accuracy=0.5, fake_accuracy=0.5) == []
        assert run.steps(200, real_accuracy=0.65, fake_accuracy=0.65) == []


def test_a_d_that_sees_through_noise_has_not_converged_before_the_noise_has_gone():
    run = Run(noise_until=3000)
    run.steps(200, real_accuracy=0.9, fake_accuracy=0.9)
    half = {"real_accuracy": 0.5, "fake_accuracy": 0.5}
    assert run.steps(2800, **half) == []
    assert not run.monitor.converged
    assert kinds(run.steps(600, **half)) == ["accuracy at 50%"]


# Collapse


def test_samples_that_are_all_alike_are_reported_once():
    run = Run()
    run.steps(400)
    assert run.diversity(0.9) == []
    assert run.diversity(0.2) == []  # once may be chance
    [notice] = run.diversity(0.31)
    assert (notice.kind, notice.step) == ("mode collapse", 400)
    assert "31% as far apart as two real ones" in notice.text
    assert run.diversity(0.1) == []
    assert run.diversity(0.55) == []  # not clearly gone
    assert run.diversity(0.1) == []
    assert run.diversity(0.9) == []
    assert run.diversity(0.1) == []
    assert kinds(run.diversity(0.1)) == ["mode collapse"]


def test_samples_alike_at_one_measurement_only_are_not_reported():
    run = Run()
    run.steps(400)
    assert [run.diversity(share) for share in (0.2, 0.7, 0.2, 0.7)] == [[], [], [], []]


def test_samples_of_a_g_that_has_not_learnt_yet_may_be_alike():
    run = Run()
    run.steps(200)
    assert run.diversity(0.05) == []


def test_real_images_that_are_all_the_same_cause_no_notice():
    run = Run()
    run.steps(400)
    assert run.monitor(Diversity(400, generated=0.0, real=0.0)) == []


# Oscillation


def swings(run: Run, steps: int, course: Callable[[int], float]) -> list[Notice]:
    """Run `steps` steps in which D's accuracy follows `course`, with the noise of batches."""
    noisy = {name: lambda step: run.accuracy(min(max(course(step), 0), 1))(step) for name in ACCURACIES}
    return run.steps(steps, **noisy)


@pytest.mark.parametrize(("period", "steps"), [(40, 1000), (150, 1000), (600, 3000), (2500, 9000)])
def test_a_wide_slow_oscillation_is_reported_once(period, steps):
    said = swings(Run(), steps, wave(period, 0.5, 0.7))
    assert kinds(said) == ["oscillation"]
    text = r"D's accuracy swings between (3|4)\d% and (9\d|100)%, (\d+) times in the last ([\d,]+) steps"
    *_, times, history = re.match(text, said[0].text).groups()
    assert abs(int(times) - int(history.replace(",", "")) / period) <= 1


def test_an_oscillation_is_reported_at_any_batch_size():
    assert kinds(swings(Run(512), 1000, wave(100, 0.5, 0.7))) == ["oscillation"]
    assert kinds(swings(Run(1), 16_000, wave(1600, 0.5, 0.7))) == ["oscillation"]


@pytest.mark.parametrize(
    "course",
    [
        pytest.param(wave(100, 0.2, 0.7), id="narrow"),
        pytest.param(wave(3, 0.6, 0.7), id="fast"),
        pytest.param(lambda step: 0.95 if step < 500 else 0.6, id="once"),
        pytest.param(lambda step: max(0.6, 0.95 - step / 9000), id="trend"),
        pytest.param(lambda step: 0.6 + 0.38 * math.exp(-(((step - 200) / 80) ** 2)), id="start"),
    ],
)
@pytest.mark.parametrize("batch_size", [4, 16])
def test_noise_and_drift_are_not_reported_as_oscillation(course, batch_size):
    assert swings(Run(batch_size), 4000, course) == []


def test_oscillations_that_begin_again_are_reported_again():
    run = Run()
    assert kinds(swings(run, 1000, wave(100, 0.5, 0.7))) == ["oscillation"]
    assert swings(run, 9000, lambda step: 0.7) == []
    assert kinds(swings(run, 1000, wave(100, 0.5, 0.7))) == ["oscillation"]


# Explosion


@pytest.mark.parametrize("name", ["d_grad_norm", "g_grad_norm"])
def test_a_gradient_far_above_its_beginning_explodes(name):
    run = Run()
    run.steps(400, **{name: run.noisy(10, 0.5)})
    said = run.steps(100, **{name: 2e4})
    assert kinds(said) == ["exploding"]
    assert f"{name[0].upper()}'s gradient norm has grown to 1.8e+04" in said[0].text
    assert "in the first 250 steps it was" in said[0].text
    run.steps(100)
    assert kinds(run.steps(100, **{name: 2e4})) == ["exploding"]


def test_a_gradient_that_grows_slowly_explodes_too():
    said = Run().steps(3000, d_grad_norm=lambda step: 10 * math.exp(step / 300))
    assert kinds(said) == ["exploding"]


@pytest.mark.parametrize("name", ["d_loss", "g_loss"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_loss_in_the_hundreds_explodes_from_the_first_steps_on(name, sign):
    said = Run().steps(50, **{name: 2e3 * sign})
    assert kinds(said) == ["exploding"]
    assert said[0].step < 20
    assert f"{name[0].upper()}'s loss has grown to 2e+03" in said[0].text


def test_one_bad_step_is_no_explosion():
    run = Run()
    run.steps(400)
    assert run.steps(1, d_grad_norm=1000.0) == []
    assert run.steps(100) == []


def test_gradients_may_grow_tenfold():
    run = Run()
    run.steps(400)
    assert run.steps(1000, d_grad_norm=100.0, g_grad_norm=100.0) == []


# A critic


def test_a_critics_accuracy_is_not_reported():
    for accuracy in (0.5, 1.0, 0.1):
        run = Run(accuracy=False)
        run.steps(200, real_accuracy=0.9, fake_accuracy=0.9)
        assert run.steps(2000, real_accuracy=accuracy, fake_accuracy=accuracy) == []
        assert not run.monitor.converged


def test_a_critics_losses_may_be_of_any_size():
    run = Run(accuracy=False)
    assert run.steps(2000, d_loss=run.noisy(-500, 0.2), g_loss=run.noisy(3000, 0.2)) == []


def test_a_critics_loss_that_grows_without_end_explodes():
    said = Run(accuracy=False).steps(3000, d_loss=lambda step: -math.exp(step / 200))
    assert kinds(said) == ["exploding"]
    assert "in the first 250 steps it was" in said[0].text


def test_a_critics_loss_swings_in_units_of_itself():
    for size in (0.01, 100.0):
        run = Run(accuracy=False)
        swing = wave(100, 3 * size, 0.2 * size)
        assert kinds(run.steps(1000, d_loss=swing, d_fake=1.0)) == ["oscillation"]
        run = Run(accuracy=False)
        assert run.steps(1000, d_loss=lambda step, s=size: -s * (1 + math.exp(-step / 200)), d_fake=wave(99, 1)) == []


def test_a_critics_loss_that_is_noise_around_zero_does_not_swing():
    run = Run(accuracy=False)
    assert run.steps(3000, d_loss=lambda step: 0.1 * float(run.rng.standard_normal())) == []


# The notices


def test_every_detector_has_its_own_kind_and_advice_with_sources():
    detectors = (*DETECTORS, ModeCollapse)
    assert tuple(detector.kind for detector in detectors) == KINDS
    assert len(set(KINDS)) == 6
    for detector in detectors:
        assert detector.advice.startswith(("People ", "This is where"))
        assert "arXiv:" in detector.advice


def test_a_monitor_uses_constant_memory():
    run = Run()
    run.steps(6000)
    size = len(pickle.dumps(run.monitor))
    run.steps(6000)
    assert len(pickle.dumps(run.monitor)) < size + 100


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_of_nothing_is_refused(batch_size):
    with pytest.raises(ConfigError, match=f"batch_size to be at least 1, got {batch_size}"):
        Monitor(batch_size)
