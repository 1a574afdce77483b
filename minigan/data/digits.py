"""The embedded digits: 5,000 images of MNIST, 500 of each digit, that need no network.

`files/ATTRIBUTION.md` in the same folder names the authors and the licence.
"""

import hashlib
import io

import numpy as np

from minigan.data.dataset import Dataset
from minigan.errors import DataError
from minigan.io.messages import one_line

__all__ = ["load"]

FILE = "files/digits5k.npz"
SHA256 = "4c891e990bbfcde8e3a8f20e06498722f4a881f98935511b9f65b8e1be157a12"


def load(*, value_range: tuple[float, float] | None = None) -> Dataset:
    """The digits: 5,000 images of 28x28x1 uint8, and their labels.

    Raises
    ------
    DataError
        The file is missing from the installed package, or damaged.
    """
    from importlib import resources

    try:
        content = resources.files("minigan.data").joinpath(FILE).read_bytes()
    except OSError as error:
        raise DataError(f"digits: cannot read {FILE} ({one_line(error)}): reinstall minigan") from None
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise DataError(f"digits: {FILE} is damaged (expected sha256 {SHA256}, got {found}): reinstall minigan")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return Dataset(arrays["images"], arrays["labels"], name="digits", value_range=value_range)
