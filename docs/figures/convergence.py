"""Draw the courses of good and spoilt runs for the page on convergence: ``python docs/figures/convergence.py``.

Every picture is of a run on the embedded digits with small networks, some half a minute each; the dashed line is where
the monitor spoke. Names of runs as arguments draw only these.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import minigan as mg
from minigan.io.atomic_write import atomic_path
from minigan.layers import Dropout
from minigan.models import GAN, draw_noise
from minigan.optimizers import SGD, Adam, Optimizer
from minigan.plots.style import DISCRIMINATOR, GENERATED, GENERATOR, REAL
from minigan.training import StepEnd
from minigan.training.events import Diversity, Notice
from minigan.training.monitor.monitor import Monitor

IMAGES = Path(__file__).parent.parent / "images"
BATCH, SAMPLES, DIVERSITY_STEPS = 16, 64, 50

#: The colour of the line where the monitor spoke: the purple of the colours that the colour-blind distinguish.
NOTICE = "#CC79A7"

Curves = tuple[tuple[str, str, str], ...]
PROBABILITIES: Curves = (("d_real", "D(x)", REAL), ("d_fake", "D(G(z))", GENERATED))
ACCURACIES: Curves = (
    ("real_accuracy", "right about real", REAL),
    ("fake_accuracy", "right about generated", GENERATED),
)
LOSSES: Curves = (("d_loss", "D's loss", DISCRIMINATOR), ("g_loss", "G's loss", GENERATOR))
GRADIENTS: Curves = (
    ("d_grad_norm", "D's gradient norm", DISCRIMINATOR),
    ("g_grad_norm", "G's gradient norm", GENERATOR),
)
DIVERSITY: Curves = (("diversity", "distance of two samples, of two real images = 1", GENERATED),)


@dataclass
class Case:
    """A run, which notice it is an example of, and the two curves to show of it."""

    name: str
    panels: tuple[Curves, Curves]
    steps: int
    kind: str | None = None
    log: bool = False
    floor: float | None = None
    legend: str = "lower right"
    dropout: bool = True
    discriminator_filters: tuple[int, ...] = (8, 16, 32, 64)
    g_optimizer: Callable[[], Optimizer] = lambda: Adam(4e-4, beta_1=0.5)
    d_optimizer: Callable[[], Optimizer] = lambda: Adam(4e-4, beta_1=0.5)
    trainer: dict[str, Any] = field(default_factory=dict)


CASES = (
    Case("healthy", (LOSSES, ACCURACIES), 800),
    Case(
        "d-winning",
        (ACCURACIES, GRADIENTS),
        400,
        "D winning",
        log=True,
        dropout=False,
        d_optimizer=lambda: Adam(2e-3, beta_1=0.5),
        trainer={"loss": "minimax"},
    ),
    Case(
        "d-beaten",
        (ACCURACIES, PROBABILITIES),
        600,
        "D beaten",
        legend="upper right",
        d_optimizer=lambda: Adam(4e-6, beta_1=0.5),
    ),
    Case("at-half", (ACCURACIES, LOSSES), 1400, "accuracy at 50%", discriminator_filters=(4, 4, 8, 8)),
    Case("collapse", (DIVERSITY, PROBABILITIES), 500, "mode collapse", g_optimizer=lambda: Adam(1e-1, beta_1=0.9)),
    Case(
        "oscillation",
        (ACCURACIES, PROBABILITIES),
        1000,
        "oscillation",
        g_optimizer=lambda: Adam(2e-3, beta_1=0.9),
        d_optimizer=lambda: Adam(2e-3, beta_1=0.9),
    ),
    Case(
        "exploding",
        (LOSSES, GRADIENTS),
        60,
        "exploding",
        log=True,
        floor=0.1,
        g_optimizer=lambda: SGD(1.0),
        d_optimizer=lambda: SGD(1.0),
    ),
)


def networks(case: Case) -> GAN:
    """The dcgan28 of few filters, with or without dropout."""
    gan = mg.models.build("dcgan28", generator_filters=(32, 16), discriminator_filters=case.discriminator_filters)
    if not case.dropout:
        layers = [layer for layer in gan.discriminator.layers if not isinstance(layer, Dropout)]
        gan.discriminator = mg.Sequential(layers, name="discriminator")
        gan.discriminator.build(gan.image_shape)
    return gan


def events(case: Case) -> Iterator[StepEnd | Diversity]:
    """The events of a run: its steps, and from time to time the diversity of its samples."""
    gan, data = networks(case), mg.data.load("digits")
    trainer = mg.Trainer(
        gan, data, g_optimizer=case.g_optimizer(), d_optimizer=case.d_optimizer(), batch_size=BATCH, **case.trainer
    )
    noise = draw_noise(mg.Stream(0, "samples"), SAMPLES, gan.latent_size)
    real = distance(data.batch(mg.Stream(0, "real").permutation(len(data))[:SAMPLES], gan.output_range))
    for event in trainer.train(steps=case.steps):
        if isinstance(event, StepEnd):
            yield event
            if event.step % DIVERSITY_STEPS == 0:
                yield Diversity(event.step, distance(gan.generator.predict(noise)), real)


def distance(images: np.ndarray) -> float:
    """The mean distance of two different images."""
    x = images.reshape(len(images), -1).astype(np.float64)
    squares = (x * x).sum(1)
    distances = np.sqrt(np.maximum(squares[:, None] + squares - 2 * x @ x.T, 0))
    return float(distances.sum() / (len(x) * (len(x) - 1)))


def follow(case: Case) -> tuple[list[StepEnd], list[Diversity], list[Notice]]:
    """The run's steps, the diversities, and what the monitor said."""
    monitor, steps, diversities, notices = Monitor(BATCH), [], [], []
    for event in events(case):
        (steps if isinstance(event, StepEnd) else diversities).append(event)
        notices += monitor(event)
    return steps, diversities, notices


def draw(case: Case, steps: list[StepEnd], diversities: list[Diversity], notices: list[Notice]) -> Figure:
    """Two panels over the steps, and a dashed line where the monitor spoke of what the run is an example of."""
    figure = Figure(figsize=(9, 2.9), layout="constrained")
    for axes, curves in zip(figure.subplots(1, 2), case.panels):
        for name, label, colour in curves:
            if name == "diversity":
                xs, values = [d.step for d in diversities], [d.generated / d.real for d in diversities]
                axes.plot(xs, values, "o-", color=colour, label=label)
            else:
                plot(axes, [step.step for step in steps], [abs(getattr(step, name)) for step in steps], label, colour)
        if case.log and curves in (GRADIENTS, LOSSES):
            axes.set_yscale("log")
            axes.set_ylim(bottom=case.floor)
        elif curves in (ACCURACIES, PROBABILITIES):
            axes.set_ylim(0, 1.03)
            axes.axhline(0.5, color="0.4", linestyle=":", linewidth=1)
        else:
            axes.set_ylim(bottom=0)
        if curves == LOSSES and not case.log:
            axes.axhline(np.log(4), color=DISCRIMINATOR, linestyle=":", linewidth=1)
            axes.axhline(np.log(2), color=GENERATOR, linestyle=":", linewidth=1)
        for notice in notices:
            if notice.kind == case.kind:
                axes.axvline(notice.step, color=NOTICE, linestyle="--", linewidth=1.4, label=f"notice: {notice.kind}")
        axes.set(xlabel="step", xlim=(0, case.steps))
        axes.grid(alpha=0.25)
        axes.legend(fontsize=8, framealpha=0.9, loc=case.legend if curves == ACCURACIES else "best")
    return figure


def plot(axes: Axes, xs: list[int], values: list[float], label: str, colour: str) -> None:
    """A curve: pale as it is, bold as the mean of the last steps; points where there are few."""
    if len(xs) <= 100:
        axes.plot(xs, values, "o", markersize=4, color=colour, label=label)
        return
    width = 32
    axes.plot(xs, values, color=colour, alpha=0.15, linewidth=0.6)
    axes.plot(xs[width - 1 :], np.convolve(values, np.ones(width) / width, "valid"), color=colour, label=label)


def main(names: list[str]) -> None:
    """Run, tell and draw the named cases, or all."""
    for case in CASES:
        if names and case.name not in names:
            continue
        with np.errstate(all="ignore"):  # one of them overflows: that is what it shows
            course = follow(case)
        path = IMAGES / f"convergence-{case.name}.png"
        with atomic_path(path) as temporary:
            draw(case, *course).savefig(temporary, dpi=100)
        print(f"Wrote {path}", flush=True)
        for notice in course[2]:
            print(f"  step {notice.step}: {notice.kind}: {notice.text}")


if __name__ == "__main__":
    main(sys.argv[1:])
