"""Numbers of threads for the kernels."""

import pytest

from minigan import backend


@pytest.fixture(params=[1, 2, 4])
def threads(request) -> int:
    """The number of threads for the kernels."""
    before = backend.threads()
    yield backend.threads(request.param)
    backend.threads(before)


@pytest.fixture
def two_threads() -> None:
    before = backend.threads()
    backend.threads(2)
    yield
    backend.threads(before)
