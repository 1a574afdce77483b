"""Makes the helpers beside it importable: ``from numerical import ...``. And the backends that tests run on."""

import gc
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from minigan import backend
from minigan.errors import BackendError

sys.path.insert(0, str(Path(__file__).parent / "cuda"))  # for the strict device


def pytest_collection_finish() -> None:
    """Tests that collect garbage need not look through ten thousand other tests for it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", params=["numpy", "strict", pytest.param("cupy", marks=pytest.mark.gpu)])
def each_backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """The host, a device that is none but as strict as CuPy's, and a GPU: the test runs on each."""
    from strict import strict_backend

    on: AbstractContextManager[None] = strict_backend() if request.param == "strict" else backend.using(request.param)
    try:
        on.__enter__()
    except BackendError as error:
        pytest.skip(str(error))
    yield request.param
    on.__exit__(None, None, None)
