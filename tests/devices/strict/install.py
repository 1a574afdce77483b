"""The strict module in CuPy's place."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from unittest import mock

from minigan import backend, kernels
from minigan.backend import cupy as cupy_probe
from tests.devices.strict.module import make

__all__ = ["installed", "strict_backend"]


@contextmanager
def installed(module: ModuleType | None = None) -> Iterator[ModuleType]:
    """A block in which ``backend.use("cupy")`` takes this module."""
    module = module or make()
    with (
        mock.patch.dict(sys.modules, cupy=module),
        mock.patch.object(cupy_probe, "_checked", None),
        mock.patch.object(backend, "_active", backend._active),
    ):
        yield module


@contextmanager
def strict_backend() -> Iterator[None]:
    """A block whose backend is the strict device, with the kernels' definitions: CUDA is not compiled for it."""
    with installed(), kernels.using("reference"), backend.using("cupy"):
        yield
