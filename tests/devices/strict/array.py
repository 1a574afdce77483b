"""The array: its values cannot be read by accident."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

__all__ = ["DeviceArray", "DeviceRead", "lowered", "no_reads", "raised", "reads", "to_device", "uploads"]


class DeviceRead(AssertionError):
    """The device was read where that is forbidden."""


#: How often the device was read, and written from the host; what a region that forbids reads is called.
reads = SimpleNamespace(count=0, forbidden=None)
uploads = SimpleNamespace(count=0)


@contextmanager
def no_reads(region: str | None) -> Iterator[None]:
    """A block in which nothing may be read, called so in the error; with None, everything."""
    before, reads.forbidden = reads.forbidden, region
    try:
        yield
    finally:
        reads.forbidden = before


def note_read(how: str) -> None:
    """Count a read; raise where it is forbidden."""
    reads.count += 1
    if reads.forbidden is not None:
        raise DeviceRead(f"{how} reads the device in {reads.forbidden}")


def lowered(value: Any, what: str) -> Any:
    """The values of device arrays, also in lists and tuples; arrays of the host are refused, numbers pass."""
    if isinstance(value, DeviceArray):
        return value._values
    if isinstance(value, np.ndarray):
        raise TypeError(f"{what}: unsupported type {type(value)}: an array of the host among arrays of the device")
    if isinstance(value, list | tuple):
        return type(value)(lowered(item, what) for item in value)
    return value


def raised(value: Any) -> Any:
    """What NumPy gave, on the device: numbers too, which are arrays without axes there."""
    if isinstance(value, np.ndarray | np.generic):
        return DeviceArray(np.asarray(value))
    if isinstance(value, list | tuple):
        return type(value)(map(raised, value))
    return value


def to_device(values: Any, dtype: Any = None) -> "DeviceArray":
    """A copy of an array of the host, or of numbers."""
    uploads.count += 1
    return DeviceArray(np.array(values, dtype))


def method(name: str) -> Callable[..., Any]:
    """A method that gives another device array."""

    def call(self: "DeviceArray", *args: Any, **kwargs: Any) -> Any:
        args, kwargs = lowered(args, name), {key: lowered(value, name) for key, value in kwargs.items()}
        return raised(getattr(self._values, name)(*args, **kwargs))

    return call


def reading(name: str, take: Callable[..., Any]) -> Callable[..., Any]:
    """A method that gives values to the host."""

    def call(self: "DeviceArray", *args: Any) -> Any:
        note_read(name)
        return take(self._values, *args)

    return call


class Memory:
    """The address of an array, as ``cupy.ndarray.data``."""

    def __init__(self, address: int) -> None:
        self.ptr = address


class DeviceArray(NDArrayOperatorsMixin):
    """As much of ``cupy.ndarray`` as minigan uses. Operators go by way of `__array_ufunc__`."""

    __slots__ = ("_values",)
    __hash__ = None

    def __init__(self, values: np.ndarray) -> None:
        self._values = values

    # What may be known without a look at the values

    shape = property(lambda self: self._values.shape)
    dtype = property(lambda self: self._values.dtype)
    ndim = property(lambda self: self._values.ndim)
    size = property(lambda self: self._values.size)
    nbytes = property(lambda self: self._values.nbytes)
    itemsize = property(lambda self: self._values.itemsize)
    strides = property(lambda self: self._values.strides)
    flags = property(lambda self: self._values.flags)
    data = property(lambda self: Memory(self._values.ctypes.data))
    T = property(lambda self: DeviceArray(self._values.T))
    real = property(lambda self: DeviceArray(self._values.real))
    imag = property(lambda self: DeviceArray(self._values.imag))

    def __len__(self) -> int:
        return len(self._values)

    # What gives another array

    # (and see METHODS below)

    def __copy__(self) -> "DeviceArray":
        return self.copy()

    def __deepcopy__(self, memo: Any) -> "DeviceArray":
        return self.copy()

    def __iter__(self) -> Iterator["DeviceArray"]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> "DeviceArray":
        return DeviceArray(self._values[self._index(key, "a[mask]")])

    def __setitem__(self, key: Any, value: Any) -> None:
        what = "a[mask] = array" if getattr(value, "ndim", 0) else None
        self._values[self._index(key, what)] = lowered(value, "a[...] = value")

    def _index(self, key: Any, with_mask: str | None) -> Any:
        """The index for NumPy. A mask has as many results as it has ones: to know how many is a read."""
        for item in key if isinstance(key, tuple) else (key,):
            if isinstance(item, DeviceArray) and item.dtype == bool and with_mask:
                note_read(with_mask)
        key = lowered(key, "index")
        key = key if isinstance(key, tuple) else (key,)
        # With an ellipsis the result for an entry is an array of no axes, a view of this one.
        return key if any(item is Ellipsis for item in key) else (*key, Ellipsis)

    # What gives values to the host

    get = reading("get()", lambda values: values.copy())
    item = reading("item()", lambda values, *args: values.item(*args))
    tolist = reading("tolist()", lambda values: values.tolist())
    tobytes = reading("tobytes()", lambda values: values.tobytes())
    __bool__ = reading("bool()", bool)
    __int__ = reading("int()", int)
    __float__ = reading("float()", float)
    __complex__ = reading("complex()", complex)
    __repr__ = reading("repr()", repr)
    __str__ = reading("str()", str)

    def __format__(self, spec: str) -> str:
        note_read("format()")
        return format(self._values.item(), spec) if spec else str(self._values)

    # NumPy's functions

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise TypeError("implicit conversion of an array of the device to one of NumPy: use .get()")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        """A ufunc of NumPy, where CuPy has it, on device arrays and numbers alone."""
        from tests.devices.strict.module import UFUNCS

        if method != "__call__" or ufunc.__name__ not in UFUNCS.split() or kwargs.keys() - {"dtype", "casting"}:
            return NotImplemented
        name = ufunc.__name__
        if any(isinstance(item, list | tuple) for item in inputs):
            raise TypeError(f"{name}: unsupported type list")
        given = lowered(inputs, name)
        if out is None:
            return raised(ufunc(*given, **kwargs))
        (place,) = out
        if not isinstance(place, DeviceArray):
            raise TypeError(f"{name}: unsupported type of out: {type(place)}")
        ufunc(*given, out=(place._values,), **kwargs)
        return place

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        """A function of NumPy, where the module has one of that name."""
        from tests.devices.strict.module import FUNCTIONS

        return FUNCTIONS[func.__name__](*args, **kwargs) if func.__name__ in FUNCTIONS else NotImplemented


METHODS = """
    all any argmax argmin argsort astype clip conj copy cumsum dot fill flatten max mean min prod ravel repeat
    reshape round sort squeeze std sum swapaxes take transpose var view
"""
for _name in METHODS.split():
    setattr(DeviceArray, _name, method(_name))
