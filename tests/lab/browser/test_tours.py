"""Every tour, from beginning to end, by its own buttons."""

import json
from importlib.resources import files

import pytest

pytest.importorskip("playwright", reason="the browser is driven by the extra [browser]")

from playwright.sync_api import expect

from tests.lab.browser.parts import control, open_part

TOURS = sorted(path.name.removesuffix(".json") for path in files("minigan.lab").joinpath("tours").iterdir())


@pytest.mark.parametrize("name", TOURS)
def test_a_tour_goes_from_its_beginning_to_its_end(tab, name):
    steps = json.loads(files("minigan.lab").joinpath("tours", f"{name}.json").read_text(encoding="utf-8"))["steps"]
    open_part(tab, "Tours")
    control(tab, f"tour-{name}").click()
    for place, step in enumerate(steps, 1):
        panel = tab.locator(f'aside.tour[data-step="{place}"]')
        expect(panel).to_be_visible(timeout=40_000)
        expect(panel.get_by_role("heading", name=step["title"])).to_be_visible()
        expect(control(tab, "tour-next")).to_be_enabled(timeout=60_000)
        if step.get("point"):
            expect(control(tab, step["point"])).to_be_visible()
        expect(tab.locator(".notice.fault")).to_have_count(0)
        control(tab, "tour-next").click()
    expect(tab.locator("aside.tour")).to_have_count(0)
