"""Private pipes, links, sockets and terminals in a test's own folder, to write to."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["needs_posix", "read_pipe", "socket_at", "terminal"]

needs_posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")


@contextmanager
def read_pipe(path: Path) -> Iterator[list[bytes]]:
    """A block in which somebody reads a new named pipe; afterwards the list has what was written to it."""
    os.mkfifo(path)
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # there is a reader before the block begins
    os.set_blocking(handle, True)
    writer = os.open(path, os.O_WRONLY)  # the end of one writer is not the end for the reader
    found: list[bytes] = []

    def read() -> None:
        with open(handle, "rb") as file:
            found.append(file.read())

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield found
    finally:
        os.close(writer)
        thread.join(30)


@contextmanager
def socket_at(path: Path) -> Iterator[None]:
    """A block with a socket at a path."""
    with socket.socket(socket.AF_UNIX) as server:
        before = os.getcwd()
        os.chdir(path.parent)  # the name of a socket may be no longer than about a hundred characters
        try:
            server.bind(path.name)
        finally:
            os.chdir(before)
        yield


@contextmanager
def terminal() -> Iterator[tuple[Path, int]]:
    """A block with the path of a new terminal, a character device, and the handle to read what is shown on it."""
    import pty
    import tty

    master, slave = pty.openpty()
    tty.setraw(slave)
    try:
        yield Path(os.ttyname(slave)), master
    finally:
        os.close(slave)
        os.close(master)
