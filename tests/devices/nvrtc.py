"""NVIDIA's compiler as a library, out of CuPy's wheels: it needs no GPU and no driver."""

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

__all__ = ["CompileError", "Resources", "compile_source"]


class CompileError(Exception):
    """The source does not compile; the message is the compiler's log."""


class Resources(NamedTuple):
    """What one thread of a kernel takes.

    Attributes
    ----------
    registers : int
    spilled : int
        Bytes of numbers for which there was no register: they go to memory and come back.
    """

    registers: int
    spilled: int


KERNEL = re.compile(
    r"Compiling entry function '(\w+)'.*?(\d+) bytes spill stores, (\d+) bytes spill loads.*?Used (\d+) registers",
    re.DOTALL,
)


def compile_source(name: str, source: str, architecture: int, options: tuple[str, ...]) -> dict[str, Resources]:
    """Compile a source to machine code, as CuPy does; what each of its kernels takes.

    Parameters
    ----------
    name : str
        Of its file.
    source : str
    architecture : int
        90 for ``sm_90``.
    options : tuple of str

    Raises
    ------
    CompileError
    """
    from cupy.cuda import nvrtc

    everything = repr((name, source, architecture, options, nvrtc.getVersion()))
    known = cache() / f"{hashlib.sha256(everything.encode()).hexdigest()[:24]}.json"
    if not known.exists():
        found = {kernel: tuple(taken) for kernel, taken in _compile(nvrtc, name, source, architecture, options).items()}
        part = known.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(found))
        os.replace(part, known)
    return {kernel: Resources(*taken) for kernel, taken in json.loads(known.read_text()).items()}


def cache() -> Path:
    """The folder of what is known of sources that were compiled before: some take half a minute."""
    folder = Path(tempfile.gettempdir()) / f"minigan-nvrtc-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _compile(
    nvrtc: ModuleType, name: str, source: str, architecture: int, options: tuple[str, ...]
) -> dict[str, Resources]:
    arguments = ("-std=c++17", f"-arch=sm_{architecture}", "-ftz=true", "--ptxas-options=-v", *options)
    program = nvrtc.createProgram(source, name, (), ())
    try:
        nvrtc.compileProgram(program, arguments)
        log = nvrtc.getProgramLog(program)
        if not nvrtc.getCUBIN(program).startswith(b"\x7fELF"):
            raise CompileError(f"{name}: no machine code came out\n{log}")
    except nvrtc.NVRTCError:
        raise CompileError(nvrtc.getProgramLog(program)) from None
    finally:
        nvrtc.destroyProgram(program)
    found = KERNEL.findall(log)
    return {kernel: Resources(int(used), int(stores) + int(loads)) for kernel, stores, loads, used in found}
