"""Who may see the lab, and what a page may load."""

import base64
import hashlib
import re
import socket
from contextlib import ExitStack

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from minigan.lab.server.guard import page_policy
from minigan.lab.server.messages import MOST_BYTES
from minigan.lab.server.pages import MOST_PAGES


def policy_of(headers: dict[str, str]) -> dict[str, list[str]]:
    rules = (rule.split() for rule in headers["content-security-policy"].split(";"))
    return {name: values for name, *values in rules}


@pytest.mark.parametrize("path", ["/", "/page/js/main.js", "/page/nothing.js", "/nothing"])
def test_every_answer_limits_what_a_page_may_do(place, path):
    status, headers, _ = place.get(path)
    assert status == (404 if "nothing" in path else 200)
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
    policy = policy_of(headers)
    assert policy["default-src"] == ["'self'"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(policy["script-src"])
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["connect-src"] == ["'self'", f"ws://127.0.0.1:{place.port}", f"ws://localhost:{place.port}"]


def test_the_page_may_run_the_scripts_in_its_own_text_and_no_other(place):
    _, headers, content = place.get("/")
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", content.decode(), re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert policy_of(headers)["script-src"] == ["'self'", *(f"'sha256-{digest}'" for digest in digests)]


def test_a_script_with_an_address_of_its_own_has_no_digest():
    assert "sha256" not in page_policy('<script src="a.js"></script>', ("h",))
    assert page_policy("<script>a</script><script type='module'>b</script>", ("h",)).count("sha256") == 2


def test_scripts_and_styles_have_the_types_that_a_browser_runs(place):
    assert place.get("/page/js/main.js")[1]["content-type"].startswith("text/javascript")
    assert place.get("/page/lab.css")[1]["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    "path", ["/page/../server/run.py", "/page/%2e%2e/server/run.py", "/page//etc/passwd", "/page/"]
)
def test_no_file_outside_of_the_page_s_folder_is_served(place, path):
    assert place.get(path)[0] == 404


def test_only_reading_is_allowed(place):
    assert {place.get("/", method)[0] for method in ("POST", "PUT", "DELETE", "OPTIONS")} == {405}
    assert {place.get("/page/lab.css", method)[0] for method in ("POST", "DELETE")} == {405}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "evil.example:{port}", ""])
def test_another_host_is_refused(place, host):
    status, headers, content = place.get("/", Host=host.format(port=place.port))
    assert (status, headers["cache-control"]) == (421, "no-store")
    assert content == f"expected the host 127.0.0.1:{place.port}\n".encode()


def test_localhost_is_the_same_host(place):
    assert place.get("/", Host=f"localhost:{place.port}")[0] == 200
    with place.page(origin=f"http://localhost:{place.port}") as page:
        assert page.view("state")["step"] == 0


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://127.0.0.1", "https://127.0.0.1:{port}", "http://127.0.0.1:{port}.evil", "null"],
)
def test_a_socket_of_another_page_is_refused(place, origin):
    with pytest.raises(InvalidStatus, match="403"), place.page(origin=origin.format(port=place.port)):
        pass


def test_a_socket_with_another_host_is_refused(place):
    address = f"ws://evil.example:{place.port}/socket?token={place.token}"
    with (
        socket.create_connection(("127.0.0.1", place.port)) as connection,
        pytest.raises(InvalidStatus, match="403"),
        connect(address, sock=connection, origin=place.origin),
    ):
        pass


@pytest.mark.parametrize("token", ["", "wrong", "t" * 31, "t" * 33, "%C3%A9", "%00"])
def test_a_wrong_token_closes_the_socket_with_a_code_that_a_page_can_read(place, session, token):
    with place.page(token=token) as page:
        closed = page.closed()
    assert closed.code == 4401
    assert "token" in closed.reason
    assert session.trainer.step == 0


def test_a_message_that_is_too_large_closes_its_own_socket_only(place):
    with place.page() as other:
        with place.page() as page:
            page.socket.send('{"id": 1, "view": "' + "x" * MOST_BYTES + '"}')
            assert page.closed().code == 1009
        assert other.view("state")["step"] == 0


def test_a_set_up_with_2000_points_drawn_by_hand_fits(place):
    drawn = [[0.123456789012345678 + i / 3, -9.876543210987654321 * (i / 100)] for i in range(2000)]
    with place.page() as page:
        page.do("choose", setup={"data": "drawn", "drawn": drawn})
        assert page.view("state")["setup"]["data"] == "drawn"


def test_one_page_more_than_there_can_be_is_refused_until_another_goes(place):
    with ExitStack() as stack:
        pages = [stack.enter_context(place.page()) for _ in range(MOST_PAGES)]
        assert pages[0].wait_for(lambda state: state["pages"] == MOST_PAGES)
        with place.page() as page:
            assert page.closed().code == 4429
        pages[-1].socket.close()
        pages[0].wait_for(lambda state: state["pages"] == MOST_PAGES - 1)
        with place.page() as page:
            assert page.view("state")["step"] == 0
