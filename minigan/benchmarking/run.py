"""The function `benchmark`: warm up, take turns, summarise."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minigan import backend
from minigan.backend import Array
from minigan.benchmarking import contender as timed
from minigan.benchmarking.contender import Contender
from minigan.benchmarking.machine import describe as describe_machine
from minigan.benchmarking.result import Benchmark, Timing
from minigan.benchmarking.work import arrays_in, bytes_of, describe, difference, numbers_in, tolerance_of
from minigan.errors import BackendError, BenchmarkError, ConfigError
from minigan.numbers import count_of, finite

__all__ = ["benchmark"]

#: The least and the most samples of a function where the time decides.
LEAST, MOST = 3, 1000


def benchmark(
    function: Callable[..., Any] | Mapping[str, Callable[..., Any]],
    *arrays: Array,
    backends: str | Sequence[str] | None = None,
    flops: float | Callable[..., float] | None = None,
    bytes_moved: float | None = None,
    check: bool = True,
    tolerance: float | None = None,
    seconds: float = 0.5,
    repeats: int | None = None,
    warmup: int = 1,
    pause: float = 0.0,
) -> Benchmark:
    """Time one or several functions of arrays, on the CPU, on the GPU, or on both.

    Each function is called once for its result, then to warm up, and then in rounds: in a round every function is timed
    once on every backend, one after the other, a short one after a call that is not timed. So if the machine is slow
    for a while, it is slow for all, and their ratio stays right. The time of a short function is that of many calls
    divided by their number. On a GPU the clock stops when the work is done, not when it was started.

    Parameters
    ----------
    function : callable, or mapping of str to callable
        One function, or several by their names. All get the same arguments. The first is what the others are compared
        with.
    *arrays : array
        The arguments. Arrays, also those in tuples and lists, are copied to each backend once, with their dtype. All
        other arguments stay as they are.
    backends : {"numpy", "cupy", "all"} or sequence of str, optional
        Where to run. Default: where the arrays are. "all" is numpy and, if it works here, cupy; if not, a note in the
        result says why.
    flops : float or callable, optional
        Floating-point operations in one call, or a function of the arguments that returns them; for GFLOP/s.
    bytes_moved : float, optional
        Bytes that one call reads and writes, for GB/s. Default: those of all arguments and results, each array once.
    check : bool
        Compare the results of all functions on all backends with the first, before anything is timed.
    tolerance : float, optional
        The largest difference allowed then, relative to the largest number of the first result. Default: 1e-4 for
        float32, 1e-10 for float64.
    seconds : float
        About how long to time each function on each backend.
    repeats : int, optional
        Number of rounds, instead of `seconds`.
    warmup : int
        Calls after the first that are not timed.
    pause : float
        Seconds of rest before each sample. The threads of a matrix product wait actively for a while after it, on
        processors that the next function may need.

    Returns
    -------
    Benchmark
        Printed, it is a table. It has `seconds`, `ratios`, `plot`, `save` and `to_dict`.

    Raises
    ------
    BackendError
        A backend is unknown, or does not work here; the message says what to install.
    BenchmarkError
        A function raises an error, returns nothing, changes its arguments, or computes something else than the first.
    ConfigError
        A setting is out of range, or there is no function.

    Examples
    --------
    >>> import numpy as np
    >>> import minigan as mg
    >>> def squares(x):
    ...     return x * x
    >>> def powers(x):
    ...     return x**2.0
    >>> x = np.ones((100, 100), np.float32)
    >>> result = mg.benchmark({"squares": squares, "powers": powers}, x, flops=x.size, repeats=5)
    >>> print(result)  # doctest: +SKIP
    float32 (100, 100)
    <BLANKLINE>
    function     median           quartiles  GB/s  GFLOP/s   speed
    squares     1.24 µs    1.20 .. 1.31 µs   64.5     8.06    1.00
    powers      6.11 µs    6.02 .. 6.20 µs   13.1     1.64   0.203
    <BLANKLINE>
    All results are the same, to 1e-04 of their size.
    >>> [timing.name for timing in result]
    ['squares', 'powers']
    """
    backend.threads()  # the number of threads applies to NumPy's matrix products from now on
    functions = named(function)
    places, notes = places_of(backends, arrays)
    count = None if repeats is None else count_of("repeats", repeats)
    warmup = count_of("warmup", warmup, least=0)
    for name, value in {"seconds": seconds, "pause": pause, "tolerance": tolerance, "bytes_moved": bytes_moved}.items():
        if value is not None and ((number := finite(value)) is None or number < 0):
            raise ConfigError(f"expected {name} to be a number of at least 0, got {value!r}")

    contenders = [Contender(name, work, arrays, place) for name, work in functions.items() for place in places]
    for each in contenders:
        each.begin(check)
    differences = [0.0] * len(contenders)
    if check:
        differences, words = compared(contenders, tolerance)
        notes += words
    moved = [bytes_of(each.arguments, each.result) if bytes_moved is None else bytes_moved for each in contenders]
    for each in contenders:
        each.result = None  # frees its memory
    operations = flops(*arrays) if callable(flops) else flops
    for each in contenders:
        each.warm_up(warmup)
    take_turns(contenders, seconds, count, pause)
    timings = [
        Timing(each.name, each.backend, tuple(each.samples), each.calls, each.first, operations, size, far)
        for each, size, far in zip(contenders, moved, differences, strict=True)
    ]
    return Benchmark(timings, describe(arrays), notes, describe_machine(places))


def named(function: Callable[..., Any] | Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """The functions by name."""
    if callable(function):
        name = getattr(function, "__name__", type(function).__name__)
        return {"function" if name == "<lambda>" else name: function}
    if not isinstance(function, Mapping) or not function:
        raise ConfigError(f"expected a function, or a mapping of names to functions, got {function!r}")
    for name, work in function.items():
        if not callable(work):
            raise ConfigError(f"expected {name!r} to be a function, got {type(work).__name__}")
    return {str(name): work for name, work in function.items()}


def places_of(backends: str | Sequence[str] | None, arrays: tuple[Array, ...]) -> tuple[list[str], list[str]]:
    """The backends to run on, and notes about those that are left out."""
    if backends is None:
        first = next(arrays_in(arrays), None)
        return [backend.name() if first is None else backend.array_module(first).__name__], []
    if backends == "all":
        try:
            with backend.using("cupy"):
                return ["numpy", "cupy"], []
        except BackendError as error:
            return ["numpy"], [f"On the CPU only: {error}."]
    names = [backends] if isinstance(backends, str) else list(dict.fromkeys(backends))
    if not names:
        raise ConfigError("expected at least one backend, got none")
    for name in names:
        if name not in ("numpy", "cupy"):
            raise BackendError(f"unknown backend {name!r}: expected numpy, cupy, or 'all' in their place")
        with backend.using(name):  # it may not work here
            pass
    return names, []


def compared(contenders: Sequence[Contender], tolerance: float | None) -> tuple[list[float], list[str]]:
    """How far each result is from the first, and what there is to say about them.

    Raises
    ------
    BenchmarkError
        One is farther away than is allowed.
    """
    first, *others = contenders
    several = len({each.backend for each in contenders}) > 1
    found, notes, most = [0.0], [], 0.0
    for other in others:
        allowed = tolerance_of(first.result, other.result) if tolerance is None else tolerance
        most = max(most, allowed)
        far = difference(other.result, first.result)
        if not far <= allowed:
            raise BenchmarkError(
                f"{label(other, several)} computes something else than {label(first, several)}: "
                f"{disagreement(other.result, first.result, far)} (allowed {allowed:.0e}); tolerance=... allows more, "
                "check=False times them all the same"
            )
        found.append(far)
    dtypes = {each.name: dtypes_of(each.result) for each in contenders}
    if len(set(dtypes.values())) > 1:
        notes.append(
            "They return different dtypes: " + ", ".join(f"{name} {kinds}" for name, kinds in dtypes.items()) + "."
        )
    if others:
        notes.append(f"All results are the same, to {most:.0e} of their size.")
    return found, notes


def label(contender: Contender, several: bool) -> str:
    """The name of a function and, if there are several backends, where it runs."""
    return f"{contender.name} on {contender.backend}" if several else contender.name


def disagreement(found: Any, expected: Any, far: float) -> str:
    """What is different, in words."""
    shapes = [", ".join(str(array.shape) for array in numbers_in(thing)) for thing in (found, expected)]
    if shapes[0] != shapes[1]:
        return f"results of shape {shapes[0] or 'none'} and {shapes[1] or 'none'}"
    return f"they differ by {far:.1e} of their size"


def dtypes_of(result: Any) -> str:
    """The dtypes of all arrays of a result."""
    return ", ".join(str(array.dtype) for array in arrays_in((result,)))


def take_turns(contenders: Sequence[Contender], seconds: float, repeats: int | None, pause: float) -> None:
    """Time all in rounds, each second round in the reverse order, until the time or the number of rounds is over."""
    end = timed.perf_counter() + seconds * len(contenders)
    taken = 0
    while taken < (repeats or LEAST) or (repeats is None and taken < MOST and timed.perf_counter() < end):
        for each in contenders if taken % 2 == 0 else reversed(contenders):
            if pause:
                time.sleep(pause)
            each.sample(warm=len(contenders) > 1 or pause > 0)
        taken += 1
