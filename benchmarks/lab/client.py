"""A page of the lab without a browser: it asks through the socket, and takes answers and states."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from minigan.lab.wire import unpack

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

__all__ = ["Client", "Place"]

#: Seconds to wait for anything, on a machine with much else to do.
PATIENCE = 60


class Place(NamedTuple):
    """Where a lab is."""

    port: int
    token: str

    @property
    def origin(self) -> str:
        """The first part of every address of its page."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def connect(self, token: str | None = None, origin: str | None = None, **options: Any) -> "Iterator[Client]":
        """A page that is connected; `options` are those of the socket."""
        from websockets.sync.client import connect

        address = f"ws://127.0.0.1:{self.port}/socket?token={self.token if token is None else token}"
        unlimited = {"compression": None, "max_size": None, "max_queue": None, "open_timeout": PATIENCE}
        with connect(address, origin=origin or self.origin, **{**unlimited, **options}) as socket:
            yield Client(socket)


class Client:
    """A socket of a lab.

    Attributes
    ----------
    state : dict or None
        The last state that came.
    """

    def __init__(self, socket: "ClientConnection") -> None:
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
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["result"]

    def do(self, command: str, **settings: Any) -> None:
        """Give a command, and wait until it is carried out."""
        self.ask(do=command, **{"with": settings})

    def view(self, name: str, **options: Any) -> Any:
        """A view."""
        return self.ask(view=name, **{"with": options})

    def wait_for(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first state, from the last one that came, that is as it should be."""
        while self.state is None or not condition(self.state):
            self.take()
        return self.state
