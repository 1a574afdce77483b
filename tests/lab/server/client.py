"""A page without a browser, as the benchmarks have it, with what tests ask for beyond that."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

from benchmarks.lab import client
from benchmarks.lab.client import PATIENCE, Client

__all__ = ["PATIENCE", "Page", "Place"]


class Page(Client):
    """A socket of a lab."""

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


class Place(client.Place):
    """Where a lab is."""

    @contextmanager
    def page(self, **options: Any) -> Iterator[Page]:
        """A page that is connected."""
        with self.connect(**options) as connected:
            yield Page(connected.socket)

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """The answer to a request for a file: its status, its headers in small letters, its content."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()
