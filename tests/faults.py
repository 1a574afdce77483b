"""Faults of the operating system where files are made durable: calls that fail, a process that dies, a power cut."""

import errno
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from minigan.io.atomic_write import system

#: The calls that can fail.
CALLS = ("open", "write", "sync", "close", "rename", "remove")


class Crash(BaseException):
    """Stands for the end of the process: nothing catches it, and nothing is done after it."""


class Fault:
    """A block in which the `number`th call of a kind fails, counted from 1; any call where the kind is "any".

    Parameters
    ----------
    kind : str
        One of `CALLS`, or "any".
    number : int
    failure : int or Crash
        An errno; or the end of the process, after which no call is done any more.

    Attributes
    ----------
    met : bool
        Whether it came to that call.
    """

    def __init__(self, kind: str, number: int, failure: int | type[Crash]) -> None:
        self.kind, self.number, self.failure = kind, number, failure
        self.made: Counter[str] = Counter()
        self.met = False

    def __enter__(self) -> "Fault":
        for name in CALLS:
            setattr(system, name, self._watched(name, getattr(system, name)))
        return self

    def __exit__(self, *_: object) -> None:
        for name in CALLS:
            delattr(system, name)

    def _watched(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any) -> Any:
            self.made.update([name, "any"])
            if self.met and self.failure is Crash and name != "close":
                raise Crash
            if self.made[self.kind] == self.number and not self.met and self.kind in (name, "any"):
                self.met = True
                if name == "close":  # the handle is gone also where its closing fails
                    call(*arguments)
                raise Crash if self.failure is Crash else OSError(self.failure, os.strerror(self.failure))
            return call(*arguments)

        return watched


def every_fault(kind: str, failure: int | type[Crash], work: Callable[[], None]) -> Iterator[Fault]:
    """Do the work with its first call failing, then its second, until it succeeds; yields before each time's check."""
    number = 1
    while True:
        with Fault(kind, number, failure) as fault, suppress(Crash):
            work()
        yield fault
        if not fault.met:
            return
        number += 1


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """A block in which the disk takes so many bytes more: a write takes what fits, the next one fails."""
    left = room

    def write(handle: int, data: memoryview) -> int:
        nonlocal left
        if not left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = os.write(handle, data[:left])
        left -= taken
        return taken

    system.write = write  # type: ignore[method-assign]
    try:
        yield
    finally:
        del system.write


class Recorded:
    """A block in which all calls are noted, for `after_power_cut`."""

    def __enter__(self) -> "Recorded":
        self.log: list[tuple[str, Any, Any]] = []
        self.paths: dict[int, Path] = {}
        real = {name: getattr(system, name) for name in CALLS}

        def opened(path: Path, flags: int) -> int:
            handle = real["open"](path, flags)
            self.paths[handle] = Path(path)
            if flags & os.O_CREAT:
                self.log.append(("create", Path(path), None))
            return handle

        def write(handle: int, data: memoryview) -> int:
            taken = real["write"](handle, data)
            self.log.append(("write", self.paths[handle], bytes(data[:taken])))
            return taken

        def sync(handle: int) -> None:
            real["sync"](handle)
            self.log.append(("sync", self.paths[handle], None))

        def rename(source: Path, target: Path) -> None:
            real["rename"](source, target)
            self.log.append(("rename", Path(source), Path(target)))

        def remove(path: Path) -> None:
            real["remove"](path)
            self.log.append(("remove", Path(path), None))

        for name, call in (("open", opened), ("write", write), ("sync", sync), ("rename", rename), ("remove", remove)):
            setattr(system, name, call)
        return self

    def note(self, what: Any) -> None:
        """Note something of the test's own between the calls."""
        self.log.append(("note", what, None))

    def __exit__(self, *_: object) -> None:
        for name in ("open", "write", "sync", "rename", "remove"):
            delattr(system, name)


def after_power_cut(log: list[tuple[str, Any, Any]], early_names: bool) -> dict[str, bytes]:
    """What the disk holds when the power goes after these calls, by name, at its worst.

    A file has what was written to it before its last sync, and no more. Names are those of the last sync of their
    folder or, with `early_names`, those of now: a disk may have been quicker than it had to be.
    """
    written: dict[int, bytes] = {}
    durable: dict[int, bytes] = {}
    names: dict[str, int] = {}
    durable_names: dict[str, int] = {}
    for number, (kind, path, other) in enumerate(log):
        if kind == "create":
            names[path.name] = number
            written[number] = durable[number] = b""
        elif kind == "write":
            written[names[path.name]] += other
        elif kind == "sync" and path.name in names:
            durable[names[path.name]] = written[names[path.name]]
        elif kind == "sync":
            durable_names = dict(names)
        elif kind == "rename":
            names[other.name] = names.pop(path.name)
        elif kind == "remove":
            del names[path.name]
    return {name: durable[number] for name, number in (names if early_names else durable_names).items()}
