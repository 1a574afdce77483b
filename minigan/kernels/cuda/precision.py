"""The precision of products on the GPU: float32, or TF32 on its tensor cores.

TF32 keeps 10 of the 23 bits behind the point of each factor, and adds up in float32: the products are several times
faster and right to about three digits. The default is float32; `use`, `using` and the environment variable
``MINIGAN_PRECISION`` change it. Products of float64 are always float64.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from minigan.errors import ConfigError

__all__ = ["PRECISIONS", "precision", "use", "using"]

PRECISIONS = ("float32", "tf32")

_precision: str | None = None


def precision() -> str:
    """The precision of products of float32: ``"float32"`` or ``"tf32"``."""
    if _precision is None:
        use(os.environ.get("MINIGAN_PRECISION", "float32"))
    return _precision or "float32"


def use(name: str) -> None:
    """Compute products in this precision from now on; raises ConfigError for one that is not in `PRECISIONS`."""
    global _precision
    if name not in PRECISIONS:
        raise ConfigError(f"unknown precision {name!r}: expected one of {', '.join(PRECISIONS)}")
    _precision = name


@contextmanager
def using(name: str) -> Iterator[None]:
    """Compute products in this precision inside a ``with`` block."""
    global _precision
    before = _precision
    use(name)
    try:
        yield
    finally:
        _precision = before
