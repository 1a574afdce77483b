"""A page without a browser: a socket that asks, and takes answers and states."""

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from websockets.exceptions import ConnectionClosed
from websockets.frames import Close
from websockets.sync.client import ClientConnection, connect

from minigan.lab.wire import unpack

#: Seconds to wait for anything, on a machine with much else to do.
PATIENCE = 30


class Place(NamedTuple):
    """Where a lab is."""

    port: int
    token: str

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def page(self, token: str | None = None, origin: str | None = None, **options: Any) -> "Iterator[Page]":
        """A page that is connected."""
        address = f"ws://127.0.0.1:{self.port}/socket?token={self.token if token is None else token}"
        given = {"origin": origin or self.origin, "compression": None, "open_timeout": PATIENCE}
        unlimited = {"max_size": None, "max_queue": None}
        with connect(address, **{**given, **unlimited, **options}) as socket:
            yield Page(socket)

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """The answer to a request for a file: its status, its headers in small letters, its content."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()


class Page:
    """A socket of a lab.

    Attributes
    ----------
    state : dict or None
        The last state that came.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.state: dict[str, Any] | None = None
        self.number = 0

    def take(self) -> dict[str, Any]:
        """The next message."""
        message = unpack(self.socket.recv(timeout=PATIENCE))
        if message["kind"] == "state":
            self.state = message["state"]
        return message

    def send(self, **request: Any) -> int:
        """Send a request; returns its number."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, **request}))
        return self.number

    def answer(self, number: int | None) -> dict[str, Any]:
        """The answer with this number, after the messages that come before it."""
        while True:
            message = self.take()
            if message["kind"] == "answer" and message["id"] == number:
                return message

    def ask(self, **request: Any) -> Any:
        """The result of a request."""
        answer = self.answer(self.send(**request))
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def do(self, command: str, **settings: Any) -> None:
        assert self.ask(do=command, **{"with": settings}) is None

    def view(self, name: str, **options: Any) -> Any:
        return self.ask(view=name, **{"with": options})

    def refused(self, **request: Any) -> str:
        """The error that a request is answered with."""
        answer = self.answer(self.send(**request))
        assert "result" not in answer
        return answer["error"]

    def closed(self) -> Close:
        """How the server closes the socket, after what it sends before."""
        try:
            while True:
                self.take()
        except ConnectionClosed as closed:
            return closed.rcvd

    def wait_for(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first state, from the last one that came, that is as it should be."""
        while self.state is None or not condition(self.state):
            self.take()
        return self.state
