"""The pages that are connected: who steers, and what each is sent.

A page has at most a few requests under way; what it sends beyond that waits in its socket. States are not queued: a
page that is slow gets the newest one when it is ready for it.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from functools import partial
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from minigan.errors import ConfigError
from minigan.lab.server.faults import sentence
from minigan.lab.server.messages import NotJson, Request, id_of, read, request_of
from minigan.lab.server.worker import Worker
from minigan.lab.session import Session
from minigan.lab.wire import pack

__all__ = ["MOST_PAGES", "Page", "Pages"]

#: Pages at the same time.
MOST_PAGES = 16

#: Requests of one page under way.
MOST_REQUESTS = 32

#: Commands that only set a flag of the session: they need not wait for the end of a round.
FLAGS = ("play", "pause", "speed")

#: Bytes of an answer.
MOST_ANSWER = 2**25

#: Seconds between two states.
INTERVAL = 1 / 30

#: The code with which a socket is closed whose messages are no JSON, in the range that is free for applications.
NOT_JSON = 4400


class Pages:
    """All connected pages, in the order in which they came.

    Parameters
    ----------
    session : Session

    Attributes
    ----------
    steering : Page or None
        The one that may give commands.
    state : dict
        The newest state that is known.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.pages: list[Page] = []
        self.steering: Page | None = None
        self.state: dict[str, Any] = {}
        self.changed = asyncio.Event()

    async def run(self) -> None:
        """Follow the session and the pages, and give every new state to all pages."""
        loop = asyncio.get_running_loop()

        def report() -> None:
            loop.call_soon_threadsafe(self.changed.set)

        self.worker = Worker(self.session, report)
        try:
            while True:
                await self.changed.wait()
                self.changed.clear()
                if any(self.state.get(name) != value for name, value in self.flags().items()):
                    self.tell()  # without waiting for a step
                try:
                    self.state = await asyncio.wrap_future(self.worker.look(self.look))
                except Exception as error:
                    sentence(error)
                self.tell()
                await asyncio.sleep(INTERVAL)
        finally:
            self.worker.stop()

    def flags(self) -> dict[str, Any]:
        """What the commands in `FLAGS` set."""
        return {"playing": self.session.playing, "rounds_per_second": self.session.rounds_per_second}

    def tell(self) -> None:
        """Let all pages be sent the state that is known."""
        for page in self.pages:
            page.news.set()

    def look(self, session: Session) -> dict[str, Any]:
        """The state of the session, with what stopped its training."""
        return {**session.view("state"), "problem": self.worker.problem}

    def add(self, page: "Page") -> None:
        """A page has come; the first one steers."""
        self.pages.append(page)
        self.steering = self.steering or page
        self.changed.set()

    def remove(self, page: "Page") -> None:
        """A page has gone; if it was steering, the one that is connected longest does now."""
        self.pages.remove(page)
        if self.steering is page:
            self.steering = self.pages[0] if self.pages else None
        self.changed.set()

    def steer(self, page: "Page") -> None:
        """This page takes over the steering."""
        self.steering = page
        self.changed.set()


class Page:
    """One page: takes its requests, and sends answers and states."""

    def __init__(self, websocket: WebSocket, pages: Pages) -> None:
        self.websocket, self.pages = websocket, pages
        self.news = asyncio.Event()
        self.room = asyncio.Semaphore(MOST_REQUESTS)
        self.commands: set[asyncio.Future[None]] = set()
        self.views: asyncio.Queue[tuple[Request, set[asyncio.Future[None]]]] = asyncio.Queue()

    async def attend(self) -> None:
        """Serve the page until it goes."""
        self.pages.add(self)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.send_states())
                group.create_task(self.answer_views())
                while True:
                    await self.room.acquire()
                    self.take(await self.receive(), group)
        except* WebSocketDisconnect:
            pass
        except* NotJson as errors:
            with suppress(RuntimeError):  # it is closed already
                await self.websocket.close(NOT_JSON, str(errors.exceptions[0]))
        finally:
            self.pages.remove(self)

    async def receive(self) -> str:
        """The next text that the page sends."""
        message = await self.websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])
        text = message.get("text")
        if text is None:
            raise NotJson("expected a message in JSON, got bytes")
        return text

    def take(self, text: str, group: asyncio.TaskGroup) -> None:
        """Take a request: commands go to the worker in the order in which they come.

        A view waits for the commands and views that the page asked for before: so the page sees what it has done, and
        other pages get their turn.
        """
        message = read(text)
        try:
            request = request_of(message)
            if request.kind == "view":
                self.views.put_nowait((request, {*self.commands}))
            else:
                group.create_task(self.answer(request.id, self.carry_out(request)))
        except ConfigError as error:
            group.create_task(self.answer(id_of(message), refused(error)))

    def carry_out(self, request: Request) -> Awaitable[Any]:
        """Begin what only the page that steers may do; a command is carried out even if the page goes."""
        if request.kind == "steer":
            self.pages.steer(self)
            return nothing()
        if self.pages.steering is not self:
            raise ConfigError("this page watches: another page steers the session, until this one takes over")
        if request.name in FLAGS and not self.commands:
            self.pages.worker.flag(lambda session: session.do(request.name, request.arguments))
            return nothing()
        work = self.pages.worker.do(lambda session: session.do(request.name, request.arguments))
        command = asyncio.wrap_future(work)
        self.commands.add(command)
        command.add_done_callback(self.forget)
        return asyncio.shield(command)

    def forget(self, command: "asyncio.Future[None]") -> None:
        """A command is done; where its page has gone, nobody asks for its error, and that is no fault."""
        self.commands.discard(command)
        if not command.cancelled():
            command.exception()

    async def answer_views(self) -> None:
        """Answer the views one by one."""
        while True:
            request, before = await self.views.get()
            if before:
                await asyncio.wait(before)
            work = self.pages.worker.look(partial(Session.view, name=request.name, options=request.arguments))
            await self.answer(request.id, asyncio.wrap_future(work))

    async def answer(self, number: int | None, result: Awaitable[Any]) -> None:
        """Send what comes of a request."""
        try:
            data = pack({"kind": "answer", "id": number, "result": await result})
            if len(data) > MOST_ANSWER:
                raise ConfigError(f"the answer has {len(data):,} bytes: expected at most {MOST_ANSWER:,}")
        except Exception as error:
            data = pack({"kind": "answer", "id": number, "error": sentence(error)})
        await self.send(data)
        self.room.release()

    async def send_states(self) -> None:
        """Send the newest state after each change, and leave out those that came while the page was slow."""
        while True:
            await self.news.wait()
            self.news.clear()
            if self.pages.state:
                await self.send(pack({"kind": "state", "state": {**self.pages.state, **self.own_state()}}))

    def own_state(self) -> dict[str, Any]:
        """What the page is among the others, and the flags, which may be newer than the state."""
        pages = self.pages
        return {"steering": pages.steering is self, "pages": len(pages.pages), **pages.flags()}

    async def send(self, data: bytes) -> None:
        """Send bytes, when the page has taken those before."""
        if self.websocket.application_state is not WebSocketState.CONNECTED:
            raise WebSocketDisconnect
        await self.websocket.send_bytes(data)


async def nothing() -> None:
    """The result of a request that has none."""


async def refused(error: ConfigError) -> None:
    """The result of a request that is none."""
    raise error
