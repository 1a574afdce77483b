"""Which Numba is installed, and what machine code depends on."""

import hashlib
import os
import platform
import re
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

__all__ = ["environment", "numba_version"]


@cache
def numba_version() -> str | None:
    """The version of the installed Numba, read without its import, which takes a quarter of a second."""
    found = find_spec("numba")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).with_name("_version.py")
    try:
        named = re.search(r'"version": "([^"]+)"', path.read_text(encoding="utf-8"))
    except OSError:
        return "unknown"
    return named[1] if named else "unknown"


@cache
def environment() -> str:
    """A digest of all but the loop that its machine code depends on: versions, processor, settings, this compiler."""
    import llvmlite

    from minigan.kernels.compiled.compiler.load import processor

    digest = hashlib.sha256()
    for fact in (
        sys.version,
        sys.implementation.cache_tag,
        platform.machine(),
        sys.platform,
        np.__version__,
        numba_version(),
        llvmlite.__version__,
        *processor(),
        *sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith("NUMBA_")),
    ):
        digest.update(f"{fact}\0".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
