"""Measures a run's samples, and real data as a baseline."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minigan.io import html
from minigan.io.atomic_write import write_text
from minigan.io.targets import explained
from minigan.metrics.frechet_digits import halves
from minigan.models import draw_noise
from minigan.random import Stream
from minigan.runs.comparison import COUNTS, digits_of_classes, kind_of, number_of_samples, prepare
from minigan.runs.measures import METRICS, Value, choose_measures, label_accuracy, memorised
from minigan.runs.run_data import at_its_place, load_data
from minigan.runs.start import load_run
from minigan.training.events import ignore

__all__ = ["Evaluation", "evaluate", "save_evaluation", "shown"]


def evaluate(
    folder: str | Path,
    count: int | None = None,
    seed: int = 0,
    listener: Callable[[str], None] | None = None,
    truncation: float | None = None,
) -> "Evaluation":
    """Draw samples from a run's generator and measure them against the data it was trained on.

    ==================  ======================================================================================
    data                metrics
    ==================  ======================================================================================
    images of 28x28x1   on the digit classifier's features: Fréchet and kernel distance, precision, recall,
                        density, coverage, classes; on pixels: 1-NN accuracy, Parzen, memorisation
    stacked digits      modes found by the classifier, and the divergence of their shares
    points              modes and good samples, where the modes are known; Fréchet distance, precision,
                        recall, 1-NN accuracy
    other images        on pixels: precision, recall, density, coverage, 1-NN accuracy, Parzen, memorisation
    ==================  ======================================================================================

    Parameters
    ----------
    folder : path
        The run.
    count : int, optional
        Samples to draw, at most half the number of real examples (of stacked digits, as many as real ones).
        Default: `minigan.runs.comparison.COUNTS`.
    seed : int
        Seed of the noise and of the choice of real data. One seed gives one result.
    listener : callable, optional
        Called with the name of each step as it begins.
    truncation : float, optional
        Limit of the noise, in standard deviations: see `minigan.models.draw_noise`.

    Returns
    -------
    Evaluation
        A dict, which a notebook shows as a table: ``run, model, data, kind, count, seed, truncation, notes`` and
        ``metrics``: by name a dict of ``generated`` and ``real``, the values of samples and of held-out real data,
        ``best``, ``meaning`` and, for some, their spreads. All of it can be written as JSON.

    Raises
    ------
    ConfigError
        `count` or the truncation is too small.
    DataError
        The data are missing, or too few.
    RunError, CheckpointError
        The folder is not a run, or its weights are missing or damaged.
    """
    config, gan = load_run(folder)
    listener = listener or ignore
    listener("reading the data")
    here = at_its_place(config, Path(folder))
    real = load_data(here, gan)
    kind = kind_of(config.data, real)
    chosen = number_of_samples(count, kind, real)
    listener(f"drawing {chosen:,} samples")
    noise = draw_noise(Stream(seed, "evaluate"), chosen, gan.latent_size, config.noise, truncation)
    digits = digits_of_classes(gan.classes, config.class_names)
    comparison = prepare(gan, noise, kind, real, seed, digits)
    measures, notes = choose_measures(comparison, here)
    if chosen < (count or COUNTS[kind]):
        notes.insert(0, f"{chosen:,} samples: there are no more real ones to compare with, {len(real):,} in all")

    generated: dict[str, Value] = {}
    floor: dict[str, Value] = {}
    for place, (title, measure) in enumerate(measures.items(), 1):
        listener(f"{title} ({place} of {len(measures)})")
        generated |= measure(comparison.generated, comparison.reference)
        floor |= measure(comparison.held_out, comparison.reference)
    if kind in ("digits", "images"):
        listener("distances to the training examples")
        found, usual = memorised(comparison)
        generated |= found
        floor |= usual
    if comparison.labels is not None and digits is not None and real.labels is not None:
        generated["label_accuracy"] = label_accuracy(comparison.generated, comparison.labels)
        shown = digits[real.labels[halves(len(real), chosen, seed)[1]]]
        floor["label_accuracy"] = label_accuracy(comparison.held_out, shown)
    return Evaluation({
        "run": str(folder),
        "model": gan.name,
        "data": config.data,
        "kind": kind,
        "count": chosen,
        "seed": seed,
        "truncation": truncation,
        "metrics": {name: entry(name, value, floor[name]) for name, value in generated.items()},
        "notes": notes,
    })  # fmt: skip


class Evaluation(dict[str, Any]):
    """The result of `evaluate`: a dict, which a notebook shows as a table."""

    def _repr_html_(self) -> str:
        """The metrics of the samples and of real data, with their meanings."""
        headings = ("metric", "samples", "real data", "best", "meaning")
        rows = [
            (entry["title"], shown(entry, "generated"), shown(entry, "real"), entry["best"], entry["meaning"])
            for entry in self["metrics"].values()
        ]
        title = f"{self['model']} on {self['data']}: {self['count']:,} samples, seed {self['seed']}"
        table = html.table(headings, rows, caption=title, right=headings[1:3])
        return table + "".join(html.paragraph(note[0].upper() + note[1:] + ".") for note in self["notes"])


def shown(entry: dict[str, Any], source: str) -> str:
    """A value with four digits, or two if it is smaller than its spread; the spread has two."""
    value, spread = entry[source], entry.get(f"{source}_spread")
    if value is None:
        return "infinite"
    if isinstance(value, int):
        return f"{value:,}"
    if spread is None:
        return f"{value:.4g}"
    return f"{value:{'.2g' if abs(value) < spread else '.4g'}} ± {spread:.2g}"


def save_evaluation(path: str | Path, result: dict[str, Any]) -> None:
    """Write the result of `evaluate` as JSON.

    Raises
    ------
    RunError
        It cannot be written.
    """
    with explained(path):
        write_text(path, json.dumps(result, indent=2, ensure_ascii=False) + "\n")


def entry(name: str, generated: Value, real: Value) -> dict[str, Any]:
    """One metric as JSON: numbers that are not finite become None, because JSON has no others."""
    values: dict[str, Any] = {"generated": generated.value, "real": real.value}
    if generated.spread is not None:
        values |= {"generated_spread": generated.spread, "real_spread": real.spread}
    finite = {key: value if np.isfinite(value) else None for key, value in values.items()}
    return {**finite, **METRICS[name]._asdict()}
