"""The module: functions of CuPy by their names, on strict arrays."""

from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from tests.devices.strict.array import DeviceArray, lowered, note_read, raised, to_device

__all__ = ["CREATORS", "FUNCTIONS", "UFUNCS", "make"]

#: Ufuncs that CuPy has under NumPy's names: also what operators are made of.
UFUNCS = """
    absolute add arctan bitwise_and bitwise_or bitwise_xor conjugate cos divide equal exp expm1 floor floor_divide
    greater greater_equal invert isfinite isinf isnan left_shift less less_equal log log1p log2 logaddexp logical_and
    logical_not logical_or logical_xor matmul maximum minimum multiply negative not_equal positive power reciprocal
    remainder right_shift rint sign signbit sin sqrt square subtract tan tanh true_divide
"""

#: Functions of arrays.
OTHERS = """
    all any argmax argmin argsort array_equal ascontiguousarray broadcast_to clip concatenate copy count_nonzero cumsum
    dot einsum expand_dims flip full_like isclose max may_share_memory mean min moveaxis nan_to_num ones_like outer
    packbits pad prod ravel repeat reshape result_type roll shape sort split squeeze stack std sum take take_along_axis
    tensordot tile trace transpose unpackbits var where zeros_like empty_like
"""

#: Functions that make arrays of numbers.
CREATORS = "arange empty eye full identity linspace ones zeros"

#: Functions whose result is as long as the values say: the host has to wait for them.
WAITING = "argwhere flatnonzero nonzero unique"

#: Dtypes and numbers.
DTYPES = "bool_ float32 float64 complex64 complex128 int32 int64 uint8 uint32 uint64 intp inf nan pi"

#: What NumPy calls otherwise.
ALIASES = {"abs": "absolute"}


def function(name: str, reads: bool = False) -> Callable[..., Any]:
    """NumPy's function of that name, for arrays of the device."""
    numpys = getattr(np, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        if reads:
            note_read(f"{name}()")
        out = kwargs.get("out")
        args, kwargs = lowered(args, name), {key: lowered(value, name) for key, value in kwargs.items()}
        result = numpys(*args, **kwargs)
        return out if out is not None else raised(result)

    call.__name__ = name
    return call


def asarray(values: Any, dtype: Any = None, order: Any = None, **kwargs: Any) -> DeviceArray:
    """From the host, asked for by name; what is on the device already stays as it is."""
    if isinstance(values, DeviceArray):
        return values if dtype in (None, values.dtype) else values.astype(dtype)
    if isinstance(values, list | tuple) and any(isinstance(item, DeviceArray) for item in values):
        return FUNCTIONS["stack"](values).astype(dtype or values[0].dtype)
    return to_device(values, dtype)


def array(values: Any, dtype: Any = None, copy: bool = True, **kwargs: Any) -> DeviceArray:
    """As `asarray`, and always new."""
    made = asarray(values, dtype)
    return made.copy() if made is values and copy else made


def asnumpy(values: Any) -> np.ndarray:
    """To the host, asked for by name."""
    return values.get() if isinstance(values, DeviceArray) else np.asarray(values)


FUNCTIONS: dict[str, Callable[..., Any]] = {name: function(name) for name in f"{UFUNCS} {OTHERS} {CREATORS}".split()}
FUNCTIONS |= {name: function(name, reads=True) for name in WAITING.split()}
FUNCTIONS |= {name: FUNCTIONS[other] for name, other in ALIASES.items()}
FUNCTIONS |= {"array": array, "asarray": asarray, "asnumpy": asnumpy}


def sliding_window_view(x: DeviceArray, window_shape: Any, axis: Any = None) -> DeviceArray:
    return raised(np.lib.stride_tricks.sliding_window_view(lowered(x, "sliding_window_view"), window_shape, axis))


class CUDARuntimeError(RuntimeError):
    """What CUDA's own functions raise."""


def runtime(**changed: Any) -> SimpleNamespace:
    """A driver and a card; single functions may be others."""
    functions = {
        "driverGetVersion": lambda: 12090,
        "runtimeGetVersion": lambda: 12090,
        "getDeviceCount": lambda: 1,
        "getDevice": lambda: 0,
        "getDeviceProperties": lambda number: {"name": b"strict device", "major": 9, "minor": 0},
        "memGetInfo": lambda: (3 << 30, 4 << 30),
    }
    return SimpleNamespace(CUDARuntimeError=CUDARuntimeError, **{**functions, **changed})


def make(version: str = "14.0.0", **functions: Any) -> ModuleType:
    """A module ``cupy``; `functions` stand in the places of the runtime's."""
    module = ModuleType("cupy")
    module.__version__ = version
    module.ndarray = DeviceArray
    module.lib = SimpleNamespace(stride_tricks=SimpleNamespace(sliding_window_view=sliding_window_view))
    module.cuda = SimpleNamespace(
        runtime=runtime(**functions), Device=lambda: SimpleNamespace(id=0, synchronize=lambda: None)
    )
    for name in DTYPES.split():
        setattr(module, name, getattr(np, name))
    module.newaxis = None
    for name, call in FUNCTIONS.items():
        setattr(module, name, call)
    return module
