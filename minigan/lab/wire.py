"""A message as bytes: its plain values as JSON, then its arrays as they lie in memory.

::

    bytes 0..3   n, the length of the JSON, little endian
    n bytes      the JSON; in the place of an array {"$array": i}; under "$arrays" a list of {dtype, shape, start}
    ...          spaces up to the next multiple of 8
    ...          the arrays, little endian, each at its start, counted from here, a multiple of 8
"""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["pack", "unpack"]

#: The dtypes of a message: those for which a page has an array, and the conversion of a number costs nothing.
DTYPES = ("bool", "uint8", "int32", "int64", "float32", "float64")


def pack(message: Mapping[str, Any]) -> bytes:
    """A message of plain values and arrays as bytes.

    A plain number that is not finite, which JSON does not have, becomes null; in an array it stays as it is. An array
    of another dtype gets the first of `DTYPES` that holds its values.

    Raises
    ------
    TypeError
        A value is neither plain nor an array of numbers.
    """
    arrays: list[np.ndarray] = []
    plain = replaced(message, arrays)
    parts, start, places = [], 0, []
    for array in arrays:
        places.append({"dtype": array.dtype.name, "shape": array.shape, "start": start})
        data = array.tobytes()
        parts.append(data + bytes(-len(data) % 8))
        start += len(parts[-1])
    text = json.dumps({**plain, "$arrays": places}, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + 4) % 8)
    return len(text).to_bytes(4, "little") + text + b"".join(parts)


def replaced(value: Any, arrays: list[np.ndarray]) -> Any:
    """The same with plain values only; the arrays are collected."""
    if isinstance(value, np.ndarray):
        arrays.append(as_sent(value))
        return {"$array": len(arrays) - 1}
    if isinstance(value, Mapping):
        return {str(name): replaced(item, arrays) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [replaced(item, arrays) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def as_sent(array: np.ndarray) -> np.ndarray:
    """The array in a dtype of `DTYPES`, little endian."""
    for name in (array.dtype.name, *DTYPES):
        if name in DTYPES and np.can_cast(array.dtype, name):
            return array.astype(np.dtype(name).newbyteorder("<"), copy=False)
    raise TypeError(f"expected an array of numbers, got {array.dtype}")


def unpack(data: bytes) -> dict[str, Any]:
    """The message of `pack`."""
    length = int.from_bytes(data[:4], "little")
    message = json.loads(data[4 : 4 + length])
    body = memoryview(data)[4 + length :]
    arrays = [array_at(body, **place) for place in message.pop("$arrays")]
    return restored(message, arrays)


def array_at(body: memoryview, dtype: str, shape: list[int], start: int) -> np.ndarray:
    """One array of the message."""
    return np.frombuffer(body, np.dtype(dtype).newbyteorder("<"), math.prod(shape), start).reshape(shape)


def restored(value: Any, arrays: list[np.ndarray]) -> Any:
    """The same with the arrays in their places."""
    if isinstance(value, dict):
        return arrays[value["$array"]] if "$array" in value else {n: restored(v, arrays) for n, v in value.items()}
    return [restored(item, arrays) for item in value] if isinstance(value, list) else value
