"""The strict array refuses what CuPy's refuses, and knows when it is read."""

import copy
import operator

import numpy as np
import pytest

from tests.devices.strict import DeviceArray, DeviceRead, make, no_reads, reads, to_device
from tests.devices.strict.module import CREATORS, FUNCTIONS, OTHERS, UFUNCS, WAITING

HOST = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture
def device() -> DeviceArray:
    return to_device(HOST)


@pytest.mark.parametrize(
    "mix",
    [
        lambda device: device + HOST,
        lambda device: HOST + device,
        lambda device: operator.iadd(HOST.copy(), device),
        lambda device: operator.iadd(device, HOST),
        lambda device: device @ HOST.T,
        lambda device: device == HOST,
        lambda device: operator.add(device, [1, 2, 3]),
        lambda device: np.add(device, 1, out=HOST.copy()),
        lambda device: np.maximum(device, HOST),
        lambda device: np.concatenate([device, HOST]),
        lambda device: np.where(HOST > 2, device, 0),
        lambda device: device.clip(HOST, 9),
        lambda device: operator.setitem(device, ..., HOST),
        lambda device: device[np.array([0, 1])],
        lambda device: device[HOST > 2],
        lambda device: np.asarray(device),
        lambda device: np.array([device[0, 0], device[0, 1]]),
        lambda device: HOST.__setitem__(..., device),
        lambda device: np.cov(device),  # which CuPy has, and this module not: nothing of minigan's calls it
        lambda device: np.add.reduce(device),
        lambda device: hash(device),
        lambda device: [0, 1, 2][device[0, 0].astype(int)],
        lambda device: range(device[0, 0].astype(int)),
    ],
)
def test_host_and_device_do_not_mix_and_nothing_is_converted_unasked(device, mix):
    with pytest.raises(TypeError):
        mix(device)
    np.testing.assert_array_equal(device.get(), HOST)


@pytest.mark.parametrize(
    "read",
    [
        float,
        int,
        bool,
        complex,
        str,
        repr,
        "{:.3f}".format,
        lambda one: one.get(),
        lambda one: one.item(),
        lambda one: one.tolist(),
        lambda one: one.tobytes(),
        lambda one: one if one > 0 else -one,
        lambda one: one in [to_device(1.0)],
        lambda one: max(one, 0),
        lambda one: one.reshape(1)[one.reshape(1) > 0],
        lambda one: one.reshape(1).__setitem__(one.reshape(1) > 0, one.reshape(1)),
        lambda one: np.nonzero(one.reshape(1)),
        lambda one: np.unique(one),
    ],
)
def test_a_read_is_counted_and_refused_where_it_is_forbidden(read):
    one, before = to_device(np.float32(1)), reads.count
    read(one)
    assert reads.count > before
    with no_reads("a step"), pytest.raises(DeviceRead, match=r"^\S+( = array)? reads the device in a step$"):
        read(one)
    read(one)


def test_what_a_gpu_does_by_itself_is_no_read(device):
    with no_reads("a step"):
        shifted = (2 * device - np.float32(1)) ** 2 / 3
        shifted += device.sum(axis=0) @ device.T[:, :1]
        shifted[shifted > 3] = 0
        shifted[:, 1] = np.exp(device[:, 0])
        rows = shifted[to_device([1, 0])]
        for row in rows:
            row *= 2
        copy.deepcopy(np.stack([rows.mean(), rows[0, 0], np.max(rows)]))
        assert (len(device), device.shape, device.dtype) == (2, (2, 3), np.float32)


def test_results_are_arrays_of_the_device_with_numpy_s_values_and_dtypes(device):
    for function in (np.sum, np.argmax, np.mean, np.square, np.isfinite, lambda x: x[1, 2], lambda x: x[:, ::2].T):
        result, expected = function(device), function(HOST)
        assert type(result) is DeviceArray
        assert (result.shape, result.dtype) == (np.shape(expected), expected.dtype)
        np.testing.assert_array_equal(result.get(), expected)


def test_a_part_lies_in_the_memory_of_the_whole_and_a_copy_does_not(device):
    device[0, 0] = 5
    device[1][...] = 7
    entry = device[0, 1]
    entry += 30
    assert device.tolist() == [[5, 31, 2], [7, 7, 7]]
    assert device.reshape(6)[1:3].data.ptr == device.data.ptr + 4
    assert to_device(HOST).data.ptr != HOST.ctypes.data
    given = device.get()
    given[...] = 0
    assert device[0, 0].item() == 5


def test_whatever_is_in_the_module_is_in_cupy():
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed")
    for name in [*UFUNCS.split(), *OTHERS.split(), *CREATORS.split(), *WAITING.split(), *FUNCTIONS]:
        assert callable(getattr(cupy, name)), name
    for name in vars(make()):
        assert name == "abs" or hasattr(cupy, name), name
    methods = {name for name in vars(DeviceArray) if name != "_values" and not name.startswith("__array")}
    for name in methods - {"_index", "__module__", "__slots__", "__weakref__", "__dict__"}:
        assert hasattr(cupy.ndarray, name), name
    assert callable(cupy.lib.stride_tricks.sliding_window_view)
    for name in ("driverGetVersion", "runtimeGetVersion", "getDeviceCount", "getDevice", "memGetInfo"):
        assert callable(getattr(cupy.cuda.runtime, name))
