"""Every control of every part, used once: the page goes on, and no error is heard."""

import pytest

pytest.importorskip("playwright", reason="the browser is driven by the extra [browser]")

from playwright.sync_api import Page, expect

from tests.lab.browser.parts import PARTS, control, link, notice, open_part

#: These lead away, or are used by tests of their own.
ELSEWHERE = ("tab-", "tour-", "take-over")

USE = """(name) => {
  const node = document.querySelector(`[data-control="${CSS.escape(name)}"]`);
  if (!node || node.disabled || !node.checkVisibility()) return false;
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
  } else node.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  return true;
}"""


#: These fold what is open at first, and so come last.
FOLDS = ("set-up", "section-data", "section-training")


def unused(tab: Page, used: set[str]) -> list[str]:
    """The controls that are there now and were not used yet."""
    found = tab.evaluate("[...document.querySelectorAll('[data-control]')].map((node) => node.dataset.control)")
    return [name for name in dict.fromkeys(found) if name not in used and not name.startswith(ELSEWHERE)]


def use_all(tab: Page, part: str, used: set[str]) -> None:
    """Use each control of a part once, and those that appear by it: what is hidden is tried again."""
    for folds in (False, False, False, True):
        for name in unused(tab, used):
            if (name in FOLDS) is not folds:
                continue
            if tab.get_by_role("tab", name=part).get_attribute("aria-selected") != "true":
                open_part(tab, part)  # some controls lead to another part
            if tab.evaluate(USE, name):
                used.add(name)
                expect(tab.locator('[data-status="connected"]')).to_be_visible()
        tab.wait_for_timeout(300)


#: What must have been used with each kind of data; "choose" is in test_setup_form.py.
NEEDED = {"play", "pause", "round", "d-step", "g-step", "back", "restart", "seed", "speed", "timeline", "data", "loss"}
NEEDED |= {"penalty", "optimizer", "set-up", "look", "pass", "layer", "theme", "copy-link"}


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
        use_all(tab, part, used)
        expect(notice(tab, "fault of minigan")).to_have_count(0)
    assert used >= NEEDED
