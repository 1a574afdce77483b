"""The first screen and the form of the set-up, as one who has never seen them uses them."""

from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("playwright", reason="the browser is driven by the extra [browser]")

from playwright.sync_api import Page, expect


def control(tab: Page, name: str):
    return tab.locator(f'[data-control="{name}"]')


def begin_trained(tab: Page) -> None:
    """The trained ring, whatever was there before."""
    expect(control(tab, "start")).to_be_attached()
    control(tab, "start").select_option("ring-collapsed")
    control(tab, "choose").click()
    expect(control(tab, "start")).to_have_value("ring-collapsed")
    expect(control(tab, "choose")).to_be_hidden()
    control(tab, "start").select_option("ring")
    control(tab, "choose").click()
    expect(control(tab, "choose")).to_be_hidden()


def test_the_first_words_lead_to_new_networks_and_go(tab):
    begin_trained(tab)
    control(tab, "train-new").click()
    expect(tab.locator(".hint")).to_be_hidden()
    expect(control(tab, "start")).to_have_value("")
    control(tab, "pause").click()
    expect(control(tab, "g-learning-rate")).to_have_value("0.001")


@pytest.fixture
def pictures(tmp_path):
    for i in range(40):
        pixels = np.random.default_rng(i).integers(0, 255, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{i}.png")
    return tmp_path


def test_a_folder_of_pictures_can_follow_a_trained_start(tab, pictures):
    begin_trained(tab)
    control(tab, "data").select_option("folder:")
    control(tab, "folder").fill(str(pictures / "missing"))
    control(tab, "folder").press("Tab")
    control(tab, "choose").click()
    expect(tab.locator(".fault", has_text="no such folder")).to_be_visible()
    control(tab, "folder").fill(str(pictures))
    control(tab, "folder").press("Tab")
    expect(tab.locator(".fault", has_text="no such folder")).to_be_hidden()
    control(tab, "choose").click()
    expect(tab.locator(".samples")).to_be_visible()


def test_other_layers_leave_a_trained_start_and_its_small_rates(tab):
    begin_trained(tab)
    control(tab, "section-generator").click()
    control(tab, "generator-0-open").click()
    control(tab, "generator-0-units").fill("16")
    control(tab, "generator-0-units").press("Tab")
    expect(control(tab, "start")).to_have_value("")
    expect(control(tab, "g-learning-rate")).to_have_value("0.001")
    control(tab, "choose").click()
    expect(control(tab, "choose")).to_be_hidden()
    expect(control(tab, "graph-generator-0")).to_contain_text("Dense 16")


def test_a_shared_link_has_no_token_and_asks_for_the_lab(open_tab, server):
    tab = open_tab(server, permissions=["clipboard-read", "clipboard-write"])
    control(tab, "copy-link").click()
    expect(tab.locator(".notice", has_text="The link is copied")).to_be_visible()
    link = tab.evaluate("navigator.clipboard.readText()")
    assert urlsplit(link).query == ""
    assert urlsplit(link).fragment.startswith("setup=")
    tab.goto(link)
    control(tab, "lab-address").fill("http://127.0.0.1/")
    control(tab, "open-lab").click()
    expect(tab.locator(".gate .fault")).to_contain_text("?token=")
    control(tab, "lab-address").fill(server.address)
    control(tab, "open-lab").click()
    expect(tab.locator(".notice", has_text="This is the set-up of the link")).to_be_visible()
