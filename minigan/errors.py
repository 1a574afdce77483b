"""Every error minigan raises on purpose.

All derive from `MiniganError`, so that a program can catch them in one clause; the
command line prints them as one line and exits with status 2. Each message names what was expected and what came.
"""


class MiniganError(Exception):
    """The root of all errors raised on purpose."""


class ShapeError(MiniganError, ValueError):
    """An array has another shape than the layer, network or file needs."""


class DtypeError(MiniganError, TypeError):
    """An array has another dtype than the computation; minigan never promotes silently."""


class BackendError(MiniganError, RuntimeError):
    """A backend is unknown, not installed, or has no device."""


class NotBuiltError(MiniganError, RuntimeError):
    """A layer or network was used before `build` gave it its shapes."""


class StaleCacheError(MiniganError, RuntimeError):
    """A backward was given a cache from before an optimizer step.

    Its activations belong to weights that are gone, and the gradient would mix the two.
    """


class DataError(MiniganError, ValueError):
    """A data set is unknown, missing, damaged, or does not fit the model."""


class ConfigError(MiniganError, ValueError):
    """A setting is unknown, of the wrong type, or out of range."""


class RunError(MiniganError, RuntimeError):
    """A run folder cannot be written, is already in use, or is not a run."""


class CheckpointError(MiniganError, ValueError):
    """Saved weights do not fit the network, or their file is damaged."""


class NonFiniteError(MiniganError, ArithmeticError):
    """A loss became NaN or infinite."""


class GradientError(MiniganError, AssertionError):
    """A gradient check found something wrong."""


class ExerciseError(MiniganError, AssertionError):
    """The answer to an exercise is missing or wrong."""


class BenchmarkError(MiniganError, RuntimeError):
    """A function cannot be timed: it raises an error, returns nothing, or computes something else than the others."""
