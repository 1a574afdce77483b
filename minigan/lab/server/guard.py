"""What every request has to pass, and what every answer carries.

A browser lets any page of the web send requests to this machine. The name in `Host` is what the browser believes it
talks to: another name than this machine's is that of a page that was made to point here (DNS rebinding). `Origin` is
the page that opens a socket; the browser states it, and no page can change it. A token in the address keeps out the
other programs and users of this machine.
"""

import base64
import hashlib
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard", "page_policy"]

#: The headers of every answer.
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

#: Scripts that stand in a page itself.
INLINE_SCRIPT = re.compile(r"<script\b(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


class Guard:
    """Refuses requests of foreign pages, and adds the headers that limit what a page may do.

    Parameters
    ----------
    app : ASGI application
    port : int
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.app = app
        self.hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self.origins = tuple(f"http://{host}" for host in self.hosts)
        self.policy = page_policy("", self.hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        own_host = headers.get("host") in self.hosts
        if scope["type"] == "websocket":
            if own_host and headers.get("origin") in self.origins:
                await self.app(scope, receive, send)
            else:
                await send({"type": "websocket.close"})  # the socket is not opened: the answer has the status 403
        elif own_host:
            await self.app(scope, receive, self.with_headers(send))
        else:
            refusal = PlainTextResponse(f"expected the host {self.hosts[0]}\n", 421, HEADERS)
            await refusal(scope, receive, send)

    def with_headers(self, send: Send) -> Send:
        """A `send` that adds the headers; a policy that is there already stays."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Content-Security-Policy", self.policy)
            await send(message)

        return send_with_headers


def page_policy(html: str, hosts: tuple[str, ...]) -> str:
    """The Content-Security-Policy of a page: files and sockets of this server, and the scripts in its own text."""
    digests = (hashlib.sha256(script.encode()).digest() for script in INLINE_SCRIPT.findall(html))
    inline = "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    sockets = " ".join(f"ws://{host}" for host in hosts)
    return (
        f"default-src 'self'; script-src 'self'{inline}; connect-src 'self' {sockets}; img-src 'self' data: blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
