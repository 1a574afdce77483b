"""Every control of every part, used once: the page goes on, and no error is heard."""

import pytest

pytest.importorskip("playwright", reason="the browser is driven by the extra [browser]")

from playwright.sync_api import Page, expect

from tests.lab.browser.parts import PARTS, control, link, notice, open_part

#: These lead away, or are used by tests of their own.
ELSEWHERE = ("tab-", "tour-", "take-over")

USE = """(name) => {
  const node = document.querySelector(`[data-control="${CSS.escape(name)}"]`);
  if (!node || node.disabled || node.closest("[hidden]")) return;
  if (node.tagName === "SELECT") {
    node.selectedIndex = (node.selectedIndex + 1) % node.options.length;
    node.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (node.type === "range") {
    node.value = node.min;
    node.dispatchEvent(new Event("input", { bubbles: true }));
    node.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (node.tagName === "INPUT" && node.type !== "checkbox") {
    node.dispatchEvent(new Event("input", { bubbles: true }));
    node.dispatchEvent(new Event("change", { bubbles: true }));
  } else node.click?.();
}"""


def names(tab: Page) -> list[str]:
    """The controls that are there now."""
    found = tab.evaluate("[...document.querySelectorAll('[data-control]')].map((node) => node.dataset.control)")
    return [name for name in dict.fromkeys(found) if not name.startswith(ELSEWHERE)]


@pytest.mark.parametrize("data", ["ring", "gaussian", "digits"])
def test_every_control_can_be_used(open_tab, server, data):
    tab = open_tab(server, hash=link({"data": data}))
    expect(notice(tab, "set-up of the link")).to_be_visible()
    used: set[str] = set()
    for part in PARTS:
        if part == "Workbench" and data != "ring":
            continue  # it is the same for all data
        open_part(tab, part)
        if part == "One step":
            control(tab, "look").click()
        tab.wait_for_timeout(300)
        for name in names(tab):
            if name not in used:
                used.add(name)
                tab.evaluate(USE, name)
        tab.wait_for_timeout(300)
        expect(tab.locator('[data-status="connected"]')).to_be_visible()
        expect(notice(tab, "fault of minigan")).to_have_count(0)
    assert {"play", "round", "back", "data", "loss", "theme", "look", "copy-link"} <= used
