"""Numbers of any kind as an array of NumPy."""

from typing import Any

import numpy as np

from minigan.backend import asnumpy

__all__ = ["as_floats"]


def as_floats(value: Any) -> np.ndarray:
    """A number, nested lists or an array of any backend, as float64 of NumPy.

    Raises
    ------
    TypeError, ValueError
        If it is none of these.
    """
    on_device = hasattr(value, "get") and hasattr(value, "dtype")
    return np.asarray(asnumpy(value) if on_device else value, dtype=np.float64)
