"""One step, Inside a layer and the workbench: a person walks through a round and down to the sum behind a number."""

import pytest

pytest.importorskip("playwright", reason="the browser is driven by the extra [browser]")

from playwright.sync_api import Page, expect

from tests.lab.browser.test_page import control


@pytest.fixture
def round_(tab):
    """A page with "One step" open, and a round to look into."""
    control(tab, "tab-step").click()
    expect(control(tab, "look")).to_be_visible()
    look(tab, "Enter")
    return tab


def look(tab: Page, key: str) -> None:
    """Take a round to look into, and wait for its stations."""
    head = tab.locator(".step-head b")
    before = head.inner_text() if head.count() else "none"
    control(tab, "look").press(key)
    expect(head).not_to_have_text(before)


def number_in(text: str) -> float:
    """The number after the last sign of equality."""
    return float(text.rpartition("=")[2])


def pick(tab: Page, name: str) -> str:
    """Choose the first entry of an array by the keyboard; returns what the page says of it."""
    array = tab.locator(f"[data-array={name}]")
    array.locator("canvas").focus()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")
    expect(tab.locator(".entry-panel h3 code").first).to_contain_text(f"{name}[")
    return array.locator(".reading").inner_text()


def test_a_round_is_walked_from_the_noise_to_the_update_of_g(round_):
    control(round_, "station-noise").click()
    titles = []
    for _ in range(12):
        titles.append(round_.locator(".station-words h2").inner_text())
        expect(round_.locator(".station-arrays canvas").first).to_be_visible()
        if control(round_, "station-next").is_enabled():
            control(round_, "station-next").click()
    assert len(set(titles)) == 12
    assert (titles[0], titles[-1]) == ("Noise", "G's update")
    control(round_, "station-g_update").press("ArrowLeft")
    expect(round_.locator(".station-words h2")).to_have_text("Into G")


@pytest.mark.parametrize("name", ["y", "dx", "dkernel", "dbias"])
def test_the_sum_of_an_entry_is_the_number_of_the_layer(round_, name):
    control(round_, "station-d_fake").click()
    control(round_, "open-d_fake-0").click()
    shown = number_in(pick(round_, name))
    total = round_.locator(".entry-panel .entry-table").first.locator("tr").last.locator("td.number").inner_text()
    assert float(total) == pytest.approx(shown, rel=1e-4, abs=1e-7)
    if name != "y":
        slope, gradient = round_.locator(".moved dd.strong").all_inner_texts()
        assert float(slope) == pytest.approx(float(gradient), rel=1e-4, abs=1e-7)


def test_x_is_followed_to_the_layer_that_made_it(round_):
    control(round_, "station-d_fake").click()
    control(round_, "open-d_fake-1").click()
    read = pick(round_, "x")
    control(round_, "follow").click()
    expect(round_.locator(".entry-panel h3 code").first).to_contain_text("y[")
    expect(control(round_, "layer")).to_have_value("0")
    value = round_.locator(".entry-panel h3 .number").first.inner_text()
    assert float(value) == pytest.approx(number_in(read), rel=1e-5)


def test_an_edited_number_of_the_workbench_changes_the_output(tab):
    control(tab, "tab-workbench").click()
    control(tab, "image-dot").click()
    control(tab, "kernel-ones").click()
    control(tab, "bench-x-0-0").fill("3")
    control(tab, "bench-x-0-0").press("ArrowDown")
    expect(control(tab, "bench-x-1-0")).to_be_focused()
    pick(tab, "y")
    expect(tab.locator(".entry-panel h3 .number").first).to_have_text("4")


def test_every_layer_of_the_workbench_passes_its_check(tab):
    control(tab, "tab-workbench").click()
    for kind in control(tab, "bench-layer").locator("option").all_inner_texts():
        control(tab, "bench-layer").select_option(kind)
        pick(tab, "dx")
        verdicts = tab.locator(".check-table tbody tr td:last-child").all_inner_texts()
        assert verdicts, kind
        assert all(verdict.startswith("✓ true") for verdict in verdicts), (kind, verdicts)
        expect(tab.locator(".bench-fault")).to_be_empty()


def test_the_keyboard_keeps_its_place_from_layer_to_layer_and_from_round_to_round(round_):
    look(round_, "Space")
    expect(control(round_, "look")).to_be_focused()
    control(round_, "station-d_fake").click()
    control(round_, "open-d_fake-0").click()
    control(round_, "layer-after").press("Enter")
    expect(control(round_, "layer")).to_have_value("1")
    expect(control(round_, "layer-after")).to_be_focused()
