"""The comparison of a twin with the definition of its kernel."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.kernels import Kernel

#: Error in units of the largest number, or of 1.
TOLERANCE = {np.dtype(np.float32): 1e-5, np.dtype(np.float64): 1e-12}


def arrays(result: Any) -> list[Any]:
    """A result as a list."""
    return list(result) if isinstance(result, tuple) else [result]


def copies(values: Any) -> list[Any]:
    """The same with arrays of their own."""
    return [value.copy() if isinstance(value, np.ndarray) else value for value in values]


def assert_close(got: Any, expected: Any) -> None:
    """Of one shape and dtype, and the same numbers within rounding."""
    if expected is None:
        assert got is None
        return
    assert type(got) is np.ndarray
    assert got.shape == np.shape(expected)
    assert got.dtype == expected.dtype
    if expected.dtype.kind in "iub":
        np.testing.assert_array_equal(got, expected)
        return
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(got[~finite], expected[~finite])
    if finite.any():
        scale = max(1, abs(expected[finite]).max())
        np.testing.assert_allclose(got[finite], expected[finite], rtol=0, atol=TOLERANCE[expected.dtype] * scale)


def assert_parity(kernel: Kernel, twin: Callable[..., Any], args: tuple) -> list[np.ndarray] | None:
    """The twin declines, or gives new arrays with the definition's values and leaves its arguments alone.

    Returns its arrays; None where it declined.
    """
    before = copies(args)
    result = twin(*args)
    if result is NotImplemented:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the definition's own, as for the mean of no images
        expected = arrays(kernel.definition(*args))
    results = arrays(result)
    assert len(results) == len(expected)
    for got, wanted in zip(results, expected):
        assert_close(got, wanted)
    inputs = [arg for arg in args if isinstance(arg, np.ndarray)]
    for arg, was in zip(args, before):
        if isinstance(arg, np.ndarray):
            np.testing.assert_array_equal(arg, was)
    outputs = [array for array in results if array is not None]
    for i, array in enumerate(outputs):
        assert not any(np.may_share_memory(array, other) for other in (*inputs, *outputs[:i]))
    return outputs
