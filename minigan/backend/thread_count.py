"""How many threads the CPU's kernels run on."""

import os
from pathlib import Path

from threadpoolctl import threadpool_limits

from minigan.errors import BackendError
from minigan.numbers import whole

__all__ = ["default_threads", "threads"]

#: The number in force; None until the first use.
_count: int | None = None


def threads(count: int | None = None) -> int:
    """Set the number of threads that the CPU's kernels run on; without an argument, only return it.

    Parameters
    ----------
    count : int, optional
        At least 1. Until it is given: ``MINIGAN_THREADS``, else the processors this process may use.

    Returns
    -------
    int
        The number in force.

    Raises
    ------
    BackendError
        `count` or ``MINIGAN_THREADS`` is no whole number of at least 1.
    """
    global _count
    if count is None and _count is not None:
        return _count
    number = default_threads() if count is None else whole(count)
    if number is None or number < 1:
        raise BackendError(f"expected threads to be a whole number of at least 1, got {count!r}")
    threadpool_limits(number)
    _count = number
    return number


def default_threads() -> int:
    """The number of threads if none is given: ``MINIGAN_THREADS``, else the processors this process may use."""
    setting = os.environ.get("MINIGAN_THREADS", "")
    if setting and not (setting.isdigit() and int(setting)):
        raise BackendError(f"MINIGAN_THREADS: expected a whole number of at least 1, got {setting!r}")
    return int(setting or 0) or _processors()


def _processors() -> int:
    """Processors this process may use: fewer than the machine has in a container, or with a CPU affinity."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(count, _quota(Path("/sys/fs/cgroup/cpu.max"), count)))


def _quota(file: Path, default: int) -> int:
    """Whole processors that a container's quota allows.

    The file says ``200000 100000``: microseconds of processor time in each period, and the period's length.
    """
    try:
        quota, period = file.read_text().split()
        return -(-int(quota) // int(period))
    except (OSError, ValueError):  # no such file, or "max": no quota
        return default
