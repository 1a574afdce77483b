"""Metrics: numbers that measure a generator.

Each is a function of arrays whose rows are vectors: points, pixels or a classifier's features. `minigan.runs.evaluate`
combines those that fit a run. No metric is complete; the documentation of each says what it misses.
"""

from minigan.metrics.classifier import DigitClassifier, digit_classifier, softmax_crossentropy
from minigan.metrics.frechet import Gaussian, fit_gaussian, frechet_distance, frechet_distance_of_gaussians
from minigan.metrics.frechet_digits import FrechetDigits, digit_features
from minigan.metrics.grid_divergence import GridDivergence, PointGrid, grid_divergence
from minigan.metrics.kernel_distance import KernelDistance, kernel_distance, polynomial_mmd2
from minigan.metrics.modes import ModeCount, class_histogram, class_kl, count_modes, stacked_classes
from minigan.metrics.neighbours import (
    DensityCoverage,
    Memorisation,
    NearestNeighbourAccuracy,
    PrecisionRecall,
    density_coverage,
    memorisation,
    nearest_neighbour_accuracy,
    precision_recall,
)
from minigan.metrics.parzen import SIGMAS, Parzen, choose_sigma, parzen, parzen_log_likelihoods

__all__ = [
    "SIGMAS",
    "DensityCoverage",
    "DigitClassifier",
    "FrechetDigits",
    "Gaussian",
    "GridDivergence",
    "KernelDistance",
    "Memorisation",
    "ModeCount",
    "NearestNeighbourAccuracy",
    "Parzen",
    "PointGrid",
    "PrecisionRecall",
    "choose_sigma",
    "class_histogram",
    "class_kl",
    "count_modes",
    "density_coverage",
    "digit_classifier",
    "digit_features",
    "fit_gaussian",
    "frechet_distance",
    "frechet_distance_of_gaussians",
    "grid_divergence",
    "kernel_distance",
    "memorisation",
    "nearest_neighbour_accuracy",
    "parzen",
    "parzen_log_likelihoods",
    "polynomial_mmd2",
    "precision_recall",
    "softmax_crossentropy",
    "stacked_classes",
]
