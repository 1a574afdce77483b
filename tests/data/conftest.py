"""What the tests of data sets share: idx files made by hand, and the shape of every refusal."""

import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import numpy as np
import pytest

from minigan.errors import DataError


@pytest.fixture
def refuses() -> Callable[..., AbstractContextManager[None]]:
    """A block that must raise a DataError of one line, with all the given parts in it."""

    @contextmanager
    def block(*parts: object) -> Iterator[None]:
        with pytest.raises(DataError) as caught:
            yield
        message = str(caught.value)
        assert "\n" not in message
        for part in parts:
            assert str(part) in message

    return block


@pytest.fixture
def as_idx() -> Callable[[np.ndarray], bytes]:
    """The idx file of an array of bytes, written as the format's page says, not as our reader does."""

    def encode(array: np.ndarray) -> bytes:
        header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
        return header + array.tobytes()

    return encode


@pytest.fixture
def images() -> np.ndarray:
    """Seven pictures of 5x4, all different."""
    return np.arange(7 * 5 * 4, dtype=np.uint8).reshape(7, 5, 4)


@pytest.fixture
def labels() -> np.ndarray:
    return np.array([3, 1, 4, 1, 5, 9, 2], np.uint8)
