"""Runs the server until Ctrl-C."""

import secrets

from minigan.lab.session import Session

__all__ = ["serve"]


def serve(session: Session, port: int = 8642, open_browser: bool = True) -> None:
    """Show the session at ``http://127.0.0.1:PORT/?token=...`` until Ctrl-C."""
    import uvicorn

    from minigan.lab.server.app import make_app

    token = secrets.token_urlsafe(24)
    print(f"http://127.0.0.1:{port}/?token={token}", flush=True)
    uvicorn.run(make_app(session, token), host="127.0.0.1", port=port, log_level="warning")
