"""The server of the lab: one session, shown to the pages of this machine.

It stands on three small packages that are well kept and do what is easy to get wrong: Starlette has the routes and
serves the files of the page, uvicorn speaks HTTP, and websockets the socket's protocol. They share one interface, ASGI.
The standard library has no socket of this kind, and its HTTP server is not meant for use with browsers that are open.

A message takes this way::

    socket  ->  messages: is it a request?  ->  pages: may this page?  ->  worker: one thread, one session  ->  socket
"""

from minigan.interchange.optional_imports import need

__all__ = ["open_browser", "serve"]

for package in ("starlette", "uvicorn", "websockets"):
    need(package, "minigan lab", "'minigan[lab]'")

from minigan.lab.server.run import open_browser, serve  # noqa: E402 (it imports them)
