"""On a GPU: every CUDA twin against the definition of its kernel, by NVRTC's machine code.

``compute-sanitizer python -m pytest -m gpu tests/kernels/cuda/test_gpu_parity.py`` looks for wrong accesses meanwhile.
"""

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from minigan import backend, kernels
from minigan.errors import BackendError
from tests.kernels.cuda.test_parity import TWINS
from tests.kernels.kernel_cases import CASES, POINTWISE, Source, Usual
from tests.kernels.parity import arrays, assert_close

pytestmark = pytest.mark.gpu

each_twin = pytest.mark.parametrize("name", sorted(TWINS))
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])

SEEDS = range(20)


class Seeded(Source):
    """Random answers, the same for the same seed."""

    def __init__(self, dtype: Any, seed: int, specials: bool = False) -> None:
        self.first = seed
        super().__init__(dtype, specials)

    def seed(self) -> int:
        return self.first

    def whole(self, low: int, high: int, usual: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def one_of(self, options: Sequence[Any]) -> Any:
        return options[self.rng.integers(len(options))]


@pytest.fixture(autouse=True)
def _on_the_gpu() -> Iterator[None]:
    try:
        backend.use("cupy")
    except BackendError as error:
        pytest.skip(str(error))
    try:
        yield
    finally:
        backend.use("numpy")


def moved(args: tuple) -> tuple:
    return tuple(backend.asarray(arg) if isinstance(arg, np.ndarray) else arg for arg in args)


def assert_parity(name: str, args: tuple) -> bool:
    """Whether the twin answers, and then with the definition's values, the same bits at each call."""
    kernel, there = TWINS[name], moved(args)
    result = kernel.cuda(*there)
    if result is NotImplemented:
        return False
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected = arrays(kernel.definition(*args))
    got = [None if array is None else backend.asnumpy(array) for array in arrays(result)]
    assert len(got) == len(expected)
    for array, wanted in zip(got, expected):
        assert_close(array, wanted)
    again = [None if array is None else backend.asnumpy(array) for array in arrays(kernel.cuda(*there))]
    for array, same in zip(got, again):
        np.testing.assert_array_equal(array, same)
    for arg, was in zip(there, args):
        if isinstance(was, np.ndarray):
            np.testing.assert_array_equal(backend.asnumpy(arg), was)
    return True


@each_dtype
@each_twin
def test_a_cuda_twin_does_on_a_gpu_what_the_definition_says(name: str, dtype: Any):
    assert assert_parity(name, CASES[name](Usual(dtype)))
    for seed in SEEDS:
        assert_parity(name, CASES[name](Seeded(dtype, seed)))


@each_dtype
@pytest.mark.parametrize("name", sorted(set(TWINS) & set(POINTWISE)))
def test_what_is_not_finite_comes_out_where_it_does_by_the_definition(name: str, dtype: Any):
    for seed in SEEDS:
        assert_parity(name, CASES[name](Seeded(dtype, seed, specials=True)))


@each_twin
def test_a_kernel_called_with_arrays_of_the_gpu_takes_its_cuda_twin(name: str, monkeypatch: pytest.MonkeyPatch):
    args = moved(CASES[name](Usual(np.float32)))
    called = []
    monkeypatch.setattr(TWINS[name], "cuda", lambda *args: called.append(name))
    TWINS[name](*args)
    assert called == [name]


@pytest.mark.parametrize("name", sorted(set(kernels.TABLE) & set(CASES)))
def test_the_definition_runs_on_a_gpu_as_it_is(name: str):
    args = CASES[name](Usual(np.float32))
    for got, expected in zip(
        arrays(kernels.TABLE[name].definition(*moved(args))), arrays(kernels.TABLE[name].definition(*args))
    ):
        assert_close(None if got is None else backend.asnumpy(got), expected)
