"""The machine on which something was timed: processor, memory, versions, threads."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigan import backend
from minigan.version import __version__

__all__ = ["describe", "memory_bytes", "processor_name"]


def describe(backends: Sequence[str] = ("numpy",)) -> dict[str, Any]:
    """Processor, memory, versions and, for the backend "cupy", the GPU: plain values."""
    from threadpoolctl import threadpool_info

    products = [f"{library['internal_api']} {library['version']}" for library in threadpool_info()]
    found = {
        "processor": processor_name(),
        "processors": os.cpu_count(),
        "threads": backend.threads(),
        "memory_bytes": memory_bytes(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "matrix_products": ", ".join(dict.fromkeys(products)),
        "minigan": __version__,
    }
    return {**found, "gpu": backend.device()._asdict()} if "cupy" in backends else found


def processor_name() -> str:
    """The processor's name, or its architecture where the system does not report a name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def memory_bytes() -> int | None:
    """The machine's memory, or None where the system does not report it."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
