"""The recycling pool: memory comes back when its last view is gone, up to a limit, at any moment, in any thread."""

import concurrent.futures
import gc
import subprocess
import sys
import threading

import numpy as np
import pytest

from minigan.kernels.cpu.parallel import memory_pool

MEGABYTE = 1 << 20

#: How many bytes a block of a megabyte's array takes.
BLOCK = MEGABYTE


@pytest.fixture(autouse=True)
def _an_empty_pool():
    gc.collect()
    memory_pool.clear()
    yield
    gc.collect()
    memory_pool.clear()


def megabyte() -> np.ndarray:
    return memory_pool.empty((MEGABYTE,), np.uint8)


def address(array: np.ndarray) -> int:
    return array.ctypes.data


# Arrays


@pytest.mark.parametrize("shape", [(), (0,), (3,), (100, 100, 100), (0, 1000, 1000), (1 << 16,), ((1 << 16) + 1,)])
@pytest.mark.parametrize("dtype", [np.float32, "f8", np.bool_, np.uint8, np.complex128])
def test_an_array_is_like_any_other(shape: tuple[int, ...], dtype: object):
    array = memory_pool.empty(shape, dtype)
    assert type(array) is np.ndarray
    assert array.shape == shape
    assert array.dtype == np.dtype(dtype)
    assert array.flags.c_contiguous
    assert array.flags.writeable
    zeros = memory_pool.zeros(shape, dtype)
    assert zeros.shape == shape
    assert not zeros.any()


def test_recycled_memory_is_zero_where_zeros_are_asked_for():
    array = megabyte()
    array.fill(7)
    del array
    assert not memory_pool.zeros((MEGABYTE,), np.uint8).any()


def test_large_arrays_begin_with_a_cache_line():
    arrays = [memory_pool.empty((size,), np.uint8) for size in range(memory_pool.SMALLEST, memory_pool.SMALLEST + 20)]
    assert {address(array) % memory_pool.ALIGNMENT for array in arrays} == {0}
    assert address(memory_pool.aligned(5)) % memory_pool.ALIGNMENT == 0


# Recycling


def test_a_freed_array_s_memory_is_handed_out_again():
    array = megabyte()
    was = address(array)
    del array
    assert memory_pool.held() == BLOCK
    again = memory_pool.empty((MEGABYTE // 8, 2), np.float32)
    assert address(again) == was
    assert memory_pool.held() == 0


def test_nearly_equal_sizes_share():
    array = memory_pool.empty((MEGABYTE,), np.uint8)
    was = address(array)
    del array
    assert address(memory_pool.empty((MEGABYTE - memory_pool.STEP + 1,), np.uint8)) == was


def test_living_arrays_do_not_share_memory():
    arrays = [megabyte() for _ in range(5)]
    for i, array in enumerate(arrays):
        array.fill(i)
    assert [int(array[0]) for array in arrays] == [int(array[-1]) for array in arrays] == list(range(5))


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::2],
        lambda a: a.reshape(16, -1).T,
        lambda a: a.view(np.float32),
        lambda a: a[5:].reshape(1, -1)[0, 3:7],
        lambda a: memoryview(a),
        lambda a: np.frombuffer(a, np.uint8)[10:],
        lambda a: np.broadcast_to(a, (2, len(a))),
        lambda a: iter(a),
        lambda a: np.lib.stride_tricks.sliding_window_view(a, 5),
    ],
)
def test_a_view_keeps_the_memory(view):
    array = megabyte()
    array.fill(3)
    part = view(array)
    del array
    gc.collect()
    assert memory_pool.held() == 0
    megabyte().fill(9)
    assert (np.asarray(part if not hasattr(part, "__next__") else next(part)).view(np.uint8) == 3).all()
    memory_pool.clear()
    del part
    gc.collect()
    assert memory_pool.held() == BLOCK


def test_small_arrays_are_left_to_numpy():
    array = memory_pool.empty((memory_pool.SMALLEST - 1,), np.uint8)
    assert array.base is None
    del array
    assert memory_pool.held() == 0


def test_clear_gives_all_idle_memory_back():
    arrays = [megabyte() for _ in range(3)]
    del arrays[:2]
    assert memory_pool.held() == 2 * BLOCK
    memory_pool.clear()
    assert memory_pool.held() == 0
    arrays.clear()
    assert memory_pool.held() == BLOCK


# The limit


def test_idle_memory_stays_below_the_limit_and_the_oldest_is_freed_first(monkeypatch):
    monkeypatch.setattr(memory_pool, "LIMIT", 3 * BLOCK)
    arrays = [megabyte() for _ in range(5)]
    addresses = [address(array) for array in arrays]
    for i in (2, 0, 4, 1, 3):  # the order in which they are freed
        arrays[i] = None
    assert memory_pool.held() == 3 * BLOCK
    again = [megabyte() for _ in range(3)]
    assert [address(array) for array in again] == [addresses[3], addresses[1], addresses[4]]


def test_a_small_block_is_freed_in_its_turn(monkeypatch):
    monkeypatch.setattr(memory_pool, "LIMIT", 2 * BLOCK)
    small, large = memory_pool.empty((memory_pool.SMALLEST,), np.uint8), [megabyte(), megabyte()]
    del small, large
    assert memory_pool.held() == 2 * BLOCK
    assert not memory_pool._idle.get(memory_pool.SMALLEST)


def test_a_block_above_the_limit_is_not_kept_and_frees_no_other(monkeypatch):
    monkeypatch.setattr(memory_pool, "LIMIT", 3 * BLOCK)
    small, large = megabyte(), memory_pool.empty((4, MEGABYTE), np.uint8)
    del small
    del large
    assert memory_pool.held() == BLOCK


def test_no_limit_of_zero_bytes_breaks_it(monkeypatch):
    monkeypatch.setattr(memory_pool, "LIMIT", 0)
    for _ in range(3):
        megabyte()
    assert memory_pool.held() == 0


# At any moment, in any thread


def test_the_garbage_collector_may_bring_memory_back_in_the_middle_of_anything():
    rng, thresholds = np.random.default_rng(0), gc.get_threshold()
    gc.set_threshold(1)
    try:
        for i in range(3000):
            ring: list[object] = [memory_pool.empty((int(rng.integers(16, 64)) * 4096,), np.uint8)]
            ring.append(ring)  # only the collector ends this
            memory_pool.empty((int(rng.integers(16, 64)) * 4096,), np.uint8)
            if not i % 500:
                memory_pool.clear()
    finally:
        gc.set_threshold(*thresholds)
    del ring
    gc.collect()
    assert not memory_pool._owners
    assert memory_pool.held() <= memory_pool.LIMIT


def test_a_finalizer_may_ask_for_memory_while_the_pool_is_at_work(monkeypatch):
    """As when the collector runs somebody's ``__del__`` between two lines of the pool's own."""
    inner = []
    count = memory_pool._count

    def interrupted() -> int:
        monkeypatch.undo()
        inner.append(megabyte())
        memory_pool.held()
        memory_pool.clear()
        return count()

    array = megabyte()
    monkeypatch.setattr(memory_pool, "_count", interrupted)
    memory_pool.held()
    assert len(inner) == 1
    del array
    assert memory_pool.held() == BLOCK


def test_memory_that_comes_back_while_the_pool_is_counted_is_bounded_at_once(monkeypatch):
    count, arrays = memory_pool._count, [megabyte() for _ in range(5)]

    def interrupted() -> int:
        number = count()
        arrays.clear()
        return number

    monkeypatch.setattr(memory_pool, "LIMIT", 3 * BLOCK)
    monkeypatch.setattr(memory_pool, "_count", interrupted)
    memory_pool.held()
    assert count() == 3 * BLOCK


def test_many_threads_never_get_the_same_memory():
    def work(number: int) -> None:
        rng = np.random.default_rng(number)
        mine = []
        for i in range(300):
            array = memory_pool.empty((int(rng.integers(16, 20)) * 4096,), np.uint8)
            array.fill(number)
            mine.append(array)
            if len(mine) > 4:
                assert (mine.pop(int(rng.integers(len(mine)))) == number).all()
            if not i % 100:
                memory_pool.clear()
        assert all((array == number).all() for array in mine)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(work, number) for number in range(16)]:
            future.result(60)
    gc.collect()
    assert not memory_pool._owners
    blocks = [block for blocks in memory_pool._idle.values() for block in blocks]
    assert len(set(blocks)) == len(blocks)
    assert memory_pool.held() == sum(block.size for block in blocks)


def test_an_array_may_be_freed_in_another_thread():
    arrays = [megabyte() for _ in range(3)]
    thread = threading.Thread(target=arrays.clear)
    thread.start()
    thread.join(30)
    assert memory_pool.held() == 3 * BLOCK


def test_array_freed_during_pool_access_does_not_deadlock():
    array, thread = megabyte(), None
    memory_pool._room = 0
    with memory_pool._lock:
        arrays = [array]
        del array
        thread = threading.Thread(target=arrays.clear, daemon=True)
        thread.start()
        thread.join(30)
        assert not thread.is_alive()
    assert memory_pool.held() == BLOCK


AT_EXIT = """
import builtins, sys, threading
import numpy as np
from minigan.kernels.cpu.parallel import memory_pool

class Cycle:
    pass

def arrays():
    return [memory_pool.empty((1 << 20,), np.uint8) for _ in range(3)]

kept = arrays()                     # by this module,
builtins.kept = arrays()            # by one that goes later,
sys.kept = arrays()
threading.kept = arrays()
np.kept = arrays()
memory_pool.kept = arrays()              # by the pool's own,
ring = Cycle()                      # and by a ring of references
ring.ring, ring.kept = ring, arrays()
del ring
arrays()
"""


def test_the_end_of_the_process_is_silent():
    done = subprocess.run([sys.executable, "-W", "error", "-c", AT_EXIT], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
