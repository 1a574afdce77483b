"""Lost connections, links, and several pages."""

from urllib.parse import urlsplit

import pytest

pytest.importorskip("playwright", reason="the browser is driven by the extra [browser]")

from playwright.sync_api import expect

from tests.lab.browser.conftest import running
from tests.lab.browser.parts import control, expect_round, link, notice

#: What the browser itself says about a socket without a server.
LOST = "WebSocket"


def test_after_kill_9_the_page_says_so_and_restores_the_set_up(open_tab, tmp_path):
    with running(tmp_path) as first:
        tab = open_tab(first, expected=LOST, hash=link({"data": "moons", "g_learning_rate": 0.0007}))
        expect(control(tab, "g-learning-rate")).to_have_value("0.0007")
        control(tab, "round").click()
        expect_round(tab, 1)
        first.kill()
        expect(tab.locator('[data-status="lost"], [data-status="connecting"]')).to_be_visible()
        with running(tmp_path, "--port", str(first.port)) as second:
            assert second.address == first.address
            expect(tab.locator('[data-status="connected"]')).to_be_visible(timeout=20_000)
            expect(notice(tab, "started again")).to_be_visible()
            expect(control(tab, "data")).to_have_value("moons")
            expect(control(tab, "g-learning-rate")).to_have_value("0.0007")
            expect_round(tab, 0)


def test_a_link_restores_the_whole_set_up_and_a_damaged_one_is_told(open_tab, server):
    setup = {"data": "spiral", "loss": "hinge", "d_steps": 3, "momentum": 0.25, "seed": 5}
    tab = open_tab(server, hash=link(setup))
    expect(notice(tab, "set-up of the link")).to_be_visible()
    for name, value in (("data", "spiral"), ("loss", "hinge"), ("momentum", "0.25")):
        expect(control(tab, name)).to_have_value(value)
    tab.context.close()
    other = open_tab(server, hash="#setup=AAAA")
    expect(notice(other, "cannot be read")).to_be_visible()
    expect(control(other, "data")).to_have_value("spiral")


def test_a_second_page_watches_and_takes_over(open_tab, server):
    first = open_tab(server, hash=link({"data": "ring", "seed": 8}))
    second = open_tab(server)
    expect(second.get_by_text("You are watching")).to_be_visible()
    control(first, "round").click()
    expect_round(second, 1)
    control(second, "round").click()
    expect(notice(second, "this page watches")).to_be_visible()
    control(second, "take-over").click()
    expect(first.get_by_text("You are watching")).to_be_visible()
    control(second, "round").click()
    expect_round(first, 2)


def test_a_page_without_the_token_asks_for_the_address(browser, server):
    tab = browser.new_page()
    tab.goto(f"http://{urlsplit(server.address).netloc}/?token=wrong")
    expect(tab.get_by_text("minigan lab", exact=False).first).to_be_visible()
    expect(control(tab, "play")).to_be_hidden()
    tab.close()
