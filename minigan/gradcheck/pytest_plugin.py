"""The pytest fixture ``gradcheck``, available wherever minigan is installed, and a marker for its options.

::

    def test_my_layer(gradcheck):
        gradcheck(MyLayer(3), (4, 5))


    @pytest.mark.gradcheck(mode="full", seed=7)
    def test_my_functions(gradcheck):
        gradcheck(forward, (4, 5), backward=backward)

``pytest -m gradcheck`` runs the tests that use the fixture, ``pytest --gradcheck-seed 1`` checks at other points.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from minigan.gradcheck import Report

__all__ = ["gradcheck", "pytest_addoption", "pytest_collection_modifyitems", "pytest_configure"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for the seed of all gradient checks, which is printed when one fails."""
    group = parser.getgroup("minigan")
    group.addoption(
        "--gradcheck-seed",
        type=int,
        metavar="N",
        help="Seed of the fixture gradcheck (default: that of the marker, or 0).",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "gradcheck(**options): options of minigan.gradcheck.check for this test")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test that uses the fixture, before pytest chooses tests by their markers."""
    for item in items:
        if "gradcheck" in getattr(item, "fixturenames", ()):
            item.add_marker("gradcheck")


@pytest.fixture
def gradcheck(request: pytest.FixtureRequest) -> "Callable[..., Report]":
    """`minigan.gradcheck.check` that fails the test if anything is wrong, and returns the report.

    Its seed is that of the call; without one, that of the command line; without either, that of the marker
    ``gradcheck``, or 0.
    """
    from minigan.gradcheck import check

    # Reversed, so that the nearest marker overrides the others.
    marks = reversed(list(request.node.iter_markers("gradcheck")))
    marked = {name: value for mark in marks for name, value in mark.kwargs.items()}
    given = request.config.getoption("--gradcheck-seed")
    if given is not None:
        marked["seed"] = given

    def run(target: Any, *inputs: Any, **options: Any) -> "Report":
        __tracebackhide__ = True
        options = {**marked, **options}
        report = check(target, *inputs, **options)
        if not report.ok:
            repeat = f'pytest "{request.node.nodeid}" --gradcheck-seed {report.seed}'
            pytest.fail(f"{report.message()}\nrepeat with: {repeat}", pytrace=False)
        return report

    return run
