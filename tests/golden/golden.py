"""Reading the golden arrays, and the measure by which results are compared with them."""

from pathlib import Path

import numpy as np

from minigan import backend

__all__ = ["load", "relative_error"]

ARRAYS = Path(__file__).parent / "arrays"


def load(name: str) -> dict[str, np.ndarray]:
    """All arrays of ``arrays/<name>.npz``."""
    with np.load(ARRAYS / f"{name}.npz", allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def relative_error(got: backend.Array, expected: np.ndarray, scale: float | None = None) -> float:
    """``||got - expected|| / ||expected||``, or over `scale` where the expected norm means nothing.

    Computed in float64; arrays of different shapes are infinitely far apart, for subtraction would broadcast them.
    """
    got = backend.asnumpy(got)
    if got.shape != expected.shape:
        return np.inf
    difference = np.linalg.norm(np.subtract(got, expected, dtype=np.float64))
    size = np.linalg.norm(expected.astype(np.float64)) if scale is None else scale
    return float(difference / size) if difference else 0.0
