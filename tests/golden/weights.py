"""The numbers that make_golden.py and the tests agree on, so that they need not be stored. NumPy only.

All come from the raw words of NumPy's Philox, keyed by a name; NumPy promises never to change these (it does
not promise that of its normal numbers). All are multiples of 2**-19 below 2, so float32 holds them exactly: a
float32 and a float64 run start from the same numbers.
"""

import zlib

import numpy as np

#: How many entries of a large array its fingerprint holds.
ENTRIES = 64


def uniform(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """Multiples of 2**-15 in [-1, 1), float64."""
    words = np.random.Philox(key=zlib.crc32(key.encode())).random_raw(int(np.prod(shape)))
    return (((words >> np.uint64(48)).astype(np.float64) - 2.0**15) * 2.0**-15).reshape(shape)


def initial(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The value a weight starts from, by its dotted name, such as ``"generator.conv2d_1.kernel"``."""
    parameter = name.rpartition(".")[2]
    if parameter == "moving_mean":
        return np.zeros(shape)
    if parameter == "moving_variance":
        return np.ones(shape)
    return uniform(name, shape) * 2.0**-4 + (parameter == "gamma")


def fingerprint(name: str, array: np.ndarray) -> np.ndarray:
    """What is kept of a large array: its norm, its product with a random vector, and up to 64 of its entries.

    The product sees every entry: two arrays with one product and one norm, to ten digits, are the same.
    """
    flat = np.asarray(array, dtype=np.float64).ravel()
    places = np.arange(flat.size)
    if flat.size > ENTRIES:
        words = np.random.Philox(key=zlib.crc32(f"{name} entries".encode())).random_raw(ENTRIES)
        places = (words % np.uint64(flat.size)).astype(np.intp)
    projection = flat @ uniform(f"{name} projection", flat.shape)
    return np.concatenate([[np.linalg.norm(flat), projection], flat[places]])
