"""The backends that tests run on, and a notebook that only records."""

import builtins
import gc
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import ModuleType

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


# A notebook


class HTML:
    def __init__(self, data: str) -> None:
        self.data = data


class Handle:
    def __init__(self, first: HTML) -> None:
        self.shown = [first.data]

    def update(self, page: HTML) -> None:
        self.shown.append(page.data)


@pytest.fixture
def displays(monkeypatch) -> list[Handle]:
    """A notebook: the displays that were made in it."""
    made: list[Handle] = []

    def display(page: HTML, *, display_id: bool) -> Handle:
        assert display_id
        made.append(Handle(page))
        return made[-1]

    module, package = ModuleType("IPython.display"), ModuleType("IPython")
    module.HTML, module.display, package.display = HTML, display, module
    package.version_info = (9, 0)  # matplotlib reads it
    monkeypatch.setitem(sys.modules, "IPython", package)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setattr(builtins, "get_ipython", lambda: shell, raising=False)
    return made


@pytest.fixture
def no_notebook(monkeypatch) -> None:
    """Python without IPython."""
    monkeypatch.setitem(sys.modules, "IPython", None)
    monkeypatch.setitem(sys.modules, "IPython.display", None)
    monkeypatch.delattr(builtins, "get_ipython", raising=False)
