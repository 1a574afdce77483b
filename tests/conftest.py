"""The backends that tests run on."""

import gc
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from minigan import backend
from minigan.errors import BackendError


def pytest_collection_finish() -> None:
    """Tests that collect garbage need not look through ten thousand other tests for it."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Nor, after each file, through all that the tests of that file left loaded."""
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="module", params=["numpy", "strict", pytest.param("cupy", marks=pytest.mark.gpu)])
def each_backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """The host, a device that is none but as strict as CuPy's, and a GPU: the test runs on each."""
    from tests.devices.strict import strict_backend

    on: AbstractContextManager[None] = strict_backend() if request.param == "strict" else backend.using(request.param)
    try:
        on.__enter__()
    except BackendError as error:
        pytest.skip(str(error))
    yield request.param
    on.__exit__(None, None, None)
