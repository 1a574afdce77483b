"""How long does each part of a step take? Forward and backward of every step of the two networks.

::

    python -m benchmarks layers

One step of training runs G forward and backward once, D forward three times (real images, generated images, and these
again with the updated D), and D backward three times, once of them only to the image. The shares are of the sum of
these and the two updates by Adam.
"""

import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer
from rich.table import Table

from benchmarks import options
from benchmarks.machine import LoadMonitor
from benchmarks.options import JsonFile, PlotFolder
from benchmarks.report import console, new_figure, new_table, save_figure, save_json, waiting, warn
from minigan import backend
from minigan.layers import Context, Layer
from minigan.model.sequential import Sequential
from minigan.models import build
from minigan.optimizers import Adam
from minigan.random import Stream

__all__ = ["Row", "layers", "plan"]

GENERATOR, DISCRIMINATOR = "generator", "discriminator"

#: How often a step of training runs each network forward, backward, and backward to its input only.
TIMES = {GENERATOR: (1, 1, 0), DISCRIMINATOR: (3, 2, 1)}

PASSES = ("forward", "backward", "to the input")


class Row(NamedTuple):
    """One step of a network, and the median seconds of its passes.

    Attributes
    ----------
    network, name : str
    forward, backward : float
        For an update by Adam, backward is the time of the update.
    to_input : float
        Backward without the gradients of the parameters.
    """

    network: str
    name: str
    forward: float
    backward: float
    to_input: float

    @property
    def parts(self) -> tuple[float, float, float]:
        """Seconds of a training step that are spent in each pass."""
        if self.name == "Adam":
            return 0.0, self.backward, 0.0
        forward, backward, to_input = TIMES[self.network]
        return forward * self.forward, backward * self.backward, to_input * self.to_input


def layers(
    batch: Annotated[int, typer.Option(help="Images in a batch.", min=1)] = 64,
    threads: Annotated[str, typer.Option(help="Threads.", metavar="N")] = "",
    repeat: options.Repeat = 7,
    json_file: JsonFile = None,
    plot: PlotFolder = None,
) -> None:
    """Time the forward and backward of every step of dcgan28's networks."""
    (count,) = options.thread_counts("--threads", threads or options.default_threads())[:1]
    options.check_outputs(json_file, plot)
    backend.threads(count)
    printer = console()
    gan = build("dcgan28", seed=0)
    load = LoadMonitor(options.processors())
    with waiting() as status:
        status.begin("Running the networks")
        rows = measure(gan.generator, GENERATOR, batch, repeat)
        rows += measure(gan.discriminator.logits, DISCRIMINATOR, batch, repeat)
    printer.print(table(rows, f"dcgan28, batches of {batch}, threads: {count}"))
    warn(printer, load.others(), "meanwhile")
    settings = {"batch": batch, "threads": count, "repeat": repeat}
    save_json(json_file, "layers", settings, [{**row._asdict(), "in_a_step": sum(row.parts)} for row in rows])
    if plot is not None:
        figure = new_figure(9, 1.5 + 0.28 * len(rows))
        draw(figure.subplots(), rows)
        save_figure(figure, plot, "layers", printer)


def plan(network: Sequential) -> Sequence[Layer]:
    """The steps that a network runs: layers, and fused steps that replace several layers."""
    return network.steps


def measure(network: Sequential, name: str, batch: int, repeat: int) -> list[Row]:
    """Run a network forward and backward as training does: the times of its steps and of its update."""
    times = np.array([run_once(network, batch, place) for place in range(repeat + 1)])
    forward, backward, to_input = np.median(times[1:], axis=0)
    rows = [Row(name, step.name, *map(float, part)) for step, *part in zip(plan(network), forward, backward, to_input)]
    optimizer = Adam(2e-4, beta_1=0.5)
    updates = [seconds(lambda: optimizer.step(network))[0] for _ in range(repeat + 1)]
    return [*rows, Row(name, "Adam", 0.0, float(np.median(updates[1:])), 0.0)]


def run_once(network: Sequential, batch: int, seed: int) -> list[list[float]]:
    """Seconds of each step forward, backward, and backward to its input only."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (batch, *network.input_shape)).astype(np.float32)
    ctx = Context(training=True, rng=Stream(seed, "dropout"))
    forward, caches = [], []
    for step in plan(network):
        took, (x, cache) = seconds(lambda step=step, x=x: step.forward(x, ctx))  # type: ignore[misc]
        forward.append(took)
        caches.append(cache)
    dy = rng.standard_normal(x.shape).astype(np.float32)
    network.zero_grads()
    return [forward, *(run_back(network, dy, caches, param_grads) for param_grads in (True, False))]


def run_back(network: Sequential, dy: Any, caches: Sequence[Any], param_grads: bool) -> list[float]:
    """Seconds of each step backward, in the order of the steps."""
    backward = []
    for step, cache in zip(reversed(plan(network)), reversed(caches)):
        took, dy = seconds(lambda step=step, dy=dy, cache=cache: step.backward(dy, cache, param_grads))  # type: ignore[misc]
        backward.append(took)
    return backward[::-1]


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """The seconds of a call, and its result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def table(rows: Sequence[Row], title: str) -> Table:
    """A row for each part: milliseconds, and its share of a step."""
    total = sum(sum(row.parts) for row in rows)
    lines = []
    for row in rows:
        numbers = [f"{1e3 * value:.2f}" if value else "" for value in (row.forward, row.backward, row.to_input)]
        in_step = sum(row.parts)
        lines.append([f"{row.network} {row.name}", *numbers, f"{1e3 * in_step:.1f}", f"{in_step / total:.1%}"])
    lines.append(["sum", "", "", "", f"{1e3 * total:.1f}", "100.0%"])
    return new_table(["ms"], (*PASSES, "in a step", "share"), lines, title)


def draw(axes, rows: Sequence[Row]) -> None:  # type: ignore[no-untyped-def]
    """Draw a bar for each part: its time in a step, in the colours of the passes."""
    names = [f"{row.network} {row.name}" for row in rows]
    parts = 1e3 * np.array([row.parts for row in rows])
    left = np.zeros(len(rows))
    for label, values in zip(PASSES, parts.T):
        axes.barh(names, values, left=left, label=label)
        left += values
    total = left.sum()
    for place, value in enumerate(left):
        axes.annotate(f"{value / total:.1%}", (value, place), (4, 0), textcoords="offset points", va="center")
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.set_xlim(0, 1.12 * left.max())
    axes.set(xlabel=f"ms in a step of training, of {total:.0f} ms")
    axes.legend(loc="lower right")
