"""Loops in Python, compiled to machine code by Numba, and kept on the disk for the next start.

NumPy reads and writes memory once for each operation of a formula. A compiled loop does all operations on a number
while it is in a register, and releases the interpreter's lock while it runs. Numba is optional (the extra ``fast``):
where it is missing or does not work, NumPy's twins run.

- `minigan.kernels.compiled.compiler.loop` has the decorator `compiled`, and calls what was compiled;
- `minigan.kernels.compiled.compiler.source` reads what belongs to a loop;
- `minigan.kernels.compiled.compiler.signature` names the types of a loop's arguments;
- `minigan.kernels.compiled.compiler.translate` compiles a loop for them, the only file that imports Numba;
- `minigan.kernels.compiled.compiler.entry` writes the function that Python calls;
- `minigan.kernels.compiled.compiler.load` loads machine code into the process, without Numba;
- `minigan.kernels.compiled.compiler.cache` keeps it on the disk;
- `minigan.kernels.compiled.compiler.version` says which Numba there is, and when kept code can be used again.
"""

from minigan.kernels.compiled.compiler.loop import CompileError, Loop, compiled, give_up, problem
from minigan.kernels.compiled.compiler.version import numba_version

__all__ = ["CompileError", "Loop", "compiled", "give_up", "numba_version", "problem"]
