"""The token of a lab, kept in a private file while the lab runs.

After a lab was killed, the next one at the same port finds the file and uses the token again: pages that are still open
come back by themselves. Only one process can listen at a port, so whoever asks for the token of a port that it holds
knows that the process before it is gone.
"""

import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from minigan.io.atomic_write import atomic_path
from minigan.io.cache_folder import cache_folder
from minigan.io.safe_read import open_file

__all__ = ["kept_token"]

#: Bytes of a token, and of the largest file that is read.
RANDOM, MOST = 24, 1000


@contextmanager
def kept_token(port: int) -> Iterator[str]:
    """The token for this port: that of a lab that was killed, else a new one. The file is removed at the end.

    Where nothing can be written there is no file, and each start has a new token.
    """
    path = folder() / f"lab-{port}.json"
    token = read_token(path) or secrets.token_urlsafe(RANDOM)
    with suppress(OSError):
        write_token(path, token)
    try:
        yield token
    finally:
        with suppress(OSError):
            path.unlink()


def folder() -> Path:
    """The user's folder for what belongs to running programs, or else the cache."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / "minigan" if runtime else cache_folder()


def read_token(path: Path) -> str | None:
    """The token in the file; None if there is none, or if another user could have read or written it."""
    try:
        with open_file(path) as file:
            status = os.fstat(file.fileno())
            if hasattr(os, "getuid") and (status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077):
                return None
            token = json.loads(file.read(MOST))["token"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return token if isinstance(token, str) and len(token) == len(secrets.token_urlsafe(RANDOM)) else None


def write_token(path: Path, token: str) -> None:
    """Write the file for this user alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        temporary.chmod(0o600)
        temporary.write_text(json.dumps({"token": token, "process": os.getpid()}) + "\n", "utf-8")
