"""``minigan info``."""

import platform
from typing import TYPE_CHECKING

from minigan.cli.help import examples

if TYPE_CHECKING:
    from minigan.backend import Device


@examples("minigan info  # the versions to name in a report of an error")
def info() -> None:
    """Print what this machine and installation offer: versions, backends, models, data sets."""
    import numpy as np
    from rich.console import Console
    from rich.table import Table
    from threadpoolctl import threadpool_info

    from minigan import backend, data, kernels, losses, models, optimizers
    from minigan.errors import BackendError
    from minigan.kernels import memory_pool, precision
    from minigan.version import __version__

    try:
        gpu = described(backend.device())
    except BackendError as error:
        gpu = str(error)
    products = ", ".join(f"{lib['internal_api']} {lib['version']}" for lib in threadpool_info()) or "unknown"
    threads = f"{backend.threads()} thread{'s' if backend.threads() > 1 else ''}"
    held, limit = (f"{size / (1 << 20):,.0f}" for size in (memory_pool.held(), memory_pool.LIMIT))
    files = "folder:PATH, PATH.npy, PATH.npz"
    table = Table(show_header=False, box=None)
    for name, value in (
        ("minigan", __version__),
        ("Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        ("numpy", f"NumPy {np.__version__}, matrix products by {products}"),
        ("kernels", f"{kernels.running()}, on {threads}; memory kept for reuse: {held} of at most {limit} MiB"),
        ("cupy", gpu),
        ("precision", f"{precision.precision()}, for matrix products on a GPU"),
        ("models", ", ".join(models.MODELS)),
        ("data", f"{', '.join(data.NAMES)}, {files}"),
        ("losses", ", ".join(losses.GAN_LOSSES)),
        ("optimizers", ", ".join(optimizers.OPTIMIZERS)),
    ):
        table.add_row(name, value)
    Console(markup=False).print(table, highlight=False)


def described(device: "Device") -> str:
    """The GPU, with its driver and the versions of CUDA and CuPy."""
    major, minor = device.capability
    memory, free = (f"{size >> 20:,}" for size in (device.memory, device.free))
    return (
        f"CuPy {device.cupy} with CUDA {device.cuda}, on {device.name} (compute capability {major}.{minor}): "
        f"{memory} MiB of memory, of which {free} free; driver for {device.driver}"
    )
