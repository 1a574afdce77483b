"""Splitting batches into slabs."""

from hypothesis import given
from hypothesis import strategies as st

from minigan.kernels.cpu.parallel import slabs
from minigan.kernels.cpu.parallel.slabs import split, split_coarse


@given(st.integers(0, 3000), st.integers(0, 1 << 22), st.sampled_from([None, 1, 1000, 1 << 20]))
def test_slabs_cover_all_images_and_are_of_nearly_equal_sizes(count: int, bytes_each: int, budget: int | None):
    parts = split(count, bytes_each, budget)
    assert [i for part in parts for i in range(count)[part]] == list(range(count))
    sizes = [part.stop - part.start for part in parts]
    assert not count or 1 <= min(sizes) <= max(sizes) <= min(sizes) + 1


@given(st.integers(1, 3000), st.integers(1, 1 << 20))
def test_slabs_keep_to_the_budget_and_are_not_more_than_it_takes(count: int, bytes_each: int):
    parts = split(count, bytes_each)
    assert max(part.stop - part.start for part in parts) * bytes_each <= slabs.SLAB
    assert len(parts) == -(-count // (slabs.SLAB // bytes_each))


def test_the_number_of_threads_plays_no_part_in_cutting(threads: int):
    assert [list(split(n, 5000)) for n in (1, 300, 777)] == [[slice(0, 1)], *EXPECTED]
    assert len(split_coarse(777, 5000)) == 2
    assert len(split_coarse(200, 5000)) == 1


EXPECTED = [
    [slice(0, 150), slice(150, 300)],
    [slice(777 * i // 4, 777 * (i + 1) // 4) for i in range(4)],
]


def test_the_budget_is_read_when_slabs_are_cut(monkeypatch):
    monkeypatch.setattr(slabs, "SLAB", 10)
    assert len(split(100, 1)) == 10
    assert len(split_coarse(100, 1)) == 3
