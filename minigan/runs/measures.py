"""The metrics that ``minigan evaluate`` computes: their titles and meanings, and the functions that compute them."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from minigan import data
from minigan.errors import DataError
from minigan.metrics.classifier import CLASSES
from minigan.metrics.distances import as_vectors
from minigan.metrics.frechet import frechet_distance
from minigan.metrics.frechet_digits import stored
from minigan.metrics.kernel_distance import kernel_distance
from minigan.metrics.modes import class_histogram, class_kl, count_modes
from minigan.metrics.neighbours import density_coverage, memorisation, nearest_neighbour_accuracy, precision_recall
from minigan.metrics.parzen import parzen
from minigan.runs.comparison import Comparison, SampleSet, examples

__all__ = ["METRICS", "Measure", "Metric", "Value", "choose_measures", "label_accuracy", "memorised"]

#: Maximum number of real images that choose the width of the Parzen windows, or are compared with the training set.
PROBES = 1_000


class Metric(NamedTuple):
    """A metric's title, its best value in words, and its meaning."""

    title: str
    best: str
    meaning: str


METRICS = {
    "frechet_distance": Metric("Fréchet distance", "low", "between the features' means and covariances"),
    "kernel_distance": Metric("kernel distance", "0", "between the features' moments up to the third; ± over subsets"),
    "precision": Metric("precision", "high", "share of samples within reach of a real example: fidelity"),
    "recall": Metric("recall", "high", "share of real examples within reach of a sample: variety"),
    "density": Metric("density", "high", "real neighbourhoods around a sample: fidelity, outliers aside"),
    "coverage": Metric("coverage", "high", "share of real neighbourhoods with a sample in them: variety"),
    "one_nn_accuracy": Metric("1-NN accuracy", "0.5", "above, samples and data keep apart; below, samples sit on data"),
    "classes_found": Metric("digits found", "high", "of ten, among the samples, by the classifier"),
    "class_kl": Metric("divergence of digits", "0", "nats, of the digits' shares from the data's"),
    "label_accuracy": Metric("digits as asked", "high", "share of samples that show the digit asked for"),
    "modes_found": Metric("modes found", "high", "modes with a good sample on them"),
    "mode_kl": Metric("divergence of modes", "0", "nats, of the modes' shares from equal ones"),
    "good_share": Metric("good samples", "high", "share within three standard deviations of a mode"),
    "parzen_log_likelihood": Metric(
        "Parzen windows", "high", "log-likelihood of real images in nats; ± standard error"
    ),
    "parzen_sigma": Metric("Parzen sigma", "-", "width of these windows, chosen on other real images"),
    "memorisation_ratio": Metric("memorisation", "as real", "share of samples next to one training example alone"),
    "training_distance": Metric("training distance", "about 1", "to the nearest training example, real ones' being 1"),
}


class Value(NamedTuple):
    """A metric's value and, if it has one, its spread."""

    value: float
    spread: float | None = None


#: Takes samples and the reference; called once with generated samples, and once with held-out real ones.
Measure = Callable[[SampleSet, SampleSet], dict[str, Value]]


def choose_measures(comparison: Comparison, config: Any) -> tuple[dict[str, Measure], list[str]]:
    """The measures that fit the data, by a title, and notes for the reader."""
    if comparison.kind == "stacked digits":
        return {"modes": stacked}, []
    on_vectors: dict[str, Measure] = {"nearest neighbours": neighbours, "1-NN accuracy": one_nn}
    if comparison.kind == "points":
        known = comparison.data.modes is not None
        modes: dict[str, Measure] = {"modes": partial(modes_of, comparison.data)} if known else {}
        notes = [] if known else [f"no modes are known of {comparison.data.name}"]
        return {**modes, "Fréchet distance": frechet, **on_vectors}, notes
    likelihood, note = likelihood_of(comparison, config)
    if comparison.kind == "images":
        remark = "on raw pixels: the package has no classifier for such images, and pixels do not describe content"
        return {**on_vectors, "Parzen windows": likelihood}, [remark, note]
    measures = {"Fréchet distance": frechet, "kernel distance": kernel, "classes": classes, **on_vectors}
    notes = [note]
    if config.data.partition(":")[0] not in ("digits", "mnist"):
        notes.append("features of a digit classifier: they say little about pictures that are not digits")
    return {**measures, "Parzen windows": likelihood}, notes


def frechet(samples: SampleSet, real: SampleSet) -> dict[str, Value]:
    return {"frechet_distance": Value(frechet_distance(samples.features, real.features))}


def kernel(samples: SampleSet, real: SampleSet) -> dict[str, Value]:
    return {"kernel_distance": Value(*kernel_distance(samples.features, real.features))}


def classes(samples: SampleSet, real: SampleSet) -> dict[str, Value]:
    histogram, reference = (class_histogram(set_.classes, CLASSES) for set_ in (samples, real))
    return {
        "classes_found": Value(int(np.count_nonzero(histogram))),
        "class_kl": Value(class_kl(histogram, reference)),
    }


def neighbours(samples: SampleSet, real: SampleSet) -> dict[str, Value]:
    found = {
        **precision_recall(samples.features, real.features)._asdict(),
        **density_coverage(samples.features, real.features)._asdict(),
    }
    return {name: Value(value) for name, value in found.items()}


def one_nn(samples: SampleSet, real: SampleSet) -> dict[str, Value]:
    return {"one_nn_accuracy": Value(nearest_neighbour_accuracy(samples.vectors, real.vectors).accuracy)}


def modes_of(points: Any, samples: SampleSet, real: SampleSet) -> dict[str, Value]:
    counted = count_modes(samples.vectors, points.modes, points.mode_stddev)
    return {"modes_found": Value(counted.found), "good_share": Value(counted.good)}


def stacked(samples: SampleSet, real: SampleSet) -> dict[str, Value]:
    histogram = class_histogram(samples.classes, CLASSES**3)
    return {"modes_found": Value(int(np.count_nonzero(histogram))), "mode_kl": Value(class_kl(histogram))}


def likelihood_of(comparison: Comparison, config: Any) -> tuple[Measure, str]:
    """The Parzen measure, on the test images if the data have some, else on training images; and a note on it."""
    real = comparison.reference.vectors
    validation, rest = np.split(real, [min(PROBES, len(real) // 2)])
    test = load_test(config)
    if test is None:
        words = f"Parzen windows judge {len(rest):,} images that the run was trained on: {config.data} has no others"
        return partial(likelihood, validation, rest), words
    vectors = as_vectors(stored(test, np.arange(len(test))))
    return partial(likelihood, validation, vectors), f"Parzen windows judge the {len(test):,} test images"


def load_test(config: Any) -> Any:
    """The test images; None if the data have none, or they are not on this machine."""
    try:
        return data.load(config.data, value_range=config.data_range, split="test")
    except DataError:
        return None


def likelihood(validation: np.ndarray, test: np.ndarray, samples: SampleSet, real: SampleSet) -> dict[str, Value]:
    mean, error, sigma = parzen(samples.vectors, test, validation)
    return {"parzen_log_likelihood": Value(mean, error), "parzen_sigma": Value(sigma)}


def memorised(comparison: Comparison) -> tuple[dict[str, Value], dict[str, Value]]:
    """How near samples are to all training examples, and how near training examples are to each other."""
    training = as_vectors(examples(comparison.data, np.arange(len(comparison.data))))
    found = memorisation(comparison.generated.vectors, training, comparison.held_out.vectors[:PROBES])
    return (
        {"memorisation_ratio": Value(found.ratio), "training_distance": Value(found.distance)},
        {"memorisation_ratio": Value(found.training_ratio), "training_distance": Value(1.0)},
    )


def label_accuracy(samples: SampleSet, labels: np.ndarray) -> Value:
    """The share of samples whose class, by the classifier, is their label."""
    return Value(float(np.mean(samples.classes == labels)))
