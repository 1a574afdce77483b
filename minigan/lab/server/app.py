"""The pages and the socket of the lab, as an ASGI application."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from minigan.errors import MiniganError
from minigan.lab.server.worker import Worker
from minigan.lab.session import Session
from minigan.lab.wire import pack

__all__ = ["make_app"]

PAGE = Path(__file__).parents[1] / "page"


def make_app(session: Session, token: str) -> Starlette:
    """The application that shows this session to pages that know the token."""
    pages: set[asyncio.Event] = set()
    loop: asyncio.AbstractEventLoop

    def changed() -> None:
        loop.call_soon_threadsafe(lambda: [page.set() for page in pages])

    @asynccontextmanager
    async def lifespan(app: Starlette) -> Any:
        nonlocal loop
        loop = asyncio.get_running_loop()
        app.state.worker = Worker(session, changed)
        yield
        app.state.worker.stop()

    async def socket(websocket: WebSocket) -> None:
        if websocket.query_params.get("token") != token:
            await websocket.close(4401)
            return
        await websocket.accept()
        worker: Worker = websocket.app.state.worker
        page = asyncio.Event()
        pages.add(page)

        async def tell() -> None:
            page.set()
            while True:
                await page.wait()
                page.clear()
                state = await asyncio.wrap_future(worker.ask(lambda session: session.view("state")))
                await websocket.send_bytes(pack({"kind": "state", "state": state}))
                await asyncio.sleep(0.03)

        telling = asyncio.create_task(tell())
        with suppress(WebSocketDisconnect):
            while True:
                await websocket.send_bytes(pack(await answer(worker, json.loads(await websocket.receive_text()))))
        telling.cancel()
        pages.discard(page)

    async def index(request: Any) -> FileResponse:
        return FileResponse(PAGE / "index.html")

    routes = [Route("/", index), WebSocketRoute("/socket", socket), Mount("/page", StaticFiles(directory=PAGE))]
    return Starlette(routes=routes, lifespan=lifespan)


async def answer(worker: Worker, request: dict[str, Any]) -> dict[str, Any]:
    """The answer to ``{"id": .., "do": command, "with": {..}}`` or ``{"id": .., "view": name, "with": {..}}``."""

    def work(session: Session) -> Any:
        if "do" in request:
            session.do(request["do"], request.get("with"))
            return None
        return session.view(request["view"], request.get("with"))

    try:
        result = await asyncio.wrap_future(worker.ask(work))
    except MiniganError as error:
        return {"kind": "answer", "id": request["id"], "error": str(error)}
    return {"kind": "answer", "id": request["id"], "result": result}
