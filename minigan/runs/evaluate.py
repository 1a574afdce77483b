"""All figures that fit a run, each beside what real data would get in the generator's place.

Of the real data two disjoint random sets of n are drawn. The generator's n samples are compared with the first, and so
is the second: its figures are what a perfect generator would get for this n, which is 0 or 1 for hardly any of them.
Stacked digits are counted, and not compared: there one real set of n is enough.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigan import backend, data
from minigan.backend import Array
from minigan.errors import ConfigError, DataError
from minigan.io.atomic_write import atomic_path
from minigan.metrics.classifier import CLASSES, digit_classifier
from minigan.metrics.distances import as_vectors
from minigan.metrics.frechet import frechet_distance
from minigan.metrics.frechet_digits import DIGIT_SHAPE, digit_features, halves, stored
from minigan.metrics.kernel_distance import kernel_distance
from minigan.metrics.modes import class_histogram, class_kl, count_modes, stacked_classes
from minigan.metrics.neighbours import density_coverage, memorisation, nearest_neighbour_accuracy, precision_recall
from minigan.metrics.parzen import parzen
from minigan.models import GAN, draw_noise
from minigan.random import Stream

__all__ = ["COUNTS", "FACTS", "evaluate", "save_evaluation"]

#: Samples to draw unless told otherwise: as many as the papers do.
COUNTS = {"digits": 10_000, "images": 10_000, "points": 2_500, "stacked digits": 26_000}

#: The fewest samples that every measure can do with.
LEAST = 10

#: Real images at most that choose the width of the Parzen windows, or show how near training examples are.
PROBES = 1_000


class Fact(NamedTuple):
    """What a figure is called, its best value in words, and what it tells."""

    title: str
    best: str
    meaning: str


FACTS = {
    "frechet_distance": Fact("Fréchet distance", "low", "between the features' means and covariances"),
    "kernel_distance": Fact("kernel distance", "0", "between the features' moments up to the third; ± over subsets"),
    "precision": Fact("precision", "high", "share of samples within reach of a real example: fidelity"),
    "recall": Fact("recall", "high", "share of real examples within reach of a sample: variety"),
    "density": Fact("density", "high", "real neighbourhoods around a sample: fidelity, outliers aside"),
    "coverage": Fact("coverage", "high", "share of real neighbourhoods with a sample in them: variety"),
    "one_nn_accuracy": Fact("1-NN accuracy", "0.5", "above, samples and data keep apart; below, samples sit on data"),
    "classes_found": Fact("digits found", "high", "of ten, among the samples, by the classifier"),
    "class_kl": Fact("divergence of digits", "0", "nats, of the digits' shares from the data's"),
    "label_accuracy": Fact("digits as asked", "high", "share of samples that show the digit asked for"),
    "modes_found": Fact("modes found", "high", "modes with a good sample on them"),
    "mode_kl": Fact("divergence of modes", "0", "nats, of the modes' shares from equal ones"),
    "good_share": Fact("good samples", "high", "share within three standard deviations of a mode"),
    "parzen_log_likelihood": Fact("Parzen windows", "high", "log-likelihood of real images in nats; ± standard error"),
    "parzen_sigma": Fact("Parzen sigma", "-", "width of these windows, chosen on other real images"),
    "memorisation_ratio": Fact("memorisation", "as real", "share of samples next to one training example alone"),
    "training_distance": Fact("training distance", "about 1", "to the nearest training example, real ones' being 1"),
}


class Figure(NamedTuple):
    """A number and, where it has one, how far it spreads."""

    value: float
    spread: float | None = None


class View(NamedTuple):
    """Samples or data in every form that a measure asks for.

    Attributes
    ----------
    vectors : ndarray (n, D)
        Points, or the pixels of images from 0 to 1.
    features : ndarray (n, 64)
        The digit classifier's; of other than single digits the vectors.
    classes : ndarray of int (n,)
        What the classifier takes digits for; of others zeros.
    """

    vectors: np.ndarray
    features: np.ndarray
    classes: np.ndarray


@dataclass
class Subject:
    """A run and its data, ready to be measured."""

    kind: str
    data: Any
    generated: View
    reference: View
    held_out: View
    labels: np.ndarray | None


#: A measure takes samples and the reference; it is called with generated ones, and with held-out real ones.
Measure = Callable[[View, View], dict[str, Figure]]


def evaluate(
    folder: str | Path,
    count: int | None = None,
    seed: int = 0,
    listener: Callable[[str], None] = lambda doing: None,
    truncation: float | None = None,
) -> dict[str, Any]:
    """Draw samples from a run's generator and measure them against the data it was trained on.

    ==================  ======================================================================================
    data                what is measured
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
        Of the run.
    count : int, optional
        Samples to draw: default as in `COUNTS`, and at most half as many as there are real ones, or as many of
        stacked digits.
    seed : int
        Of the noise and of the choice of real data. One seed gives one result.
    listener : callable, optional
        Told in words what is being done.
    truncation : float, optional
        Of the noise, in standard deviations: see `minigan.models.draw_noise`.

    Returns
    -------
    dict
        ``run, model, data, kind, count, seed, truncation, notes`` and ``metrics``: by name a dict of ``generated`` and
        ``real``, the figures of samples and of held-out real data, ``best``, ``meaning`` and, for some, their
        spreads. All of it can be written as JSON.

    Raises
    ------
    ConfigError
        `count` is too small to measure anything, or the truncation too small.
    DataError
        The data are gone, or too few.
    RunError, CheckpointError
        The folder is not a run, or its weights are missing or damaged.
    """
    # Not above: a run that reports metrics as it trains imports this package.
    from minigan.runs.build import load_data
    from minigan.runs.start import load_run

    config, gan = load_run(folder)
    listener("reading the data")
    real = load_data(config, gan)
    kind = kind_of(config.data, real)
    chosen = samples_of(count, kind, real)
    listener(f"drawing {chosen:,} samples")
    noise = draw_noise(Stream(seed, "evaluate"), chosen, gan.latent_size, config.noise, truncation)
    subject = prepare(gan, noise, kind, real, seed)
    measures, notes = plan(subject, config)
    if chosen < (count or COUNTS[kind]):
        notes.insert(0, f"{chosen:,} samples: there are no more real ones to compare with, {len(real):,} in all")

    generated: dict[str, Figure] = {}
    floor: dict[str, Figure] = {}
    for place, (title, measure) in enumerate(measures.items(), 1):
        listener(f"{title} ({place} of {len(measures)})")
        generated |= measure(subject.generated, subject.reference)
        floor |= measure(subject.held_out, subject.reference)
    if kind in ("digits", "images"):
        listener("distances to the training examples")
        found, usual = copies(subject)
        generated |= found
        floor |= usual
    if subject.labels is not None and real.labels is not None:
        generated["label_accuracy"] = agreement(subject.generated, subject.labels)
        floor["label_accuracy"] = agreement(subject.held_out, real.labels[halves(len(real), chosen, seed)[1]])
    return {
        "run": str(folder),
        "model": gan.name,
        "data": config.data,
        "kind": kind,
        "count": chosen,
        "seed": seed,
        "truncation": truncation,
        "metrics": {name: entry(name, figure, floor[name]) for name, figure in generated.items()},
        "notes": notes,
    }


def save_evaluation(path: str | Path, result: dict[str, Any]) -> None:
    """Write what `evaluate` returned as JSON."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def entry(name: str, generated: Figure, real: Figure) -> dict[str, Any]:
    """One figure as JSON: numbers that are not finite become None, which is all that JSON has for them."""
    values: dict[str, Any] = {"generated": generated.value, "real": real.value}
    if generated.spread is not None:
        values |= {"generated_spread": generated.spread, "real_spread": real.spread}
    finite = {key: value if np.isfinite(value) else None for key, value in values.items()}
    return {**finite, **FACTS[name]._asdict()}


# What is measured


def kind_of(name: str, real: Any) -> str:
    """Which of `COUNTS` the data are."""
    if len(real.shape) == 1:
        return "points"
    if name.partition(":")[0] == "stacked-digits":
        return "stacked digits"
    return "digits" if real.shape == DIGIT_SHAPE else "images"


def samples_of(count: int | None, kind: str, real: Any) -> int:
    """How many samples to draw: as many as there can be real ones in each set."""
    if count is not None and count < LEAST:
        raise ConfigError(f"expected count to be at least {LEAST}, got {count}")
    if len(real) < 2 * LEAST:
        raise DataError(f"expected at least {2 * LEAST} real examples to compare with, got {len(real)} in {real.name}")
    return min(count or COUNTS[kind], len(real) if kind == "stacked digits" else len(real) // 2)


def prepare(gan: GAN, noise: Array, kind: str, real: Any, seed: int) -> Subject:
    """Draw the samples and the two sets of real examples, and look at all three."""
    samples, labels = draw_samples(gan, noise)
    if gan.output_range is not None:
        low, high = gan.output_range
        samples = np.clip((samples - low) / (high - low), 0, 1)
    first, second = halves(len(real), len(noise), seed)
    reference = view(kind, examples(real, first))
    held_out = reference if kind == "stacked digits" else view(kind, examples(real, second))
    asked = labels if kind == "digits" and gan.classes == CLASSES else None
    return Subject(kind, real, view(kind, samples), reference, held_out, asked)


def draw_samples(gan: GAN, noise: Array) -> tuple[np.ndarray, np.ndarray | None]:
    """What the generator makes of the noise and, if it is conditional, the labels asked for: all equally often."""
    if not gan.classes:
        return backend.asnumpy(gan.generator.predict(noise)), None
    labels = np.arange(len(noise)) % gan.classes
    return backend.asnumpy(gan.generator.predict(noise, labels=backend.asarray(labels))), labels


def examples(real: Any, indices: np.ndarray) -> np.ndarray:
    """Real points, or real images with pixels from 0 to 1."""
    return real.points[indices] if len(real.shape) == 1 else stored(real, indices)


def view(kind: str, samples: np.ndarray) -> View:
    """Samples or data with what the classifier sees in them."""
    vectors = samples.reshape(len(samples), -1)
    if kind == "digits":
        features = digit_features(samples, (0, 1))
        return View(vectors, features, digit_classifier().classes(features))
    if kind == "stacked digits":
        digits = [digit_classifier().classes(digit_features(samples[..., c : c + 1], (0, 1))) for c in range(3)]
        return View(vectors, vectors, stacked_classes(np.stack(digits, axis=1)))
    return View(vectors, vectors, np.zeros(len(samples), int))


# The measures


def plan(subject: Subject, config: Any) -> tuple[dict[str, Measure], list[str]]:
    """The measures that fit, by a title, and what there is to say about them."""
    if subject.kind == "stacked digits":
        return {"modes": stacked}, []
    neighbours: dict[str, Measure] = {"nearest neighbours": neighbourhood, "1-NN accuracy": one_nn}
    if subject.kind == "points":
        known = subject.data.modes is not None
        modes: dict[str, Measure] = {"modes": partial(modes_of, subject.data)} if known else {}
        notes = [] if known else [f"no modes are known of {subject.data.name}"]
        return {**modes, "Fréchet distance": frechet, **neighbours}, notes
    likelihood, note = likelihood_of(subject, config)
    if subject.kind == "images":
        remark = "on raw pixels: the package has no classifier for such images, and pixels know nothing of content"
        return {**neighbours, "Parzen windows": likelihood}, [remark, note]
    measures = {"Fréchet distance": frechet, "kernel distance": kernel, "classes": classes, **neighbours}
    notes = [note]
    if config.data.partition(":")[0] not in ("digits", "mnist"):
        notes.append("features of a digit classifier: of pictures that are no digits they see little")
    return {**measures, "Parzen windows": likelihood}, notes


def frechet(samples: View, real: View) -> dict[str, Figure]:
    return {"frechet_distance": Figure(frechet_distance(samples.features, real.features))}


def kernel(samples: View, real: View) -> dict[str, Figure]:
    return {"kernel_distance": Figure(*kernel_distance(samples.features, real.features))}


def classes(samples: View, real: View) -> dict[str, Figure]:
    histogram, reference = (class_histogram(set_.classes, CLASSES) for set_ in (samples, real))
    return {
        "classes_found": Figure(int(np.count_nonzero(histogram))),
        "class_kl": Figure(class_kl(histogram, reference)),
    }


def neighbourhood(samples: View, real: View) -> dict[str, Figure]:
    found = {
        **precision_recall(samples.features, real.features)._asdict(),
        **density_coverage(samples.features, real.features)._asdict(),
    }
    return {name: Figure(value) for name, value in found.items()}


def one_nn(samples: View, real: View) -> dict[str, Figure]:
    return {"one_nn_accuracy": Figure(nearest_neighbour_accuracy(samples.vectors, real.vectors).accuracy)}


def modes_of(points: Any, samples: View, real: View) -> dict[str, Figure]:
    counted = count_modes(samples.vectors, points.modes, points.mode_stddev)
    return {"modes_found": Figure(counted.found), "good_share": Figure(counted.good)}


def stacked(samples: View, real: View) -> dict[str, Figure]:
    histogram = class_histogram(samples.classes, CLASSES**3)
    return {"modes_found": Figure(int(np.count_nonzero(histogram))), "mode_kl": Figure(class_kl(histogram))}


def likelihood_of(subject: Subject, config: Any) -> tuple[Measure, str]:
    """The Parzen measure on the test images where the data have some, else on real ones the run was trained on."""
    real = subject.reference.vectors
    validation, rest = np.split(real, [min(PROBES, len(real) // 2)])
    test = load_test(config)
    if test is None:
        words = f"Parzen windows judge {len(rest):,} images that the run was trained on: {config.data} has no others"
        return partial(likelihood, validation, rest), words
    vectors = as_vectors(stored(test, np.arange(len(test))))
    return partial(likelihood, validation, vectors), f"Parzen windows judge the {len(test):,} test images"


def load_test(config: Any) -> Any:
    """The test images, or None where there are none, or only those to train on are at hand."""
    try:
        return data.load(config.data, value_range=config.data_range, split="test")
    except DataError:
        return None


def likelihood(validation: np.ndarray, test: np.ndarray, samples: View, real: View) -> dict[str, Figure]:
    mean, error, sigma = parzen(samples.vectors, test, validation)
    return {"parzen_log_likelihood": Figure(mean, error), "parzen_sigma": Figure(sigma)}


def copies(subject: Subject) -> tuple[dict[str, Figure], dict[str, Figure]]:
    """How near samples are to the training examples, all of them; and how near these are to each other."""
    training = as_vectors(examples(subject.data, np.arange(len(subject.data))))
    found = memorisation(subject.generated.vectors, training, subject.held_out.vectors[:PROBES])
    return (
        {"memorisation_ratio": Figure(found.ratio), "training_distance": Figure(found.distance)},
        {"memorisation_ratio": Figure(found.training_ratio), "training_distance": Figure(1.0)},
    )


def agreement(samples: View, labels: np.ndarray) -> Figure:
    """The share that the classifier takes for what the labels say."""
    return Figure(float(np.mean(samples.classes == labels)))
