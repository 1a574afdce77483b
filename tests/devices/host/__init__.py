"""CUDA on the CPU: the ``.cu`` files compiled by g++ and run on NumPy arrays, with checks that a GPU does not make.

    with module.compiling_with(HostCompiler()):
        y = activations.tanh(x)  # a launcher of minigan.kernels.cuda

What is caught, each as a `HostError` that names kernel, file and line: undefined behaviour and indices beyond the
bounds of shared and local arrays (g++'s sanitizers), accesses beyond the arrays given (they lie between pages that
cannot be touched), threads that do not all come to a barrier, and results that depend on the order in which threads
run, as they do where a barrier is missing. Shared memory begins as NaN.

What is not: an index beyond a shared array by way of a pointer to it, where it meets NaN or another array, and whatever
only threads that run at the same time can do to each other between two barriers.
"""

from tests.devices.host.compiler import HostCompiler, HostError, HostProgram, compiler

__all__ = ["HostCompiler", "HostError", "HostProgram", "compiler"]
