"""The page of the lab in one file: a recording in the place of the server, without Python and without a network."""

import zlib
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sphinx", reason="the site is built with the extra [docs]")

from docs.extensions.player import RECORDING, player
from docs.figures import lab_recording
from minigan.lab import Session
from minigan.lab.wire import unpack
from tests.browser import chromium, with_browser


def test_a_recording_is_the_same_each_time():
    first, second = (lab_recording.compressed(lab_recording.record((0, 1, 3), (1,))) for _ in range(2))
    assert first == second


def test_the_recording_says_what_a_session_says():
    short = lab_recording.record((0, 2), ())
    session = Session(lab_recording.setup())
    session.do("round", {"count": 2})
    found = short["answers"][short["places"][1]["views"]["points"]]["fake"]
    np.testing.assert_allclose(found, session.view("points", lab_recording.VIEWS["points"])["fake"], rtol=2**-7)


def test_the_file_of_the_recording_has_the_form_of_today():
    kept = unpack(zlib.decompress(RECORDING.read_bytes()))
    made = lab_recording.record((0, 1), (0,))
    assert kept["places"][0].keys() == made["places"][0].keys()
    assert kept["places"][0]["state"].keys() == made["places"][0]["state"].keys()
    assert kept["looks"][0].keys() == made["looks"][0].keys()
    assert [place["state"]["step"] for place in kept["places"]] == sorted(set(lab_recording.ROUNDS))
    assert RECORDING.stat().st_size < 310_000


@pytest.mark.slow
@with_browser
def test_the_player_plays_steps_and_looks_inside_from_a_file(tmp_path: Path):
    from playwright.sync_api import expect

    page = tmp_path / "lab.html"
    page.write_text(player(), encoding="utf-8")
    wrong: list[str] = []
    with chromium() as browser:
        tab = browser.new_page(viewport={"width": 400, "height": 900})
        tab.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("request", lambda request: wrong.append(request.url) if request.url.startswith("http") else None)
        tab.goto(page.as_uri())
        rounds = tab.locator("output.counter")
        for control, shown in (("round", "Round 1"), ("round", "Round 2"), ("back", "Round 1")):
            tab.locator(f"[data-control={control}]").click()
            expect(rounds).to_have_text(shown)
        tab.locator("[data-control=play]").click()
        expect(rounds).to_have_text(f"Round {lab_recording.ROUNDS[-1]:,}", timeout=20_000)
        tab.get_by_role("tab", name="One step").click()
        tab.locator("[data-control=station-next]").first.click()
        expect(tab.get_by_role("heading", name="G forward")).to_be_visible()
        tab.get_by_role("tab", name="Inside a layer").click()
        expect(tab.get_by_role("heading", name="Dense")).to_be_visible()
        assert tab.evaluate("document.documentElement.scrollWidth") <= 400
    assert not wrong
