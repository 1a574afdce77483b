"""A message as bytes: its plain values as JSON, then its arrays as they lie in memory.

::

    bytes 0..3   n, the length of the JSON, little endian
    n bytes      the JSON; in the place of an array {"$array": i}; under "$arrays" a list of {dtype, shape, start}
    ...          spaces up to the next multiple of 8
    ...          the arrays, little endian, each at its start, counted from here, a multiple of 8
"""

import json
from typing import Any

import numpy as np

__all__ = ["pack", "unpack"]


def pack(message: dict[str, Any]) -> bytes:
    """A message of plain values and arrays as bytes. Numbers that are not finite become null."""
    arrays: list[np.ndarray] = []
    plain = replaced(message, arrays)
    parts, start, places = [], 0, []
    for array in arrays:
        data = np.ascontiguousarray(array).tobytes()
        places.append({"dtype": array.dtype.name, "shape": array.shape, "start": start})
        parts.append(data + bytes(-len(data) % 8))
        start += len(parts[-1])
    text = json.dumps({**plain, "$arrays": places}, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + 4) % 8)
    return len(text).to_bytes(4, "little") + text + b"".join(parts)


def replaced(value: Any, arrays: list[np.ndarray]) -> Any:
    """The same with plain values only; the arrays are collected."""
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"$array": len(arrays) - 1}
    if isinstance(value, dict):
        return {str(name): replaced(item, arrays) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [replaced(item, arrays) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def unpack(data: bytes) -> dict[str, Any]:
    """The message of `pack`."""
    length = int.from_bytes(data[:4], "little")
    message = json.loads(data[4 : 4 + length])
    body = memoryview(data)[4 + length :]
    arrays = [
        np.frombuffer(body, item["dtype"], int(np.prod(item["shape"])), item["start"]).reshape(item["shape"])
        for item in message.pop("$arrays")
    ]
    return restored(message, arrays)


def restored(value: Any, arrays: list[np.ndarray]) -> Any:
    """The same with the arrays in their places."""
    if isinstance(value, dict):
        return arrays[value["$array"]] if "$array" in value else {n: restored(v, arrays) for n, v in value.items()}
    return [restored(item, arrays) for item in value] if isinstance(value, list) else value
