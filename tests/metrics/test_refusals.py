"""No metric makes a number of what is none: each function with each of its arrays, spoilt in each way."""

import inspect
import re

import numpy as np
import pytest

from minigan import metrics
from minigan.data import Dataset
from minigan.errors import ConfigError, DataError, DtypeError, MiniganError, ShapeError
from minigan.metrics import distances
from tests.loops import loop_over

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((2, 9, 3))
IMAGES = RNG.uniform(-1, 1, (4, 28, 28, 1)).astype(np.float32)
CLASSIFIER = metrics.DigitClassifier()
FRECHET = metrics.FrechetDigits(Dataset(RNG.integers(0, 255, (8, 28, 28, 1)).astype(np.uint8), name="tiny"), count=4)

#: A right call of every public function and method: its name, the function, its arguments.
CALLS = {
    "DigitClassifier.accuracy": (CLASSIFIER.accuracy, {"images": IMAGES, "labels": np.arange(4)}),
    "DigitClassifier.classes": (CLASSIFIER.classes, {"features": np.zeros((4, 64), np.float32)}),
    "DigitClassifier.features": (CLASSIFIER.features, {"images": IMAGES}),
    "FrechetDigits.__call__": (FRECHET, {"images": IMAGES, "value_range": (-1, 1)}),
    "PointGrid.__call__": (metrics.PointGrid(Y[:, :2]), {"generated": X[:, :2]}),
    "choose_sigma": (metrics.choose_sigma, {"samples": X, "validation": Y, "sigmas": [0.1, 0.2]}),
    "class_histogram": (metrics.class_histogram, {"labels": np.arange(4), "classes": 4}),
    "class_kl": (metrics.class_kl, {"histogram": np.ones(4), "reference": np.ones(4)}),
    "count_modes": (metrics.count_modes, {"points": X, "modes": Y, "stddev": 0.1, "within": 3.0}),
    "density_coverage": (metrics.density_coverage, {"generated": X, "real": Y, "k": 2}),
    "digit_features": (metrics.digit_features, {"images": IMAGES, "value_range": (-1, 1)}),
    "fit_gaussian": (metrics.fit_gaussian, {"features": X}),
    "frechet_distance": (metrics.frechet_distance, {"generated": X, "real": Y}),
    "grid_divergence": (metrics.grid_divergence, {"generated": X[:, :2], "real": Y[:, :2], "cells": 5}),
    "kernel_distance": (
        metrics.kernel_distance,
        {"generated": X, "real": Y, "subsets": 2, "subset_size": 4, "seed": 0},
    ),
    "memorisation": (metrics.memorisation, {"generated": X, "training": Y, "probes": Y[:3], "share": 1 / 3}),
    "nearest_neighbour_accuracy": (metrics.nearest_neighbour_accuracy, {"generated": X, "real": Y}),
    "parzen": (metrics.parzen, {"samples": X, "test": Y, "validation": Y + 1, "sigmas": [0.1, 0.2]}),
    "parzen_log_likelihoods": (metrics.parzen_log_likelihoods, {"samples": X, "points": Y, "sigmas": [0.1, 0.2]}),
    "polynomial_mmd2": (metrics.polynomial_mmd2, {"x": X, "y": Y}),
    "precision_recall": (metrics.precision_recall, {"generated": X, "real": Y, "k": 2}),
    "softmax_crossentropy": (metrics.softmax_crossentropy, {"z": X, "labels": np.zeros(9, int)}),
    "stacked_classes": (metrics.stacked_classes, {"digits": np.arange(9).reshape(3, 3)}),
    # of the module, for those who build a metric
    "distances.nearest_distances": (distances.nearest_distances, {"x": X, "y": Y, "count": 2}),
    "distances.distance_blocks": (lambda x, y: list(distances.distance_blocks(x, y)), {"x": X, "y": Y}),
}

#: Those that take no arrays, and those of weights.
OTHERS = {
    *("digit_classifier", "frechet_distance_of_gaussians"),
    *(f"DigitClassifier.{name}" for name in ("add_gradients", "load", "load_state_dict", "save", "state_dict")),
}

#: Each array of each call: (call, argument).
ARRAYS = [
    (call, argument)
    for call, (_, arguments) in CALLS.items()
    for argument, value in arguments.items()
    if isinstance(value, np.ndarray)
]
FLOATS = [(call, argument) for call, argument in ARRAYS if CALLS[call][1][argument].dtype.kind == "f"]


def call_with(call: str, argument: str, value: object) -> object:
    function, arguments = CALLS[call]
    return function(**{**arguments, argument: value})


def test_every_public_function_and_method_has_a_case_here():
    public = set()
    for name in metrics.__all__:
        thing = getattr(metrics, name)
        if inspect.isfunction(thing):
            public.add(name)
        elif inspect.isclass(thing) and not issubclass(thing, tuple):
            for method, value in vars(thing).items():
                if callable(getattr(value, "__func__", value)) and (method == "__call__" or method[0] != "_"):
                    public.add(f"{name}.{method}")
    assert public == {name for name in CALLS if "distances." not in name} | OTHERS


@loop_over(call=list(CALLS))
def test_the_cases_are_right(call):
    function, arguments = CALLS[call]
    function(**arguments)


@loop_over(value=[np.nan, np.inf, -np.inf])
@loop_over(case=FLOATS)
def test_rows_with_nan_or_infinity_are_counted_and_named(case, value):
    array = CALLS[case[0]][1][case[1]].copy()
    rows = [1, len(array) - 1]
    array.reshape(len(array), -1)[rows, -1] = value
    expected = f"{case[1]}, got NaN or infinity in 2 of {len(array)} rows, first in row 1"
    with pytest.raises(DataError, match=f"expected finite numbers in {re.escape(expected)}"):
        call_with(*case, array)


@loop_over(size=[1e200, 1e-200])
@loop_over(case=[case for case in FLOATS if CALLS[case[0]][1][case[1]] is X or CALLS[case[0]][1][case[1]] is Y])
def test_numbers_whose_squares_are_out_of_range_are_refused(case, size):
    if case[0] != "softmax_crossentropy":  # which squares nothing
        with pytest.raises(DataError, match=f"expected numbers from 1e-100 to .* in {case[1]}, got up to "):
            call_with(*case, size * np.sign(CALLS[case[0]][1][case[1]]))


@loop_over(
    spoil=[
        lambda a: a[0],  # an axis less
        lambda a: a[np.newaxis],  # an axis more
        lambda a: a[:0],
        lambda a: a[..., :0],
        lambda a: a.astype(complex),
        lambda a: a.astype(object),
        lambda a: a.astype(bool),
        lambda a: a.astype(str),
        lambda a: a.astype("datetime64[s]") if a.dtype.kind != "f" else a.astype("S3"),
        lambda a: a.tolist(),
        lambda a: np.ma.masked_array(a),
        lambda a: np.float64(3.0),
        lambda a: None,
        lambda a: "digits",
    ]
)
@loop_over(case=ARRAYS)
def test_what_is_no_set_of_vectors_is_refused_by_its_name(case, spoil):
    value = spoil(CALLS[case[0]][1][case[1]])
    if value is None and case[1] in ("probes", "reference"):
        return  # their default
    if case[0] == "stacked_classes" and getattr(value, "shape", None) == (0, 3):
        return  # no images, no modes
    with pytest.raises((ShapeError, DtypeError)):
        call_with(*case, value)


@loop_over(case=[case for case in FLOATS if case[0] not in ("class_kl", "softmax_crossentropy")])
def test_vectors_of_another_length_are_refused(case):
    array = CALLS[case[0]][1][case[1]]
    if len([a for a in CALLS[case[0]][1].values() if isinstance(a, np.ndarray)]) > 1 or array.shape[-1] == 64:
        with pytest.raises(ShapeError):
            call_with(*case, array[..., :-1])


#: Settings: the argument, values that are taken, and values that are refused.
WHOLE = ([np.int64(2), np.uint8(2), 2], [0, -1, 2.0, np.float32(2), "2", None, True, np.True_, np.nan, 2.5])
POSITIVE = (
    [np.float32(0.25), np.float64(0.25), 0.25, np.float16(0.25), 1, np.int8(1)],
    [0, -1, "1", None, True, np.nan, np.inf, 1j],
)
SETTINGS = {
    ("precision_recall", "k"): WHOLE,
    ("density_coverage", "k"): WHOLE,
    ("distances.nearest_distances", "count"): WHOLE,
    ("grid_divergence", "cells"): WHOLE,
    ("kernel_distance", "subsets"): WHOLE,
    ("kernel_distance", "subset_size"): (WHOLE[0], [*WHOLE[1], 1]),
    ("kernel_distance", "seed"): ([np.int64(2), -1, 0], [2.0, "2", None, True, np.nan]),
    ("class_histogram", "classes"): ([np.int64(4), 5], WHOLE[1]),
    ("count_modes", "stddev"): POSITIVE,
    ("count_modes", "within"): POSITIVE,
    ("memorisation", "share"): (POSITIVE[0], [*POSITIVE[1], 1.5]),
    **{
        (call, "sigmas"): (
            [POSITIVE[0], tuple(POSITIVE[0]), np.array([0.1, 0.2], np.float32)],
            [[], 0.1, *([None] if call == "parzen_log_likelihoods" else []), *([0.1, value] for value in POSITIVE[1])],
        )
        for call in ("parzen", "choose_sigma", "parzen_log_likelihoods")
    },
    **{
        (call, "value_range"): (
            [np.array([-1, 1]), (np.float32(-1), 1), [-1, 1]],
            [(1, -1), (0, 0), (0, np.nan), (0, np.inf), 3, (1,), (0, 1, 2), None, ("0", "1"), (False, True)],
        )
        for call in ("digit_features", "FrechetDigits.__call__")
    },
}


def test_every_setting_is_in_the_table():
    settings = {
        (call, argument)
        for call, (_, arguments) in CALLS.items()
        for argument, value in arguments.items()
        if not isinstance(value, np.ndarray)
    }
    assert settings == set(SETTINGS)


@loop_over(case=list(SETTINGS))
def test_numpy_numbers_are_taken_and_what_is_no_number_is_refused(case):
    taken, refused = SETTINGS[case]
    for value in taken:
        call_with(*case, value)
    for value in refused:
        with pytest.raises(ConfigError, match="expected"):
            call_with(*case, value)


@loop_over(
    spoilt=[
        {"mean": np.array([0.0, np.nan])},
        {"covariance": np.array([[1.0, 0], [0, np.inf]])},
        {"mean": np.zeros(3)},
        {"mean": np.zeros((2, 1))},
        {"mean": np.zeros(2, complex)},
        {"mean": [0.0, 0.0]},
        {"covariance": np.zeros((2, 3))},
        {"covariance": np.full((2, 2), 1e250)},
    ]
)
@loop_over(place=[0, 1])
def test_gaussians_that_are_none_are_refused(spoilt, place):
    right = metrics.Gaussian(np.zeros(2), np.eye(2))
    pair = [right, right]
    pair[place] = right._replace(**spoilt)
    with pytest.raises(MiniganError, match="second" if place else "first"):
        metrics.frechet_distance_of_gaussians(*pair)


def test_labels_and_digits_that_are_no_classes_are_refused():
    with pytest.raises(DataError, match="expected labels from 0 to 2, got -1 to 2"):
        metrics.softmax_crossentropy(X, np.array([-1, 2] + [0] * 7))
    with pytest.raises(DataError, match="expected digits from 0 to 9, got 3 to 10"):
        metrics.stacked_classes(np.array([[3, 4, 10]]))
    with pytest.raises(ShapeError, match="expected a label for each image, got 3 for 4"):
        CLASSIFIER.accuracy(IMAGES, np.arange(3))
