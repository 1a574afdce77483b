"""Downloads into the cache: from several mirrors; every file is verified and complete."""

import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from minigan.data.progress import transfer
from minigan.errors import DataError
from minigan.io.messages import one_line

if TYPE_CHECKING:
    from requests import RequestException

__all__ = ["download"]

#: Seconds to wait for a connection, and for the next bytes on it.
TIMEOUT = (10.0, 30.0)

T = TypeVar("T")


def download(urls: Sequence[str], target: Path, check: Callable[[bytes], T]) -> T:
    """Download the first of `urls` that works to `target`.

    The bytes go to a temporary file beside `target`, which is renamed only after `check` has passed: a
    reader finds the complete file or none, also after a crash.

    Parameters
    ----------
    urls : sequence of str
        The same file on several mirrors, tried in order.
    target : Path
        Its folder is made if it does not exist.
    check : callable
        Given the file's bytes, raises `DataError` if they are not the right ones.

    Returns
    -------
    What `check` returned.

    Raises
    ------
    DataError
        No mirror gave the right file (the message has the reason for each), or `target` cannot be written.
    """
    from requests import RequestException

    failures = []
    for url in urls:
        try:
            return _download_one(url, target, check)
        except RequestException as error:  # an OSError too, so it comes first
            failures.append(f"{url} ({_reason(error)})")
        except DataError as error:
            failures.append(f"{url} ({error})")
        except OSError as error:
            raise DataError(f"cannot write {target}: {one_line(error)}") from None
    raise DataError(f"cannot download {target.name}, tried {', '.join(failures)}")


def _download_one(url: str, target: Path, check: Callable[[bytes], T]) -> T:
    from pooch import HTTPDownloader

    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        with transfer(target.name) as bar:
            HTTPDownloader(progressbar=bar, chunk_size=2**16, timeout=TIMEOUT)(url, str(part), None)
        checked = check(part.read_bytes())
        part.replace(target)
        return checked
    finally:
        part.unlink(missing_ok=True)


def _reason(error: "RequestException") -> str:
    """A short reason instead of the long message of requests: ``HTTP 404``, ``ConnectionError``, ``ReadTimeout``."""
    return type(error).__name__ if error.response is None else f"HTTP {error.response.status_code}"
