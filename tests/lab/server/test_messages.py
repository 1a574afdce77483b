"""Messages of all kinds: each is answered or refused, and the session lives on."""

import json
import random
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed

from minigan.lab.views import VIEWS
from tests.lab.server.client import Page

BAD = [
    ("[]", None),
    ("7", None),
    ("null", None),
    ('"text"', None),
    ("{}", None),
    ('{"id": 1}', 1),
    ('{"id": true, "view": "state"}', None),
    ('{"id": -1, "view": "state"}', None),
    ('{"id": 1.5, "view": "state"}', None),
    ('{"id": 9007199254740993, "view": "state"}', None),
    ('{"view": "state"}', None),
    ('{"id": 2, "view": "state", "do": "play"}', 2),
    ('{"id": 3, "view": ["state"]}', 3),
    ('{"id": 4, "view": "state", "with": [1]}', 4),
    ('{"id": 4, "view": "state", "with": null}', 4),
    ('{"id": 5, "view": "state", "more": 1}', 5),
    ('{"id": 6, "steer": false}', 6),
    ('{"id": 6, "steer": true, "with": {}}', 6),
    ('{"id": 7, "do": "speed", "with": {"rounds_per_second": NaN}}', 7),
    ('{"id": 7, "do": "speed", "with": {"rounds_per_second": 1e999}}', 7),
    ('{"id": 8, "do": "choose", "with": {"setup": ' + "[" * 50 + "]" * 50 + "}}", 8),
    ('{"id": 9, "do": "__init__"}', 9),
    ('{"id": 9, "do": "begin"}', 9),
    ('{"id": 9, "view": "nothing"}', 9),
    ('{"id": 9, "view": "state", "with": {"session": 1}}', 9),
]


def test_what_is_no_request_is_answered_with_an_error(place):
    with place.page() as page:
        for text, number in BAD:
            page.socket.send(text)
            answer = page.answer(number)
            assert answer["error"], text
            assert "fault of minigan" not in answer["error"], text
        assert page.view("state")["step"] == 0


@pytest.mark.parametrize("message", ["", "{", "nonsense", '{"id": 1', "[" * 100_000, "9" * 5000, b"\x00\x01", b"{}"])
def test_what_is_no_json_closes_the_socket_with_a_code(place, message):
    with place.page() as page:
        page.socket.send(message)
        assert page.closed().code == 4400


def test_a_wrong_argument_is_named_in_the_answer(place):
    with place.page() as page:
        assert "coun" in page.refused(do="back", **{"with": {"coun": 1}})
        assert "count" in page.refused(view="points", **{"with": {"count": "many"}})


def test_a_fault_of_minigan_is_said_and_printed_and_the_session_lives_on(place, session, monkeypatch, capfd):
    def broken(session: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setitem(VIEWS, "broken", broken)
    with place.page() as page:
        assert page.refused(view="broken") == "this is a fault of minigan: ZeroDivisionError: by nothing"
        assert page.view("state")["step"] == 0
    assert "in broken" in capfd.readouterr().err


def test_a_view_that_cannot_be_sent_is_a_fault_too(place, monkeypatch, capfd):
    monkeypatch.setitem(VIEWS, "odd", lambda session: {"value": object()})
    with place.page() as page:
        assert "fault of minigan" in page.refused(view="odd")
        assert page.view("state")["step"] == 0
    assert "TypeError" in capfd.readouterr().err


def test_an_answer_without_a_bound_is_not_sent(place, monkeypatch):
    monkeypatch.setitem(VIEWS, "large", lambda session: {"value": "x" * 2**26})
    with place.page() as page:
        assert "bytes: expected at most" in page.refused(view="large")


def random_value(random: random.Random, depth: int = 0) -> object:
    """Any JSON value, often one that is nearly right."""
    kinds = [
        lambda: random.choice(
            [None, True, False, 0, 1, -1, 2**31, 2**63, 2**70, 0.5, -0.0, 1e300, "", "ring", "é\ud800"]
        ),
        lambda: random.choice(["state", "points", "round", "back", "seed", "choose", "minimax", "Dense"]),
        lambda: [random_value(random, depth + 1) for _ in range(random.randrange(4))],
        lambda: {
            random.choice(["count", "seed", "setup", "place", "size", "type", "x", ""]): random_value(random, depth + 1)
            for _ in range(random.randrange(4))
        },
    ]
    return random.choice(kinds if depth < 3 else kinds[:2])()


def random_text(random: random.Random, number: int) -> str:
    """A message that is nearly a request, or far from one."""
    kind = random.choice(["do", "view", "steer", "", "od"])
    name = random.choice([*VIEWS, "choose", "change", "seed", "speed", "back", "go", "x"])
    message = {"id": number, kind: name, "with": random_value(random)}
    for key in list(message):
        if random.random() < 0.1:
            message[key] = random_value(random)
    if random.random() < 0.1:
        message[str(random_value(random))] = random_value(random)
    text = json.dumps(message if random.random() < 0.9 else random_value(random))
    if random.random() < 0.1:
        place = random.randrange(len(text) + 1)
        text = text[:place] + random.choice('{}[]",:x\0') + text[place + 1 :]
    return text


def test_2000_random_messages_are_answered_or_refused_and_nothing_is_lost(place, capfd):
    texts = [random_text(random.Random(number), number) for number in range(2000)]
    codes = {None: 0, 4400: 0}
    with ExitStack() as stack:
        page = stack.enter_context(place.page())
        for text in texts:
            code = code_after(page, text)
            codes[code] += 1
            if code is not None:
                stack.close()
                page = stack.enter_context(place.page())
    assert sum(codes.values()) == 2000
    assert min(codes.values()) > 20
    with place.page() as page:
        page.do("seed", seed=3)
        page.do("round")
        assert page.view("state")["step"] == 1
    assert capfd.readouterr().err == ""


def code_after(page: Page, text: str) -> int | None:
    """None if the text is answered, else the code with which the socket is closed."""
    page.socket.send(text)
    try:
        while page.take()["kind"] != "answer":
            pass
    except ConnectionClosed as closed:
        return closed.rcvd.code
    return None
