"""What is no array, or one of another dtype, is refused by every pass of every layer, in words that say what to do."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from minigan.errors import ConfigError, DtypeError, MiniganError, ShapeError
from minigan.fusion import Step
from minigan.layers import Context, Layer
from tests.fusion.pairs import CASES as FUSED
from tests.layers.cases import CASES, built, inference, training
from tests.loops import loop_over


class Tensor:
    """Like an array of another library: it has a shape and a dtype, and more, but is not NumPy's."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.shape, self.ndim, self.size = values.shape, values.ndim, values.size
        self.dtype = values.dtype

    def __len__(self) -> int:
        return len(self.values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.values, dtype)


class Frame:
    """Like a table of data: its shape is there, its dtypes are the columns'."""

    def __init__(self, values: np.ndarray) -> None:
        self.values, self.shape = values, values.shape
        self.dtypes = [values.dtype]


class Foreign(NamedTuple):
    """A way to pass numbers, and what the refusal has to say."""

    name: str
    make: Callable[[np.ndarray], Any]
    says: str


ASARRAY = r"to be an array of NumPy or CuPy, got .*: use np\.asarray\({}, np\.float32\)$"

NO_ARRAYS = [
    Foreign("list", lambda x: x.tolist(), ASARRAY),
    Foreign("tuple", lambda x: tuple(x.tolist()), ASARRAY),
    Foreign("list of arrays", list, ASARRAY),
    Foreign("tensor", Tensor, ASARRAY),
    Foreign("frame", Frame, ASARRAY),
    Foreign("None", lambda x: None, ASARRAY),
    Foreign("number", lambda x: 1.0, ASARRAY),
    Foreign("text", lambda x: "x.npy", ASARRAY),
    Foreign("generator", lambda x: (row for row in x), ASARRAY),
    Foreign("bytes", lambda x: x.tobytes(), ASARRAY),
    Foreign("masked", np.ma.masked_array, r"without a mask, got a masked array: use {}\.filled\(0\)$"),
]

#: Of the right shape.
OTHER_DTYPES = [np.int64, np.uint8, bool, object, "S3", "U3", "datetime64[s]"]


class Subject(NamedTuple):
    """A layer or a fused step, in float32, and the shape of a batch."""

    name: str
    make: Callable[[], Layer]
    shape: tuple[int, ...]


SUBJECTS = [
    *(Subject(case.name, lambda case=case: built(case, np.float32), case.shape) for case in CASES),
    *(Subject(f"{case.name} fused", lambda case=case: case.step(np.float32), (3, *case.shape)) for case in FUSED),
]
every_subject = loop_over(subject=SUBJECTS)
every_foreign = loop_over(foreign=NO_ARRAYS)


class Passes(NamedTuple):
    """The arrays of all passes, and each pass as a function of one of them."""

    arrays: dict[str, np.ndarray]
    run: dict[str, Callable[[Any], Any]]


def passes(subject: Subject) -> Passes:
    layer = subject.make()
    x = np.random.default_rng(0).standard_normal(subject.shape).astype(np.float32)
    ctx = training(x)
    y, cache = layer.forward(x, ctx)
    _, tangent_cache = layer.tangent(x, cache)
    return Passes(
        {"x": x, "dy": y, "x_dot": x, "dy_dot": y},
        {
            "x": lambda x: layer.forward(x, ctx),
            "dy": lambda dy: layer.backward(dy, cache),
            "x_dot": lambda x_dot: layer.tangent(x_dot, cache),
            "dy_dot": lambda dy_dot: layer.tangent_backward(y, dy_dot, cache, tangent_cache),
        },
    )


@every_foreign
@every_subject
def test_what_is_no_array_is_refused_with_what_to_do(subject: Subject, foreign: Foreign):
    arrays, run = passes(subject)
    for name, array in arrays.items():
        with pytest.raises(DtypeError, match=f"expected {name} " + foreign.says.format(name)):
            run[name](foreign.make(array))


@loop_over(dtype=OTHER_DTYPES)
@every_subject
def test_arrays_of_what_is_no_fraction_are_refused_with_what_to_do(subject: Subject, dtype: Any):
    arrays, run = passes(subject)
    for name, array in arrays.items():
        other = np.zeros(array.shape, dtype)
        with pytest.raises(DtypeError, match=rf"expected {name} .*got .*: use np\.asarray\({name}, np\.float32\)$"):
            run[name](other)


@loop_over(dtype=[np.float64, np.float16, ">f4"])
@every_subject
def test_other_precisions_are_refused_with_what_to_do(subject: Subject, dtype: Any):
    arrays, run = passes(subject)
    for name, array in arrays.items():
        if name != "x" or subject.make().parameters:
            with pytest.raises(DtypeError, match=rf"expected {name} float32.*use np\.asarray\({name}, np\.float32\)$"):
                run[name](array.astype(dtype))


@every_subject
def test_single_numbers_are_arrays_of_the_wrong_shape(subject: Subject):
    arrays, run = passes(subject)
    for name in arrays:
        for number in (np.float32(1), np.array(1, np.float32)):
            with pytest.raises(ShapeError, match=rf"expected {name} \(.*got \(\)"):
                run[name](number)


@every_subject
def test_matrices_are_refused_for_their_product(subject: Subject):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        matrix = np.matrix(np.zeros((3, 4)), np.float32)
    layer = subject.make()
    with pytest.raises(DtypeError, match=r"got matrix: use np\.asarray\(x, np\.float32\)"):
        layer.forward(matrix)


@every_subject
def test_mapped_files_are_arrays(subject: Subject, tmp_path_factory: pytest.TempPathFactory):
    layer = subject.make()
    x = np.random.default_rng(0).standard_normal(subject.shape).astype(np.float32)
    path = tmp_path_factory.mktemp("mapped") / "x.npy"
    np.save(path, x)
    # Twins take only plain arrays, so a definition may run here.
    got, expected = (layer.forward(array, inference(x))[0] for array in (np.load(path, mmap_mode="r"), x))
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


@every_subject
@loop_over(other=[None, (), {}, "cache", 3])
def test_what_is_no_cache_is_refused(subject: Subject, other: Any):
    layer = subject.make()
    x = np.ones(subject.shape, np.float32)
    y, cache = layer.forward(x, inference(x))
    for run in (
        lambda: layer.backward(y, other),
        lambda: layer.tangent(x, other),
        lambda: layer.tangent_backward(y, y, other, other),
        lambda: layer.tangent_backward(y, y, cache, other),
    ):
        with pytest.raises(ConfigError, match="expected the cache that its forward returned, got"):
            run()


@loop_over(labels=[[0, 1, 2], (0, 1, 2), Tensor(np.arange(3)), "012", np.ma.masked_array([0, 1, 2])])
@loop_over(case=[case for case in CASES if "label" in case.name or "projection" in case.name])
def test_labels_that_are_no_array_are_refused(case: Any, labels: Any):
    layer = built(case, np.float32)
    with pytest.raises(MiniganError, match=r"labels .*(use np\.asarray\(labels, np\.int64\)|labels\.filled\(0\))$"):
        layer.forward(np.zeros((3, *case.shape[1:]), np.float32), Context(labels=labels))


def test_the_subjects_have_steps():
    assert sum(isinstance(subject.make(), Step) for subject in SUBJECTS) == len(FUSED)
