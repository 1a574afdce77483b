"""The fixture ``gradcheck``, which pytest finds wherever minigan is installed.

::

    def test_my_layer(gradcheck):
        gradcheck(MyLayer(3), (4, 5))
"""

from collections.abc import Callable
from typing import Any

import pytest

__all__ = ["gradcheck", "pytest_addoption"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The seed of all gradient checks, printed when one fails."""
    group = parser.getgroup("minigan")
    group.addoption("--gradcheck-seed", type=int, default=0, help="Seed of the fixture gradcheck (default: 0).")


@pytest.fixture
def gradcheck(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """`minigan.gradcheck.check` that fails the test if anything is wrong, and returns the report."""
    from minigan.gradcheck import check

    def run(target: Any, *inputs: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        options.setdefault("seed", request.config.getoption("--gradcheck-seed"))
        report = check(target, *inputs, **options)
        if not report.ok:
            try:
                report.assert_ok()
            except AssertionError as error:
                pytest.fail(f"{error}\nrepeat with: pytest --gradcheck-seed {report.seed}", pytrace=False)
        return report

    return run
