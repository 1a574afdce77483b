"""A run's samples and two sets of real examples, ready to be compared.

Of the real data two disjoint random sets of n are drawn. The generator's n samples are compared with the first, and so
is the second: its metrics are those of a perfect generator for this n, which are rarely exactly 0 or 1.
Stacked digits are counted and not compared: for them one real set of n is enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from minigan import backend
from minigan.backend import Array
from minigan.errors import DataError
from minigan.metrics.classifier import CLASSES, digit_classifier
from minigan.metrics.frechet_digits import DIGIT_SHAPE, digit_features, halves, stored
from minigan.metrics.modes import stacked_classes
from minigan.models import GAN
from minigan.numbers import count_of

__all__ = [
    "COUNTS",
    "Comparison",
    "SampleSet",
    "digits_of_classes",
    "examples",
    "kind_of",
    "number_of_samples",
    "prepare",
]

#: Default number of samples to draw, as in the papers.
COUNTS = {"digits": 10_000, "images": 10_000, "points": 2_500, "stacked digits": 26_000}

#: The minimum number of samples for every metric.
LEAST = 10


class SampleSet(NamedTuple):
    """Generated samples or real examples, in every form that a metric needs.

    Attributes
    ----------
    vectors : ndarray (n, D)
        Points, or the pixels of images from 0 to 1.
    features : ndarray (n, 64)
        Features of the digit classifier; for anything but single digits the vectors.
    classes : ndarray of int (n,)
        The classifier's answers for digits; for anything else zeros.
    """

    vectors: np.ndarray
    features: np.ndarray
    classes: np.ndarray


@dataclass
class Comparison:
    """Generated samples, the reference they are compared with, and held-out real examples.

    `labels` are the classes that a conditional generator of digits had to draw.
    """

    kind: str
    data: Any
    generated: SampleSet
    reference: SampleSet
    held_out: SampleSet
    labels: np.ndarray | None


def kind_of(name: str, real: Any) -> str:
    """Which of `COUNTS` the data are."""
    if len(real.shape) == 1:
        return "points"
    if name.partition(":")[0] == "stacked-digits" and real.shape[:2] == DIGIT_SHAPE[:2]:
        return "stacked digits"
    return "digits" if real.shape == DIGIT_SHAPE else "images"


def number_of_samples(count: int | None, kind: str, real: Any) -> int:
    """How many samples to draw: at most as many as each set of real examples can have."""
    count = None if count is None else count_of("count", count, LEAST)
    if len(real) < 2 * LEAST:
        raise DataError(f"expected at least {2 * LEAST} real examples to compare with, got {len(real)} in {real.name}")
    return min(count or COUNTS[kind], len(real) if kind == "stacked digits" else len(real) // 2)


def digits_of_classes(classes: int, names: Sequence[str] | None) -> np.ndarray | None:
    """The digit that each class of a conditional generator shows, by their names; None if they are not digits."""
    if names is None:
        return np.arange(CLASSES) if classes == CLASSES else None
    known = [str(digit) for digit in range(CLASSES)]
    return np.array([known.index(name) for name in names]) if {*names} <= {*known} else None


def prepare(gan: GAN, noise: Array, kind: str, real: Any, seed: int, digits: np.ndarray | None = None) -> Comparison:
    """Draw the samples and the two sets of real examples, and extract their features.

    `digits` are those that the classes of a conditional generator show, by `digits_of_classes`.
    """
    samples, labels = draw_samples(gan, noise)
    if gan.output_range is not None:
        low, high = gan.output_range
        samples = np.clip((samples - low) / (high - low), 0, 1)
    first, second = halves(len(real), len(noise), seed)
    reference = sample_set(kind, examples(real, first))
    held_out = reference if kind == "stacked digits" else sample_set(kind, examples(real, second))
    asked = None if labels is None or digits is None or kind != "digits" else digits[labels]
    return Comparison(kind, real, sample_set(kind, samples), reference, held_out, asked)


def draw_samples(gan: GAN, noise: Array) -> tuple[np.ndarray, np.ndarray | None]:
    """The generator's samples and, of a conditional one, their labels: all classes equally often."""
    if not gan.classes:
        return backend.asnumpy(gan.generator.predict(noise)), None
    labels = np.arange(len(noise)) % gan.classes
    return backend.asnumpy(gan.generator.predict(noise, labels=backend.asarray(labels))), labels


def examples(real: Any, indices: np.ndarray) -> np.ndarray:
    """Real points, or real images with pixels from 0 to 1."""
    return real.points[indices] if len(real.shape) == 1 else stored(real, indices)


def sample_set(kind: str, samples: np.ndarray) -> SampleSet:
    """Samples or examples with their features and classes."""
    vectors = samples.reshape(len(samples), -1)
    if kind == "digits":
        features = digit_features(samples, (0, 1))
        return SampleSet(vectors, features, digit_classifier().classes(features))
    if kind == "stacked digits":
        digits = [digit_classifier().classes(digit_features(samples[..., c : c + 1], (0, 1))) for c in range(3)]
        return SampleSet(vectors, vectors, stacked_classes(np.stack(digits, axis=1)))
    return SampleSet(vectors, vectors, np.zeros(len(samples), int))
