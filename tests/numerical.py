"""How far arrays are apart. Derivatives are the business of `minigan.gradcheck`."""

import numpy as np


def relative_error(got: np.ndarray, expected: np.ndarray) -> float:
    """The distance in units of the expected array's length; plain distance where that is zero."""
    return float(np.linalg.norm(got - expected) / (np.linalg.norm(expected) or 1.0))
