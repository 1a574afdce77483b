"""One function on one backend: its calls are timed in samples of equal numbers of calls."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from minigan import backend
from minigan.benchmarking.work import arrays_in, copied, describe, difference, moved
from minigan.errors import BenchmarkError

__all__ = ["Contender"]

#: The least seconds of a sample: a clock that reads 50 ns too much is then wrong by less than a thousandth. A GPU gets
#: its calls one after the other without a wait, so that the wait at the end of a sample counts little.
SAMPLE = {"numpy": 5e-4, "cupy": 5e-3}

#: The most calls in a sample, and the seconds of a call for which cold caches no longer matter.
MOST, SLOW = 1 << 14, 0.1


class Contender:
    """A function on one backend, with its arguments there.

    Attributes
    ----------
    name, backend : str
    result : object
        Of the first call.
    first : float
        Seconds of the first call: with compilation, imports and cold caches.
    calls : int
        Calls in a sample.
    slow : bool
        Whether a call takes so long that cold caches do not matter.
    samples : list of float
        Seconds of one call, for each sample.
    """

    def __init__(self, name: str, function: Callable[..., Any], arguments: tuple[Any, ...], where: str) -> None:
        self.name, self.function, self.backend = name, function, where
        self.arguments = tuple(moved(argument, where) for argument in arguments)
        self.result: Any = None
        self.first, self.calls, self.slow = 0.0, 1, False
        self.samples: list[float] = []

    def __repr__(self) -> str:
        return f"Contender({self.name!r} on {self.backend!r})"

    def begin(self, check: bool) -> None:
        """Call the function for the first time; with `check` refuse one that returns nothing or changes its arguments.

        Raises
        ------
        BenchmarkError
        """
        before = copied(self.arguments) if check else []
        with self._errors():
            start = perf_counter()
            self.result = self.function(*self.arguments)
            backend.synchronize()
            self.first = perf_counter() - start
        if self.result is NotImplemented:
            raise BenchmarkError(f"{self.name} does not cover these arguments: it returned NotImplemented")
        if check and self.result is None:
            raise BenchmarkError(
                f"{self.name} returned nothing: return the result, or time it with check=False if it is to return none"
            )
        if check and difference(list(arrays_in(self.arguments)), before):
            raise BenchmarkError(
                f"{self.name} changes its arguments, so that each call computes something else: let it return a new "
                "array, or time it with check=False"
            )

    def warm_up(self, calls: int) -> None:
        """Call the function without timing it, and choose the number of calls in a sample by the last call."""
        took = self.first
        for _ in range(calls):
            took = self._seconds(1)
        calls = 1
        while took < SAMPLE[self.backend] and calls < MOST:
            calls = min(MOST, max(2 * calls, int(1.1 * calls * SAMPLE[self.backend] / max(took, 1e-9))))
            took = self._seconds(calls)
        self.calls, self.slow = calls, took >= SLOW

    def sample(self, warm: bool) -> None:
        """Time the calls of a sample; with `warm` after one that is not timed, which fills the caches."""
        if warm and not self.slow:
            self._seconds(1)
        self.samples.append(self._seconds(self.calls) / self.calls)

    def _seconds(self, calls: int) -> float:
        """Seconds of some calls together, to the end of their work."""
        function, arguments = self.function, self.arguments
        with self._errors(), no_garbage_collection():
            start = perf_counter()
            for _ in range(calls):
                function(*arguments)
            backend.synchronize()
            return perf_counter() - start

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """A block on this backend; an error of the function says which function it was, and with which arguments."""
        try:
            with backend.using(self.backend):
                yield
        except Exception as error:
            hint = ""
            if self.backend != "numpy" and isinstance(error, TypeError):
                hint = "; on a GPU call the functions of minigan.backend.array_module(x), not those of NumPy"
            raise BenchmarkError(
                f"{self.name} failed on {self.backend}, for {describe(self.arguments)}: "
                f"{type(error).__name__}: {error}{hint}"
            ) from error


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """A block in which Python does not search for objects to delete: that would be timed, too."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
