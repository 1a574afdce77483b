"""A lab that runs in this process."""

import threading
from collections.abc import Iterator

import pytest

pytest.importorskip("uvicorn", reason="the packages of minigan[lab] are missing")

from minigan.lab import Session
from minigan.lab.server.run import Server, listen, settings
from tests.lab.server.client import Place

TOKEN = "t" * 32


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def place(session) -> Iterator[Place]:
    """A server that shows `session`."""
    before = set(threading.enumerate())
    with listen(0) as listener:
        port = listener.getsockname()[1]
        server = Server(settings(session, TOKEN, port))
        thread = threading.Thread(target=server.run, args=[[listener.dup()]])
        thread.start()
        try:
            yield Place(port, TOKEN)
        finally:
            server.end()
            thread.join(30)
    for left in set(threading.enumerate()) - before:
        if not left.name.startswith("minigan-"):  # those of the kernels stay for the next step
            left.join(30)  # those that read files end soon after the server
            assert not left.is_alive(), left
