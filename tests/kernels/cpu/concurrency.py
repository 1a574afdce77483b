"""Helpers for tests of threads."""

import threading
from collections.abc import Callable

from threadpoolctl import threadpool_info

#: Seconds after which something hangs. The tests take milliseconds.
PATIENCE = 30


def within_patience(function: Callable[[], object]) -> None:
    """Call it in a thread of its own, and fail where that does not end."""
    errors: list[BaseException] = []

    def attempt() -> None:
        try:
            function()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "it hangs"
    if errors:
        raise errors[0]


def blas_threads() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]
