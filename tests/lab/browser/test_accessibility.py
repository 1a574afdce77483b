"""Readable by everybody: axe-core's rules, light and dark, on a desk and on a phone."""

import pytest

pytest.importorskip("playwright", reason="the browser is driven by the extra [browser]")
pytest.importorskip("axe_playwright_python", reason="the rules are those of the extra [browser]")

from axe_playwright_python.sync_playwright import Axe

from tests.lab.browser.parts import PARTS, control, open_part


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_no_part_has_a_serious_fault_or_is_too_wide(open_tab, server, width, scheme):
    tab = open_tab(server, width=width, color_scheme=scheme, bypass_csp=True)
    found = {}
    for part in PARTS:
        open_part(tab, part)
        if part == "One step":
            control(tab, "look").click()
        tab.wait_for_timeout(700)
        violations = Axe().run(tab).response["violations"]
        faults = [each["id"] for each in violations if each["impact"] in ("serious", "critical")]
        wide = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
        if faults or wide > 0:
            found[part] = faults, wide
    assert not found
