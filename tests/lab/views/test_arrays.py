"""Slices of arrays of any shape."""

import numpy as np
import pytest

from minigan.errors import ConfigError
from minigan.lab.views.arrays import Shown, cut, index_of

SHAPES = [(), (5,), (3, 4), (3, 4, 2), (2, 3, 4, 5), (300, 2), (2, 400)]


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_each_number_of_a_slice_is_at_the_index_that_the_slice_names(shape, batch: bool):
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    batch = batch and bool(shape)
    shown = Shown("x", "", values, batch)
    slots = shown.description()["slots"]
    seen = set()
    for example in range(shape[0] if slots["example"] else 1):
        for channel in range(slots["channels"]):
            for input in range(slots["inputs"]):
                for corner in (0, 256):
                    seen |= numbers_of(cut(shown, example, channel, input, *corners(shown, corner)), values)
    assert len(seen) == values.size


def corners(shown: Shown, corner: int) -> tuple[int, int]:
    """The corner as row and column, where the slice is as large."""
    index = cut(shown)["index"]
    sizes = [0 if index[axis] is None else shown.values.shape[index[axis]] for axis in ("row_axis", "column_axis")]
    return tuple(corner if corner < size else 0 for size in sizes)


def numbers_of(found: dict, values: np.ndarray) -> set[float]:
    """The numbers of a slice, each compared with the array."""
    index = found["index"]
    assert found["shape"] == values.shape
    assert found["values"].dtype == np.float32
    for (row, column), value in np.ndenumerate(found["values"]):
        place = list(index["fixed"])
        for axis, offset in (index["row_axis"], row), (index["column_axis"], column):
            if axis is not None:
                place[axis] += offset
        assert values[tuple(place)] == value
    return set(found["values"].ravel().tolist())


def test_without_an_example_a_batch_of_vectors_is_shown_as_a_whole():
    shown = Shown("noise", "", np.arange(12.0).reshape(4, 3), batch=True)
    np.testing.assert_array_equal(cut(shown, example=None)["values"], shown.values)
    with pytest.raises(ConfigError, match="expected example to be a whole number from 0 to 1, got None"):
        cut(Shown("fake", "", np.zeros((2, 3, 3, 1)), batch=True), example=None)


def test_large_arrays_are_not_sent_as_a_whole():
    assert Shown("w", "", np.zeros((64, 64))).whole().shape == (64, 64)
    assert Shown("w", "", np.zeros((64, 65))).whole() is None
    assert cut(Shown("w", "", np.zeros((1000, 1000))), row=900)["values"].shape == (100, 256)


@pytest.mark.parametrize("wrong", [-1, 3, 1.5, "1", True, None, [0]])
def test_an_example_a_channel_or_an_index_that_does_not_exist_is_refused(wrong):
    shown = Shown("x", "", np.zeros((3, 3, 3, 3)), batch=True)
    for name in ("example", "channel", "row", "column"):
        with pytest.raises(ConfigError, match=f"expected {name} to be a whole number from 0 to 2, got"):
            cut(shown, **{name: wrong})
    with pytest.raises(ConfigError, match="expected index to be a whole number"):
        index_of([0, wrong], (3, 3))
    with pytest.raises(ConfigError, match="expected index to be 2 numbers"):
        index_of(wrong, (3, 3))
