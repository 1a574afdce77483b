"""So many threads for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from minigan import backend


@contextmanager
def threads(count: int) -> Iterator[None]:
    """A block in which the kernels run on `count` threads."""
    before = backend.threads()
    backend.threads(count)
    try:
        yield
    finally:
        backend.threads(before)
