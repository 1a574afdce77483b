"""Files of safetensors: a header of names, shapes and dtypes, and the arrays behind it.

The package's own reader checks that all arrays are inside the file and do not overlap before it returns any.
https://github.com/huggingface/safetensors
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from minigan.interchange.arrays import ArrayFile, Header, reading
from minigan.interchange.optional_imports import need

__all__ = ["by_number", "dump_safetensors", "open_safetensors"]

#: NumPy's names of the format's dtypes; other names are reported as they are.
DTYPES = {"F16": "float16", "F32": "float32", "F64": "float64", "BF16": "bfloat16", "I64": "int64"}


@contextmanager
def open_safetensors(path: Path) -> Iterator[ArrayFile]:
    """The file's headers, in the order of the numbers in their names, and its arrays.

    The format itself has no order: ``10.weight`` comes after ``2.weight`` here.
    """
    safe_open = need("safetensors", f"reading {path}").safe_open
    with reading(path), safe_open(str(path), framework="numpy") as file:
        headers = {}
        for name in sorted(file.keys(), key=by_number):
            slice_ = file.get_slice(name)
            dtype = slice_.get_dtype()
            headers[name] = Header(tuple(slice_.get_shape()), DTYPES.get(dtype, dtype))
        yield ArrayFile(headers, file.get_tensor)


def dump_safetensors(arrays: Mapping[str, np.ndarray], facts: Mapping[str, str]) -> bytes:
    """The bytes of a file with these arrays, and texts about them."""
    need("safetensors", "the format safetensors")
    return need("safetensors.numpy", "the format safetensors").save(dict(arrays), metadata=dict(facts))


def by_number(name: str) -> list[tuple[int, int, str]]:
    """A key for sorting in which numbers count as numbers."""
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+", name)
    return [(0, int(part), "") if part[0].isdecimal() and part.isascii() else (1, 0, part) for part in parts]
