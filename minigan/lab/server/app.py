"""The files and the socket of the lab, as an ASGI application."""

import asyncio
import mimetypes
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from minigan.lab.server.guard import Guard, page_policy
from minigan.lab.server.pages import MOST_PAGES, Page, Pages
from minigan.lab.session import Session

__all__ = ["make_app"]

#: The folder of the page.
PAGE = Path(__file__).parents[1] / "page"

#: Why a socket is closed, in the range that is free for applications.
WRONG_TOKEN, TOO_MANY_PAGES = 4401, 4429

# Windows may have other types in its registry, and a browser runs no script of another type.
mimetypes.add_type("text/javascript", ".js")


def make_app(session: Session, token: str, port: int) -> Starlette:
    """The application that shows a session to the pages that know the token."""
    pages = Pages(session)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        following = asyncio.create_task(pages.run())
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following

    async def socket(websocket: WebSocket) -> None:
        # A page can read the code of a socket that was open, but not the status of one that was refused.
        await websocket.accept()
        given = websocket.query_params.get("token", "")
        if not secrets.compare_digest(given.encode(), token.encode()):
            await websocket.close(WRONG_TOKEN, "the token in the address is not the one of this lab")
        elif len(pages.pages) >= MOST_PAGES:
            await websocket.close(TOO_MANY_PAGES, f"at most {MOST_PAGES} pages can be open")
        else:
            await Page(websocket, pages).attend()

    async def index(request: Request) -> HTMLResponse:
        html = (PAGE / "index.html").read_text("utf-8")
        hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        return HTMLResponse(html, headers={"Content-Security-Policy": page_policy(html, hosts)})

    routes = [Route("/", index), WebSocketRoute("/socket", socket), Mount("/page", StaticFiles(directory=PAGE))]
    return Starlette(routes=routes, lifespan=lifespan, middleware=[Middleware(Guard, port=port)])
