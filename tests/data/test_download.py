"""Downloads, from a server on this machine: verified, cached, and never half done."""

import dataclasses
import gzip
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from minigan import data
from minigan.data import mnist

IMAGES, LABELS = mnist.FILES["train"]


class Server:
    """Files by their path; what was asked for is kept in `requests`."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.promised_too_much: set[str] = set()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests.append(self.path)
                content = server.files.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                extra = 1000 if self.path in server.promised_too_much else 0
                self.send_header("Content-Length", str(len(content) + extra))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        if self.thread.is_alive():
            self.http.shutdown()
            self.thread.join()
            self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def home(tmp_path, monkeypatch, server, as_idx, images, labels) -> Path:
    """The folder that the files of MNIST, as published on two mirrors of the server, are to come to."""
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    files = {IMAGES: as_idx(images), LABELS: as_idx(labels)}
    for mirror in "ab":
        for name, content in files.items():
            server.files[f"/{mirror}/{name}.gz"] = gzip.compress(content)
    source = dataclasses.replace(
        mnist.SOURCES["mnist"],
        mirrors=(f"{server.url}/a/", f"{server.url}/b/"),
        md5={name: hashlib.md5(content, usedforsecurity=False).hexdigest() for name, content in files.items()},
    )
    monkeypatch.setitem(mnist.SOURCES, "mnist", source)
    return tmp_path / "cache" / "mnist"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_files_are_downloaded_once_and_then_found(home, server, images, labels):
    dataset = data.load("mnist")
    np.testing.assert_array_equal(dataset.images[..., 0], images)
    np.testing.assert_array_equal(dataset.labels, labels)
    assert server.requests == [f"/a/{IMAGES}.gz", f"/a/{LABELS}.gz"]
    assert names(home) == [f"{IMAGES}.gz", f"{LABELS}.gz"]

    server.close()
    np.testing.assert_array_equal(data.load("mnist").images, dataset.images)


def test_a_second_download_keeps_the_files_already_there(home, server, refuses):
    labels = {path: server.files.pop(path) for path in list(server.files) if LABELS in path}
    with refuses(f"cannot download {LABELS}.gz"):
        data.load("mnist")
    assert names(home) == [f"{IMAGES}.gz"]

    server.files.update(labels)
    server.requests.clear()
    assert len(data.load("mnist")) == 7
    assert server.requests == [f"/a/{LABELS}.gz"]


def test_the_next_mirror_is_tried_when_one_lacks_the_file(home, server):
    del server.files[f"/a/{IMAGES}.gz"]
    assert len(data.load("mnist")) == 7
    assert server.requests == [f"/a/{IMAGES}.gz", f"/b/{IMAGES}.gz", f"/a/{LABELS}.gz"]


@pytest.mark.parametrize(
    "corrupt",
    [
        lambda content: content[:-10],
        lambda content: b"<html>Please log in to this network</html>",
        lambda content: gzip.compress(gzip.decompress(content)[:-1] + b"?"),
        lambda content: b"",
    ],
    ids=["cut short", "another page", "another pixel", "empty"],
)
def test_a_corrupted_download_is_rejected_for_the_next_mirror(corrupt, home, server, images):
    path = f"/a/{IMAGES}.gz"
    server.files[path] = corrupt(server.files[path])
    np.testing.assert_array_equal(data.load("mnist").images[..., 0], images)
    assert f"/b/{IMAGES}.gz" in server.requests
    assert (home / f"{IMAGES}.gz").read_bytes() == server.files[f"/b/{IMAGES}.gz"]


def test_a_connection_that_breaks_off_leaves_nothing(home, server, refuses):
    server.promised_too_much = set(server.files)
    with refuses(f"cannot download {IMAGES}.gz"):
        data.load("mnist")
    assert names(home) == []


def test_a_file_corrupted_on_every_mirror_leaves_nothing(home, server, refuses):
    wrong = b"wrong"
    for mirror in "ab":
        server.files[f"/{mirror}/{IMAGES}.gz"] = gzip.compress(wrong)
    with refuses(
        f"mnist: cannot download {IMAGES}.gz",
        f"{server.url}/a/{IMAGES}.gz ({IMAGES}: expected md5",
        f"{server.url}/b/{IMAGES}.gz ({IMAGES}: expected md5",
        hashlib.md5(wrong, usedforsecurity=False).hexdigest(),
    ):
        data.load("mnist")
    assert names(home) == []


def test_a_damaged_file_in_the_cache_is_replaced(home, server, images):
    home.mkdir(parents=True)
    half = server.files[f"/a/{IMAGES}.gz"][:40]
    (home / f"{IMAGES}.gz").write_bytes(half)
    np.testing.assert_array_equal(data.load("mnist").images[..., 0], images)
    assert (home / f"{IMAGES}.gz").read_bytes() == server.files[f"/a/{IMAGES}.gz"]


def test_files_that_the_server_unpacked_are_taken(home, server, as_idx, images):
    server.files[f"/a/{IMAGES}.gz"] = as_idx(images)
    np.testing.assert_array_equal(data.load("mnist").images[..., 0], images)
    assert f"/b/{IMAGES}.gz" not in server.requests


def test_without_a_network_the_message_names_what_was_tried_and_what_to_do(home, server, refuses):
    server.close()
    with refuses(
        f"mnist: cannot download {IMAGES}.gz, tried {server.url}/a/{IMAGES}.gz (ConnectionError), "
        f"{server.url}/b/{IMAGES}.gz (ConnectionError)",
        f"put {IMAGES}.gz and {LABELS}.gz into {home} by hand",
        "MINIGAN_DATA",
        "mnist:FOLDER",
    ):
        data.load("mnist")
    assert names(home) == []


def test_an_http_error_is_reported_by_its_number(home, server, refuses):
    server.files.clear()
    with refuses(f"{server.url}/a/{IMAGES}.gz (HTTP 404)", f"{server.url}/b/{IMAGES}.gz (HTTP 404)"):
        data.load("mnist")


def test_a_cache_that_cannot_be_written_is_refused(home, server, refuses):
    home.parent.write_text("a file where the cache folder should be")
    with refuses(f"mnist: cannot write {home / IMAGES}.gz: "):
        data.load("mnist")
    assert server.requests == []


def test_an_interrupted_download_leaves_nothing(home, monkeypatch):
    import pooch

    def interrupted(self, url, output_file, pooch):
        Path(output_file).write_bytes(b"half a")
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        data.load("mnist")
    assert names(home) == []
