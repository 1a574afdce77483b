"""Many equal cases in one test: pytest takes longer to begin and report a test than a small case takes to run."""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

__all__ = ["loop_over"]


def loop_over(**values: Sequence[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A decorator: run the test for each value of one argument, as `pytest.mark.parametrize` does, but as one test.

    All values are tried; the error names those that failed, and its cause is the first one's error. Several decorators
    make all combinations. The test's fixtures are made once.

    Examples
    --------
    >>> @loop_over(dtype=[np.float32, np.float64])
    ... def test_zeros_have_the_dtype_asked_for(dtype):
    ...     assert np.zeros(3, dtype).dtype == dtype
    """
    ((argument, choices),) = values.items()
    choices = list(choices)
    assert choices, "expected cases, got none"

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def run(**others: Any) -> None:
            failed = {}
            for number, value in enumerate(choices):
                try:
                    test(**others, **{argument: value})
                except Exception as error:
                    failed[f"{label(value)} (number {number})"] = error
            if failed:
                first = next(iter(failed.values()))
                raise AssertionError(f"{argument} {', '.join(failed)}: {type(first).__name__}: {first}") from first

        signature = inspect.signature(test)
        kept = [parameter for name, parameter in signature.parameters.items() if name != argument]
        assert len(kept) < len(signature.parameters), f"{test.__name__} has no argument {argument!r}"
        run.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        return run

    return decorate


def label(value: Any) -> str:
    """What a case is called in an error."""
    return str(getattr(value, "name", None) or getattr(value, "__name__", None) or value)
