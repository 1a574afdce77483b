"""The page: what it shows, and that it is the truth."""

import pytest

pytest.importorskip("playwright", reason="the browser is driven by the extra [browser]")

from playwright.sync_api import Page, expect

from minigan.lab.build import build_trainer
from minigan.lab.suited import chosen
from minigan.training.events import StepEnd


def control(tab: Page, name: str):
    return tab.locator(f"[data-control={name}]").first


def rounds_of(tab: Page):
    return tab.locator("output.counter")


def test_rounds_show_the_numbers_of_the_trainer(tab):
    for _ in range(3):
        control(tab, "round").click()
    expect(rounds_of(tab)).to_have_text("Round 3")
    *_, last = (
        event for event in build_trainer(chosen({"start": "ring"})).train(steps=3) if isinstance(event, StepEnd)
    )
    losses = tab.get_by_role("region", name="Losses").locator(".legend output")
    expect(losses).to_have_text([f"{last.d_loss:.3g}", f"{last.g_loss:.3g}"])
