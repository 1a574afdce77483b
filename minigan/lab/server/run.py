"""Runs the server until a signal ends it."""

import errno
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from minigan.errors import ConfigError
from minigan.lab.server.app import make_app
from minigan.lab.server.messages import MOST_BYTES
from minigan.lab.server.tokens import kept_token
from minigan.lab.session import Session
from minigan.training.interrupt import StopRequest

__all__ = ["listen", "open_browser", "serve"]


class Stop(StopRequest):
    """The signals that end a run also end the server."""

    def __init__(self, end: Callable[[], None]) -> None:
        super().__init__()
        self.end = end

    def _ask(self, number: int, frame: FrameType | None) -> None:
        super()._ask(number, frame)
        self.end()


class Server(uvicorn.Server):
    """A server that ends at the same signals as every other command, and then lets its caller go on.

    uvicorn's own handlers send the signal again at the end, which would end the process before it has cleaned up.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stop = Stop(self.end)

    def end(self) -> None:
        """End soon."""
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals while the server runs."""
        with self.stop:
            yield


def serve(session: Session, port: int = 8642, show: Callable[[str], None] | None = None) -> int:
    """Show a session at ``http://127.0.0.1:PORT/?token=...`` until a signal comes.

    Parameters
    ----------
    session : Session
    port : int
        0 for any that is free.
    show : callable, optional
        Called with the address, when pages can connect.

    Returns
    -------
    int
        The number of the signal.

    Raises
    ------
    ConfigError
        Another program uses the port.
    """
    with listen(port) as listener:
        port = listener.getsockname()[1]
        with kept_token(port) as token:
            server = Server(settings(session, token, port))
            if show is not None:
                show(f"http://127.0.0.1:{port}/?token={token}")
            # A copy, for uvicorn closes it: the port stays taken until the token's file is gone.
            server.run([listener.dup()])
    return server.stop.asked


def settings(session: Session, token: str, port: int) -> uvicorn.Config:
    """The settings of uvicorn: the same parts on every machine, no words on the terminal, and limits."""
    return uvicorn.Config(
        make_app(session, token, port),
        loop="asyncio",
        http="h11",
        ws="websockets-sansio",
        ws_max_size=MOST_BYTES,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=200,
        timeout_graceful_shutdown=1,
    )


def listen(port: int) -> socket.socket:
    """A socket of this machine alone.

    Raises
    ------
    ConfigError
        Another program uses the port, or it is none that may be used.
    """
    try:
        listener = socket.create_server(("127.0.0.1", port))
        # Sockets that are accepted have it, too. Without it small messages wait for the receipt of those before.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = "another program uses it, perhaps another lab"
        else:
            problem = error.strerror or str(error)
        raise ConfigError(f"--port {port}: {problem}; --port 0 takes a free one") from None


def open_browser(address: str) -> bool:
    """Open the address in a browser; False if there is none."""
    if sys.platform.startswith("linux") and not {"BROWSER", "DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys():
        return False  # only browsers in the terminal could be found
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    threading.Thread(target=browser.open, args=[address], daemon=True).start()
    return True
