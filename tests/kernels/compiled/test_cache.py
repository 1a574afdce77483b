"""Machine code that is kept on the disk: found again, never trusted when damaged, and never needed."""

import errno
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from minigan import kernels
from minigan.kernels.compiled import compiler
from minigan.kernels.compiled.compiler import cache, loop
from minigan.kernels.compiled.compiler.load import Code
from tests.faults import Fault
from tests.special_files import needs_posix

pytestmark = pytest.mark.skipif(compiler.problem() is not None, reason=str(compiler.problem()))

CODE = Code(("expf", "memset"), bytes(range(256)) * 9)

#: Some loops run; it prints how many were compiled, whether Numba was imported, and a checksum of the results.
CALL = """
import hashlib, sys, numpy as np, minigan as mg
from minigan.kernels.compiled.compiler import loop
x = np.linspace(-1, 1, 9999, dtype=np.float32).reshape(-1, 3)
results = mg.kernels.relu(x), mg.kernels.leaky_relu_grad(x, x, 0.2), mg.kernels.max_with_mask(x)[0]
checksum = hashlib.sha256(b"".join(array.tobytes() for array in results)).hexdigest()
print(mg.kernels.compiled_run(), len(loop.compilations), "numba" in sys.modules, checksum)
"""

#: The same after two steps of training, in which many loops run.
TRAIN = """
import hashlib, sys, minigan as mg
from minigan.kernels.compiled.compiler import loop
gan = mg.models.build("mlp2d", 0)
list(mg.Trainer(gan, mg.data.load("ring"), batch_size=64).train(steps=2))
checksum = hashlib.sha256(gan.generator.flat_data.tobytes()).hexdigest()
print(mg.kernels.compiled_run(), len(loop.compilations), "numba" in sys.modules, checksum)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path))
    monkeypatch.delenv("MINIGAN_CACHE", raising=False)
    cache.folder.cache_clear()
    yield tmp_path / "kernels"
    cache.folder.cache_clear()


def begin(program: str = CALL, **variables: str) -> subprocess.Popen:
    """A process that calls kernels."""
    environment = {**os.environ, "MINIGAN_KERNELS": "fast", **variables}
    return subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def end(process: subprocess.Popen) -> tuple[bool, int, bool, str]:
    """What it printed."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    compiled, count, has_numba, checksum = out.split()
    return compiled == "True", int(count), has_numba == "True", checksum


def run(program: str = CALL, **variables: str) -> tuple[bool, int, bool, str]:
    return end(begin(program, **variables))


# Files


def test_what_is_kept_is_found_again(folder: Path):
    assert cache.get("minigan_a") is None
    cache.put("minigan_a", CODE)
    assert cache.get("minigan_a") == CODE
    assert cache.get("minigan_b") is None


def test_a_file_that_is_damaged_anywhere_counts_as_none(folder: Path):
    cache.put("minigan_a", CODE)
    path = folder / "minigan_a"
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        assert cache.get("minigan_a") is None, place
    for length in (0, 1, 15, 16, 47, 48, 49, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert cache.get("minigan_a") is None, length
    path.write_bytes(whole)
    assert cache.get("minigan_a") == CODE


def test_a_file_under_another_name_counts_as_none(folder: Path):
    cache.put("minigan_a", CODE)
    (folder / "minigan_a").rename(folder / "minigan_b")
    assert cache.get("minigan_b") is None


@pytest.mark.parametrize("call", ["open", "write", "sync", "rename"])
def test_a_disk_that_fails_or_is_full_is_no_error(folder: Path, call: str):
    with Fault(call, 1, errno.ENOSPC) as fault:
        cache.put("minigan_a", CODE)
    assert fault.met
    assert cache.get("minigan_a") is None
    assert list(folder.iterdir()) == []


def test_the_files_used_last_are_kept_within_a_limit(folder: Path, monkeypatch):
    monkeypatch.setattr(cache, "LIMIT", 5 * len(CODE.machine))
    for number in range(9):
        cache.put(f"minigan_{number}", CODE)
        os.utime(folder / f"minigan_{number}", (number + 1, number + 1))
    assert sorted(path.name for path in folder.iterdir()) == [f"minigan_{number}" for number in (5, 6, 7, 8)]


def test_using_a_file_keeps_it(folder: Path):
    cache.put("minigan_a", CODE)
    os.utime(folder / "minigan_a", (1, 1))
    cache.get("minigan_a")
    assert (folder / "minigan_a").stat().st_mtime > time.time() - 60


def test_parts_of_files_that_a_killed_process_left_are_removed(folder: Path):
    cache.put("minigan_a", CODE)
    old, new = folder / f"{cache.PARTIAL}old", folder / f"{cache.PARTIAL}new"
    old.touch()
    new.touch()
    os.utime(old, (1, 1))
    cache.put("minigan_b", CODE)
    assert (old.exists(), new.exists()) == (False, True)


@needs_posix
def test_a_folder_that_others_may_write_to_is_not_used(folder: Path):
    cache.put("minigan_a", CODE)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o770)
    cache.folder.cache_clear()
    assert cache.folder() is None
    assert cache.get("minigan_a") is None


def test_the_setting_turns_the_cache_off(folder: Path, monkeypatch):
    monkeypatch.setenv("MINIGAN_CACHE", "0")
    cache.put("minigan_a", CODE)
    assert not folder.exists()


# Processes


def test_a_second_process_compiles_nothing_and_does_not_import_numba(folder: Path):
    compiled, count, has_numba, first = run()
    assert compiled
    assert count > 0
    assert has_numba
    files = {path: path.read_bytes() for path in folder.iterdir()}
    assert run() == (True, 0, False, first)
    # Damaged and cut files are made again, and the run is the same.
    for number, (path, content) in enumerate(sorted(files.items())):
        flipped = bytes([content[99] ^ 1])
        path.write_bytes(content[:-9] if number % 2 else content[:99] + flipped + content[100:])
    assert run() == (True, count, True, first)
    assert {path: path.read_bytes() for path in folder.iterdir()} == files


def test_nothing_is_compiled_in_a_warm_process_that_trains():
    *_, first = run(TRAIN)
    assert run(TRAIN) == (True, 0, False, first)


def test_two_processes_may_compile_at_once(folder: Path):
    both = [begin(), begin()]
    (_, _, _, one), (_, _, _, other) = map(end, both)
    assert one == other
    assert run() == (True, 0, False, one)


def test_a_cache_that_cannot_be_made_is_no_error(tmp_path):
    (tmp_path / "file").touch()
    compiled, count, _, _ = run(MINIGAN_DATA=str(tmp_path / "file"))
    assert compiled
    assert count > 0


@needs_posix
@pytest.mark.skipif(hasattr(os, "getuid") and os.getuid() == 0, reason="an administrator may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path):
    home = tmp_path / "home"
    home.mkdir(0o500)
    assert run(MINIGAN_DATA=str(home))[0]


def test_other_settings_of_numba_have_files_of_their_own(folder: Path):
    _, count, _, _ = run()
    assert run(NUMBA_OPT="2")[1] == count


# What a name depends on


def test_the_name_depends_on_all_that_the_code_depends_on(monkeypatch):
    from minigan.kernels.compiled.compiler import load, version

    def digest() -> str:
        version.environment.cache_clear()
        return version.environment()

    usual = digest()
    assert digest() == usual
    name, features = load.processor()
    changed = {
        "Python": lambda patch: patch.setattr(sys, "version", "3.99"),
        "NumPy": lambda patch: patch.setattr(np, "__version__", "9.9"),
        "Numba": lambda patch: patch.setattr(version, "numba_version", lambda: "9.9"),
        "llvmlite": lambda patch: patch.setattr("llvmlite.__version__", "9.9"),
        "processor": lambda patch: patch.setattr(load, "processor", lambda: ("other", features)),
        "features": lambda patch: patch.setattr(load, "processor", lambda: (name, f"{features},-avx2")),
        "setting": lambda patch: patch.setenv("NUMBA_SOMETHING", "1"),
    }
    for what, change in changed.items():
        with monkeypatch.context() as patch:
            change(patch)
            assert digest() != usual, what
    assert digest() == usual


def test_a_line_says_what_takes_so_long_and_only_then(folder: Path, monkeypatch, capsys):
    monkeypatch.setattr(loop, "_seconds", 0.0)
    monkeypatch.setattr(loop, "_said", False)
    for patience, line in ((1e9, ""), (0, "Compiling the fast kernels for this machine, once ...\n"), (0, "")):
        monkeypatch.setattr(loop, "PATIENCE", patience)

        @compiler.compiled
        def double(x):
            for i in range(x.shape[0]):
                x[i] *= 2

        cache.folder.cache_clear()
        monkeypatch.setenv("MINIGAN_CACHE", "0")
        double(np.ones(3))
        assert capsys.readouterr() == ("", line)


def test_kernels_still_say_which_run():
    with kernels.using("fast"):
        assert kernels.compiled_run()
    with kernels.using("numpy"):
        assert not kernels.compiled_run()


@pytest.mark.parametrize("filling", ["90", "255"])
def test_nothing_is_used_after_it_was_freed_at_the_end_of_a_process(filling):
    """glibc fills what was freed with this byte; other systems ignore the variable."""
    process = begin(TRAIN, MALLOC_PERTURB_=filling, PYTHONMALLOC="malloc")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
