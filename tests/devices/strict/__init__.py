"""A device that is none: arrays and a module as strict as CuPy's, in host memory.

`array.DeviceArray` refuses what ``cupy.ndarray`` refuses. It is no ``np.ndarray``, as CuPy's array is none: NumPy would
take the values out of a subclass of its own without asking (``np.asarray``, ``np.concatenate`` and every list of them),
and the test would pass where a GPU fails.

`module.make` gives a ``cupy`` of functions of such arrays; only what CuPy has is in it. `installed` puts one in CuPy's
place, where ``minigan.backend.cupy``, the only file that imports CuPy, finds it.

A *read* is whatever makes the host wait for the device and copies a value: ``float(a)``, ``a.get()``, ``if a``, and
what has as many results as a value says, such as ``a[mask]``. `reads` counts them, `no_reads` forbids them.
"""

from tests.devices.strict.array import DeviceArray, DeviceRead, no_reads, reads, to_device, uploads
from tests.devices.strict.install import installed, strict_backend
from tests.devices.strict.module import make
from tests.devices.strict.steps import rounds_that_read_nothing

__all__ = [
    "DeviceArray",
    "DeviceRead",
    "installed",
    "make",
    "no_reads",
    "reads",
    "rounds_that_read_nothing",
    "strict_backend",
    "to_device",
    "uploads",
]
